"""Calls that report, reset and log."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime
from typing import Final, Literal, overload

from etl_monitor_orm import inputs, views
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.resetting import reset_steps
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.services import logs, queries, status
from etl_monitor_orm.services.logs import LogEntry
from etl_monitor_orm.services.scopes import Attempts, Narrowing, Processes, Scope, read_attempts
from etl_monitor_orm.vocabulary import LogLevel


class ReportCalls(Calls):
    """Reports the status of steps and runs, resets failed steps, and appends receipts."""

    @overload
    def get_status(
        self,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        execution_id: str | None = None,
        workflow_id: int | None = None,
        sequence_id: int | None = None,
        task_id: int | None = None,
        attempts: Attempts = None,
        summary_mode: Literal[False] = False,
    ) -> Rows[views.TaskDetail]: ...

    @overload
    def get_status(
        self,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        execution_id: str | None = None,
        workflow_id: int | None = None,
        sequence_id: int | None = None,
        task_id: int | None = None,
        attempts: Attempts = None,
        *,
        summary_mode: Literal[True],
    ) -> Rows[views.RunSummary]: ...

    def get_status(
        self,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        execution_id: str | None = None,
        workflow_id: int | None = None,
        sequence_id: int | None = None,
        task_id: int | None = None,
        attempts: Attempts = None,
        summary_mode: bool = False,
    ) -> Rows[views.TaskDetail] | Rows[views.RunSummary]:
        """Return the steps of a process (`v_taskDetail`), or the rollup of its runs (`v_runSummary`).

        Args:
            project_code: The project.
            process_load: The process.
            processing_date: The date; else the run's latest, else the SYSDT parameter's, else the latest that has
                steps.
            execution_id: Only this run.
            workflow_id: Only this pass.
            sequence_id: Only this stage.
            task_id: Only this task.
            attempts: A number, `"all"`, or None for each step's current attempt, in the run or over all runs
                of the date. For the rollup, None means every attempt.
            summary_mode: Return the rollup, one row per run and attempt.

        Raises:
            ProcessNotFound: The process is not registered, and has no such steps.
        """
        scope = Scope.read(
            inputs.process(project_code, process_load),
            processing_date=processing_date,
            execution_id=execution_id,
            only=Narrowing.read(workflow_id=workflow_id, sequence_id=sequence_id, task_id=task_id),
        )
        which = read_attempts(attempts)
        at_once = self._runtime.one_reading()
        found: Rows[views.TaskDetail] | Rows[views.RunSummary]
        if inputs.boolean("summary_mode", summary_mode):
            found = Rows(views.RunSummary, at_once.run(status.summary, scope, which))
        else:
            found = Rows(views.TaskDetail, at_once.run(status.detail, scope, which))
        if not found:
            at_once.run(queries.require_registered, Processes(project_code, process_load))
        return found

    def status_reset(
        self,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        execution_id: str | None = None,
        workflow_id: int | None = None,
        sequence_id: int | None = None,
        task_id: int | None = None,
        attempts: int | None = None,
        remark: str | None = None,
        *,
        replay: bool = False,
    ) -> Rows[ProcessingStep]:
        """Queue failed steps again as new attempts, and the initiation step of each run concerned.

        The scope is a run, or a whole date. For a run, the attempts that are current in it count. For a date, the
        rows of `v_currentFailures` count. The failed attempts stay as they were. Deactivated tasks are not
        queued.

        Args:
            project_code: The project.
            process_load: The process.
            processing_date: The date; else the run's latest, else the SYSDT parameter's, else today (UTC).
            execution_id: Only this run.
            workflow_id: Only this pass.
            sequence_id: Only this stage.
            task_id: Only this task.
            attempts: Only steps whose current attempt has this number.
            remark: Message of the new attempts.
            replay: Whether DONE steps count too.

        Returns:
            The new attempts, in running order; empty when there was nothing to do. If failed steps were left out
            because their tasks are deactivated, and nothing else was queued, a warning is logged for each.

        Raises:
            ProcessNotFound: The process is not registered.
            NotFoundError: The process has no such run; or neither run nor date is named, and the date has no steps.
            TaskNotFound: The process has no such task.
        """
        queued = reset_steps(
            self._runtime.one_reading(),
            Scope.read(
                inputs.process(project_code, process_load),
                processing_date=processing_date,
                execution_id=execution_id,
                only=Narrowing.read(workflow_id=workflow_id, sequence_id=sequence_id, task_id=task_id),
            ),
            replay=inputs.boolean("replay", replay),
            attempts=inputs.optional_integer("attempts", attempts),
            remark=inputs.message("remark", remark),
        )
        return Rows(ProcessingStep, queued)

    def log(
        self,
        *entries: LogEntry | str,
        project_code: str | None = None,
        process_load: str | None = None,
        processing_date: date | str | None = None,
        execution_id: str | None = None,
        source_type: str | None = None,
        run_id: str | None = None,
        correlation_id: str | None = None,
        pipeline_name: str | None = None,
        activity_name: str | None = None,
        operation_name: str | None = None,
        level: LogLevel | int = LogLevel.INFO,
        log_time_utc: datetime | str | None = None,
    ) -> int:
        """Append run receipts to `ETLsysLogs`, many in one statement.

        Args:
            entries: Messages, or whole entries. The keywords fill in what an entry leaves out.
            project_code: The project.
            process_load: The process.
            processing_date: The run's date.
            execution_id: The run.
            source_type: Kind of job that reports.
            run_id: The job's own run id.
            correlation_id: Ties records of several systems together.
            pipeline_name: Pipeline, job or logger.
            activity_name: Activity or task within it.
            operation_name: What was being done.
            level: 0 debug, 1 info, 2 warn, 3 error; for messages.
            log_time_utc: When it happened (naive means UTC); else the time of the call.

        Returns:
            How many rows were appended.

        Raises:
            InvalidInput: An argument cannot be read.

        Example:
            `monitor.log("copied 10 rows", project_code="CORP", process_load="HR_DAILY", operation_name="copy")`
        """
        common = LogEntry(
            "",
            project_code=project_code,
            process_load=process_load,
            processing_date=inputs.optional_day("processing_date", processing_date),
            execution_id=execution_id,
            source_type=source_type,
            run_id=run_id,
            correlation_id=correlation_id,
            pipeline_name=pipeline_name,
            activity_name=activity_name,
            operation_name=operation_name,
            level=inputs.choice("level", LogLevel, level),
            log_time_utc=inputs.optional_moment("log_time_utc", log_time_utc),
        )
        return self._runtime.run(logs.append, [_filled(entry, common) for entry in entries]) if entries else 0


def _filled(entry: LogEntry | str, common: LogEntry) -> LogEntry:
    if isinstance(entry, str):
        return _read(replace(common, message=entry))
    if not isinstance(entry, LogEntry):
        raise InvalidInput(f"A log entry must be text or a LogEntry, not {type(entry).__name__}.")
    missing = {field.name for field in fields(LogEntry) if getattr(entry, field.name) is None}
    return _read(replace(entry, **{name: getattr(common, name) for name in missing}))


def _read(entry: LogEntry) -> LogEntry:
    texts = {name: inputs.optional_text(name, getattr(entry, name)) for name in _TEXTS}
    return replace(
        entry,
        **texts,
        message=inputs.optional_text("message", entry.message) or "",
        processing_date=inputs.optional_day("processing_date", entry.processing_date),
        level=inputs.choice("level", LogLevel, entry.level),
        log_time_utc=inputs.optional_moment("log_time_utc", entry.log_time_utc),
    )


_TEXTS: Final = (
    "project_code",
    "process_load",
    "execution_id",
    "source_type",
    "run_id",
    "correlation_id",
    "pipeline_name",
    "activity_name",
    "operation_name",
)
"""An entry's other text fields."""
