"""`v_mandatoryBlockers`: the failures that block the rest of the run."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Integer, Select, String, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from etl_monitor_orm.models import ProcessingStep, Task
from etl_monitor_orm.models.attempts import has_newer, is_blocking
from etl_monitor_orm.models.base import UTCDateTime, Word
from etl_monitor_orm.models.selecting import task_of
from etl_monitor_orm.views.base import Query, ViewBase
from etl_monitor_orm.vocabulary import LogType, SourceType, Status


def _definition() -> Select[*tuple[object, ...]]:
    steps = aliased(ProcessingStep, name="attempt")
    task = aliased(Task, name="task")
    columns = (
        steps.processing_date,
        steps.project_code,
        steps.process_load,
        steps.execution_id,
        steps.workflow_id,
        steps.sequence_code,
        steps.task_name,
        steps.task_id,
        steps.attempts,
        steps.status,
        steps.start_time,
        steps.log_type,
        steps.log_message,
        steps.source_type,
        steps.source_system_code,
        steps.end_time,
        steps.sequence_id,
    )
    return (
        select(*columns)
        .select_from(steps)
        .join(task, task_of(steps, task))
        .where(is_blocking(steps), task.is_active.is_(True), ~has_newer(steps))
    )


class MandatoryBlocker(ViewBase):
    """A mandatory step whose current attempt failed (`v_mandatoryBlockers`)."""

    __tablename__ = "v_mandatoryBlockers"
    definition = Query(_definition)

    processing_date: Mapped[date] = mapped_column("ProcessingDate", Date, primary_key=True)
    project_code: Mapped[str] = mapped_column("ProjectCode", String, primary_key=True)
    process_load: Mapped[str] = mapped_column("ProcessLoad", String, primary_key=True)
    execution_id: Mapped[str] = mapped_column("ExecutionID", String, primary_key=True)
    workflow_id: Mapped[int] = mapped_column("WorkFlowID", Integer, primary_key=True)
    sequence_code: Mapped[str | None] = mapped_column("SequenceCode", String)
    task_name: Mapped[str | None] = mapped_column("TaskName", String)
    task_id: Mapped[int] = mapped_column("TaskID", Integer, primary_key=True)
    attempts: Mapped[int] = mapped_column("Attempts", Integer, primary_key=True)
    status: Mapped[Status] = mapped_column("Status", Word(Status))
    start_time: Mapped[datetime | None] = mapped_column("StartTime", UTCDateTime)
    log_type: Mapped[LogType | None] = mapped_column("LogType", Word(LogType))
    log_message: Mapped[str | None] = mapped_column("LogMessage", String)
    source_type: Mapped[SourceType | None] = mapped_column("SourceType", Word(SourceType))
    source_system_code: Mapped[str | None] = mapped_column("SourceSystemCode", String)
    end_time: Mapped[datetime | None] = mapped_column("EndTime", UTCDateTime)
    sequence_id: Mapped[int] = mapped_column("SequenceID", Integer)
