"""`v_taskDetail`: every attempt of every step, with its deadline."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, Integer, Select, String, case, false, func, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.models.attempts import is_running
from etl_monitor_orm.models.base import UTCDateTime, Word
from etl_monitor_orm.sql.functions import seconds_between
from etl_monitor_orm.views.base import Query, ViewBase
from etl_monitor_orm.vocabulary import LogType, SourceType, Status


def _definition() -> Select[*tuple[object, ...]]:
    step = aliased(ProcessingStep, name="step")
    # When the view is read, only the database's clock can say how long a step has been running.
    elapsed = case(
        (is_running(step), seconds_between(step.start_time, func.current_timestamp())),
        else_=step.duration_seconds,
    )
    return select(
        step.processing_date,
        step.project_code,
        step.process_load,
        step.execution_id,
        step.attempts,
        step.workflow_id,
        step.sequence_code,
        step.sequence_id,
        step.task_name,
        step.task_id,
        step.task_mandatory,
        step.source_system_code,
        step.status,
        step.start_time,
        step.end_time,
        step.duration_seconds,
        step.expected_duration_seconds,
        func.coalesce(elapsed > step.expected_duration_seconds, false()).label("SLABreached"),
        step.source_type,
        step.source_run_id,
        step.log_type,
        step.log_message,
        step.last_updated_by,
        is_running(step).label("IsRunning"),
        step.full_file_name,
        step.in_file_path,
        step.out_file_path,
        step.force_skip,
    )


class TaskDetail(ViewBase):
    """One attempt of one step, with its expected duration and whether it exceeded it (`v_taskDetail`)."""

    __tablename__ = "v_taskDetail"
    definition = Query(_definition)

    processing_date: Mapped[date] = mapped_column("ProcessingDate", Date, primary_key=True)
    project_code: Mapped[str] = mapped_column("ProjectCode", String, primary_key=True)
    process_load: Mapped[str] = mapped_column("ProcessLoad", String, primary_key=True)
    execution_id: Mapped[str] = mapped_column("ExecutionID", String, primary_key=True)
    attempts: Mapped[int] = mapped_column("Attempts", Integer, primary_key=True)
    workflow_id: Mapped[int] = mapped_column("WorkFlowID", Integer, primary_key=True)
    sequence_code: Mapped[str | None] = mapped_column("SequenceCode", String)
    sequence_id: Mapped[int] = mapped_column("SequenceID", Integer, primary_key=True)
    task_name: Mapped[str | None] = mapped_column("TaskName", String)
    task_id: Mapped[int] = mapped_column("TaskID", Integer, primary_key=True)
    task_mandatory: Mapped[bool | None] = mapped_column("TaskMandatory", Boolean)
    source_system_code: Mapped[str | None] = mapped_column("SourceSystemCode", String)
    status: Mapped[Status] = mapped_column("Status", Word(Status))
    start_time: Mapped[datetime | None] = mapped_column("StartTime", UTCDateTime)
    end_time: Mapped[datetime | None] = mapped_column("EndTime", UTCDateTime)
    duration_seconds: Mapped[int | None] = mapped_column("DurationSeconds", Integer)
    expected_duration_seconds: Mapped[int | None] = mapped_column("ExpectedDurationSeconds", Integer)
    sla_breached: Mapped[bool] = mapped_column(
        "SLABreached", Boolean, doc="Whether the step took, or has been running for, longer than its expected duration"
    )
    source_type: Mapped[SourceType | None] = mapped_column("SourceType", Word(SourceType))
    source_run_id: Mapped[str | None] = mapped_column("SourceRunID", String)
    log_type: Mapped[LogType | None] = mapped_column("LogType", Word(LogType))
    log_message: Mapped[str | None] = mapped_column("LogMessage", String)
    last_updated_by: Mapped[str | None] = mapped_column("LastUpdatedBy", String)
    is_running: Mapped[bool] = mapped_column("IsRunning", Boolean, doc="Whether the step was started and has not ended")
    full_file_name: Mapped[str | None] = mapped_column("FullFileName", String)
    in_file_path: Mapped[str | None] = mapped_column("InFilePath", String)
    out_file_path: Mapped[str | None] = mapped_column("OutFilePath", String)
    force_skip: Mapped[bool | None] = mapped_column("ForceSkip", Boolean)

    @property
    def elapsed_seconds(self) -> int | None:
        """Whole seconds that the step took; of one that runs, those until the call that read it, by its clock."""
        seconds: int | None = vars(self).get("_elapsed", self.duration_seconds)
        return seconds

    def set_elapsed(self, seconds: int) -> None:
        """Note how long a step that runs has been running."""
        self._elapsed = seconds
