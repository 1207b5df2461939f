"""Python log records as run receipts: a handler that batches them into `ETLsysLogs`."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from etl_monitor_orm import inputs
from etl_monitor_orm.at_work import AtWork, task_at_work
from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.handing_over import NotCopied
from etl_monitor_orm.log_writer import LogWriter, is_writing
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.printable import quoted
from etl_monitor_orm.services.logs import LogEntry, rows_per_statement
from etl_monitor_orm.vocabulary import LogLevel

_LEVELS: Final = (
    (logging.ERROR, LogLevel.ERROR),
    (logging.WARNING, LogLevel.WARN),
    (logging.INFO, LogLevel.INFO),
)


class EtlLogHandler(NotCopied, logging.Handler):
    """Sends log records to `ETLsysLogs`: in batches, at the end of each tracked task, and at exit.

    Records made inside a tracked task carry its run, process and date; see `in_task` for those of other threads. A
    failure to write never reaches the job: the handler keeps the records, and waits longer before each new try. So a
    row may appear twice. While the database stays away, the handler keeps the newest `capacity` × 10 records and counts
    those that it drops. A record that cannot be written does not hold up the others: stderr says which was left out.

    Args:
        monitor: Where to write.
        project_code: For records outside of a tracked task.
        process_load: For records outside of a tracked task.
        execution_id: For records outside of a tracked task.
        correlation_id: Ties records of several systems together.
        capacity: How many records make a batch.
        timeout: How long the job waits for a write that makes no progress; a timedelta, or seconds. The write goes on.
        level: Lowest level that is handled.

    Raises:
        InvalidInput: An argument cannot be read.

    Example:
        ```python
        logging.getLogger("loads").addHandler(EtlLogHandler(monitor))
        ```
    """

    _instead = (
        "Hand over the database's URL and the execution_id, and make the handler there: "
        "EtlLogHandler(ETLMonitor(url), execution_id=...)."
    )

    def __init__(
        self,
        monitor: ETLMonitor,
        *,
        project_code: str | None = None,
        process_load: str | None = None,
        execution_id: str | None = None,
        correlation_id: str | None = None,
        capacity: int = 500,
        timeout: float | timedelta = 5,
        level: int | str = logging.NOTSET,
    ) -> None:
        if not isinstance(monitor, ETLMonitor):
            raise InvalidInput(
                f"monitor must be an ETLMonitor, not {type(monitor).__name__}. "
                "Pass one, as in EtlLogHandler(ETLMonitor(url))."
            )
        try:
            super().__init__(level)
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"level is {quoted(level)}; pass a level of logging, such as logging.INFO.") from error
        self._project_code = inputs.optional_text("project_code", project_code)
        self._process_load = inputs.optional_text("process_load", process_load)
        self._execution_id = inputs.optional_text("execution_id", execution_id)
        self._correlation_id = inputs.optional_text("correlation_id", correlation_id)
        self._writer = LogWriter(
            lambda entries: monitor.log(*entries),
            batch=inputs.integer("capacity", capacity, least=1),
            per_statement=rows_per_statement(backend_of(monitor.engine).capabilities),
            timeout=inputs.span("timeout", timeout).total_seconds(),
        )
        self._at_task_end = _AtTaskEnd(self._writer)
        monitor.flush_at_task_end(self._at_task_end)

    @property
    def dropped(self) -> int:
        """How many records were dropped, because the database stayed away."""
        return self._writer.dropped

    def handle(self, record: logging.LogRecord) -> bool:
        """Hold a record; write all held records when they make a batch. Never raises."""
        if is_writing():
            # The database layer logs while it writes records. Those records would cause more writes, and would wait
            # for a lock that another thread holds while it waits for this write.
            return False
        handled = super().handle(record)
        if self._writer.is_due():  # outside of logging's lock: other threads need not wait for a write
            self._writer.flush(patiently=False)
        return handled

    def emit(self, record: logging.LogRecord) -> None:
        """Hold a record; never raises."""
        try:
            entry = self._entry(record)
        except Exception:
            self.handleError(record)
            return
        self._writer.hold(entry)

    @staticmethod
    def name_task(record: logging.LogRecord) -> bool:
        """Name the task that is at work here on a record, for an `EtlLogHandler` in another thread or process.

        A filter for the handler that sends records there, such as `logging.handlers.QueueHandler`. It lets every record
        pass, and sets `etl_monitor_task` on those that a tracked task made.

        Args:
            record: The record.

        Returns:
            True.

        Example:
            ```python
            sender = QueueHandler(records)
            sender.addFilter(EtlLogHandler.name_task)
            ```
        """
        task = task_at_work()
        if task is not None and not hasattr(record, _NAMED):
            setattr(record, _NAMED, _told(task))
        return True

    def flush(self) -> None:
        """Write the held records; on failure keep them for the next batch, and report it on stderr."""
        self._writer.flush()

    def close(self) -> None:
        """Write the held records and end the handler; `logging` calls this when the program ends."""
        self._writer.close()
        super().close()

    def _entry(self, record: logging.LogRecord) -> LogEntry:
        task = _named(record)
        return LogEntry(
            str(self.format(record)),
            project_code=task.get("project_code", self._project_code),
            process_load=task.get("process_load", self._process_load),
            processing_date=inputs.optional_day("processing_date", task.get("processing_date")),
            execution_id=task.get("execution_id", self._execution_id),
            correlation_id=self._correlation_id,
            pipeline_name=_text(record.name),
            activity_name=task.get("activity_name"),
            operation_name=_text(record.funcName),
            level=next((level for least, level in _LEVELS if record.levelno >= least), LogLevel.DEBUG),
            log_time_utc=_time(record.created),
        )


class _AtTaskEnd:
    """Flushes at the end of a task: the job waits for a database that is away once, not with every task."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer

    def flush(self) -> None:
        self._writer.flush(patiently=False)


_NAMED: Final = "etl_monitor_task"
"""The attribute of a record that says which task made it, in plain text: other handlers may write it, or send it."""


def _told(task: AtWork) -> dict[str, str]:
    return {
        "project_code": task.project_code,
        "process_load": task.process_load,
        "processing_date": task.processing_date.isoformat(),
        "execution_id": task.execution_id,
        "activity_name": f"task {task.task_id} (workflow {task.workflow_id})",
    }


def _named(record: logging.LogRecord) -> dict[str, str]:
    """Which task made a record: the one that its thread named, or else the one at work here."""
    told = getattr(record, _NAMED, None)
    if isinstance(told, dict):
        return told
    task = task_at_work()
    return {} if task is None else _told(task)


def _text(value: object) -> str | None:
    """What a formatter returned, or a record's field: it should be text, but nothing sees to it."""
    return None if value is None else str(value)


def _time(seconds: float) -> datetime | None:
    """When a record was made; None, which is the time of the write, where the calendar has no such time."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, TypeError, ValueError):
        return None
