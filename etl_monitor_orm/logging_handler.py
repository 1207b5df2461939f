"""Python log records as run receipts: a handler that batches them into `ETLsysLogs`."""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from etl_monitor_orm import inputs
from etl_monitor_orm.handles import current_task
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.services.logs import LogEntry
from etl_monitor_orm.vocabulary import LogLevel

_LEVELS: Final = (
    (logging.ERROR, LogLevel.ERROR),
    (logging.WARNING, LogLevel.WARN),
    (logging.INFO, LogLevel.INFO),
)

_writing = threading.local()


class EtlLogHandler(logging.Handler):
    """Sends log records to `ETLsysLogs`: in batches, at the end of each tracked task, and at exit.

    Records made inside a tracked task bear its run, process and date. A failure to write never reaches the
    job: the records are kept and tried again with the next batch, so a row may appear twice but is not lost
    while the process lives. When the database stays away, the newest `capacity` × 10 records are kept.

    Args:
        monitor: Where to write.
        project_code: For records outside of a tracked task.
        process_load: For records outside of a tracked task.
        execution_id: For records outside of a tracked task.
        correlation_id: Ties records of several systems together.
        capacity: How many records make a batch.
        level: Least level that is handled.

    Example:
        ```python
        logging.getLogger("loads").addHandler(EtlLogHandler(monitor))
        ```
    """

    def __init__(
        self,
        monitor: ETLMonitor,
        *,
        project_code: str | None = None,
        process_load: str | None = None,
        execution_id: str | None = None,
        correlation_id: str | None = None,
        capacity: int = 500,
        level: int | str = logging.NOTSET,
    ) -> None:
        super().__init__(level)
        self._monitor = monitor
        self._project_code = inputs.optional_text("project_code", project_code)
        self._process_load = inputs.optional_text("process_load", process_load)
        self._execution_id = inputs.optional_text("execution_id", execution_id)
        self._correlation_id = inputs.optional_text("correlation_id", correlation_id)
        self._capacity = inputs.integer("capacity", capacity, least=1)
        self._records: deque[LogEntry] = deque(maxlen=self._capacity * 10)
        self._since_flush = 0
        self._holding = threading.RLock()  # a signal handler may log at any moment, here too
        self._flushing = threading.RLock()
        monitor.flush_at_task_end(self)

    def handle(self, record: logging.LogRecord) -> bool:
        """Hold a record back, and write all that are held when they make a batch; never raises."""
        if getattr(_writing, "active", False):
            # What the database layer logs while it writes records would breed more of them, and would wait here for
            # a lock that another thread holds while it waits for this one to have written.
            return False
        handled = super().handle(record)
        if self._since_flush >= self._capacity:  # outside of logging's lock: other threads need not wait for a write
            self.flush()
        return handled

    def emit(self, record: logging.LogRecord) -> None:
        """Hold a record back; never raises."""
        try:
            entry = self._entry(record)
        except Exception:
            self.handleError(record)
            return
        with self._holding:
            self._records.append(entry)
            self._since_flush += 1

    def flush(self) -> None:
        """Write what is held back; on failure keep it for the next batch, and say so on stderr."""
        if getattr(_writing, "active", False):
            return
        with self._flushing:
            batch = self._take()
            if not batch:
                return
            _writing.active = True
            try:
                self._monitor.log(*batch)
            except BaseException as trouble:
                self._put_back(batch)
                if not isinstance(trouble, Exception):
                    raise
                _complain(f"{len(batch)} log records wait, they could not be written: {trouble}")
            finally:
                _writing.active = False

    def close(self) -> None:
        """Write what is held back and end the handler; `logging` itself does so when the program ends."""
        self.flush()
        super().close()

    def _take(self) -> list[LogEntry]:
        with self._holding:
            batch = list(self._records)
            self._records.clear()
            self._since_flush = 0
            return batch

    def _put_back(self, batch: list[LogEntry]) -> None:
        with self._holding:
            later = list(self._records)
            self._records.clear()
            self._records.extend([*batch, *later])

    def _entry(self, record: logging.LogRecord) -> LogEntry:
        task = current_task.get()
        return LogEntry(
            self.format(record),
            project_code=task.project_code if task else self._project_code,
            process_load=task.process_load if task else self._process_load,
            processing_date=task.processing_date if task else None,
            execution_id=task.execution_id if task else self._execution_id,
            correlation_id=self._correlation_id,
            pipeline_name=record.name,
            activity_name=f"task {task.task_id} (workflow {task.workflow_id})" if task else None,
            operation_name=record.funcName,
            level=next((level for least, level in _LEVELS if record.levelno >= least), LogLevel.DEBUG),
            log_time_utc=datetime.fromtimestamp(record.created, UTC),
        )


def _complain(trouble: str) -> None:
    """Tell stderr, as logging itself does: a handler has no one else to tell. There may be none, or it is closed."""
    if logging.raiseExceptions and sys.stderr is not None:
        with suppress(OSError, ValueError):
            print(f"etl-monitor: {trouble}", file=sys.stderr)  # noqa: T201
