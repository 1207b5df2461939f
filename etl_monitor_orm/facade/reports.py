"""Calls that report, reset and log."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime
from typing import Literal, overload

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.facade.calls import Calls
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.services import logs, reset, status
from etl_monitor_orm.services.keys import process_key
from etl_monitor_orm.services.logs import LogEntry
from etl_monitor_orm.services.status import Attempts, Scope, read_attempts
from etl_monitor_orm.views import RunSummary, TaskDetail
from etl_monitor_orm.vocabulary import LogLevel


class ReportCalls(Calls):
    """Says how things stand, queues failed steps again, and appends run receipts."""

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
    ) -> list[TaskDetail]: ...

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
    ) -> list[RunSummary]: ...

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
    ) -> list[TaskDetail] | list[RunSummary]:
        """Return the steps of a process (`v_taskDetail`), or the rollup of its runs (`v_runSummary`).

        Args:
            project_code: The project.
            process_load: The process.
            processing_date: The date; else the run's own, else the SYSDT parameter's, else today (UTC).
            execution_id: Only this run.
            workflow_id: Only this pass.
            sequence_id: Only this stage.
            task_id: Only this task.
            attempts: A number, `"all"`, or None: each step's current attempt, in the run or over all runs of
                the date; of the rollup, every attempt.
            summary_mode: Return the rollup, one row per run and attempt.
        """
        scope = _scope(project_code, process_load, processing_date, execution_id, workflow_id, sequence_id, task_id)
        which = read_attempts(attempts)
        if inputs.boolean("summary_mode", summary_mode):
            return self._runtime.run(status.summary, scope, which)
        return self._runtime.run(status.detail, scope, which)

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
    ) -> list[ProcessingStep]:
        """Queue failed steps again as new attempts, and the initiation step of each run concerned.

        The scope is a run, or a whole date. Of a run, the attempts that are current in it count; of a date,
        what `v_currentFailures` shows. The failed attempts stay as they were, and deactivated tasks are left
        alone.

        Args:
            project_code: The project.
            process_load: The process.
            processing_date: The date; else the run's own, else the SYSDT parameter's, else today (UTC).
            execution_id: Only this run.
            workflow_id: Only this pass.
            sequence_id: Only this stage.
            task_id: Only this task.
            attempts: Only steps whose current attempt has this number.
            remark: Message of the new attempts.
            replay: Whether DONE steps count too.

        Returns:
            The new attempts, in running order; empty when there was nothing to do.
        """
        return self._runtime.run_alone(
            reset.reset,
            _scope(project_code, process_load, processing_date, execution_id, workflow_id, sequence_id, task_id),
            replay=inputs.boolean("replay", replay),
            attempts=inputs.optional_integer("attempts", attempts),
            remark=inputs.message("remark", remark) or reset.REMARK,
        )

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
            project_code,
            process_load,
            None if processing_date is None else inputs.day("processing_date", processing_date),
            execution_id,
            source_type,
            run_id,
            correlation_id,
            pipeline_name,
            activity_name,
            operation_name,
            inputs.choice("level", LogLevel, level),
            inputs.optional_moment("log_time_utc", log_time_utc),
        )
        return self._runtime.run(logs.append, [_filled(entry, common) for entry in entries]) if entries else 0


def _scope(
    project_code: str,
    process_load: str,
    processing_date: date | str | None,
    execution_id: str | None,
    workflow_id: int | None,
    sequence_id: int | None,
    task_id: int | None,
) -> Scope:
    return Scope(
        process_key(project_code, process_load),
        None if processing_date is None else inputs.day("processing_date", processing_date),
        None if execution_id is None else inputs.text("execution_id", execution_id),
        inputs.optional_integer("workflow_id", workflow_id),
        inputs.optional_integer("sequence_id", sequence_id),
        inputs.optional_integer("task_id", task_id),
    )


def _filled(entry: LogEntry | str, common: LogEntry) -> LogEntry:
    if isinstance(entry, str):
        return _read(replace(common, message=entry))
    if not isinstance(entry, LogEntry):
        raise InvalidInput(f"A log entry must be text or a LogEntry, not {type(entry).__name__}.")
    missing = {field.name for field in fields(LogEntry) if getattr(entry, field.name) is None}
    return _read(replace(entry, **{name: getattr(common, name) for name in missing}))


def _read(entry: LogEntry) -> LogEntry:
    return LogEntry(
        inputs.optional_text("message", entry.message) or "",
        inputs.optional_text("project_code", entry.project_code),
        inputs.optional_text("process_load", entry.process_load),
        None if entry.processing_date is None else inputs.day("processing_date", entry.processing_date),
        inputs.optional_text("execution_id", entry.execution_id),
        inputs.optional_text("source_type", entry.source_type),
        inputs.optional_text("run_id", entry.run_id),
        inputs.optional_text("correlation_id", entry.correlation_id),
        inputs.optional_text("pipeline_name", entry.pipeline_name),
        inputs.optional_text("activity_name", entry.activity_name),
        inputs.optional_text("operation_name", entry.operation_name),
        inputs.choice("level", LogLevel, entry.level),
        inputs.optional_moment("log_time_utc", entry.log_time_utc),
    )
