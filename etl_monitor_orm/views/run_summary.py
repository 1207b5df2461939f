"""`v_runSummary`: how each run went, attempt by attempt."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Integer, Select, String, case, cast, func, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from etl_monitor_orm.models import ProcessingStep, Task
from etl_monitor_orm.models.attempts import (
    count_where,
    is_blocking,
    is_running,
    is_unfinished,
    state_counts,
    wall_clock,
)
from etl_monitor_orm.models.base import UTCDateTime, Word
from etl_monitor_orm.models.selecting import task_of
from etl_monitor_orm.views.base import Query, ViewBase
from etl_monitor_orm.vocabulary import RunStatus


def _definition() -> Select[*tuple[object, ...]]:
    steps, task = aliased(ProcessingStep, name="step"), aliased(Task, name="task")
    group = (
        steps.processing_date,
        steps.project_code,
        steps.process_load,
        steps.execution_id,
        steps.attempts,
    )
    start, end = func.min(steps.start_time), func.max(steps.end_time)
    blocked = count_where(is_blocking(steps)) > 0
    unfinished = count_where(is_unfinished(steps, task)) > 0
    columns = (
        *group,
        func.count().label("TotalTasks"),
        *state_counts(steps, task),
        start.label("RunStart"),
        end.label("RunEnd"),
        cast(func.sum(steps.duration_seconds), BigInteger).label("TotalDurationSeconds"),
        wall_clock(start, end).label("WallClockSeconds"),
        case(
            (blocked, RunStatus.FAILED.value),
            (unfinished, RunStatus.RUNNING.value),
            else_=RunStatus.COMPLETE.value,
        ).label("OverallStatus"),
        func.max(steps.last_updated_on).label("LastActivity"),
        count_where(is_running(steps)).label("Running"),
    )
    return select(*columns).select_from(steps).outerjoin(task, task_of(steps, task)).group_by(*group)


class RunSummary(ViewBase):
    """One attempt of one run: its counts, times and overall status (`v_runSummary`)."""

    __tablename__ = "v_runSummary"
    definition = Query(_definition)

    processing_date: Mapped[date] = mapped_column("ProcessingDate", Date, primary_key=True)
    project_code: Mapped[str] = mapped_column("ProjectCode", String, primary_key=True)
    process_load: Mapped[str] = mapped_column("ProcessLoad", String, primary_key=True)
    execution_id: Mapped[str] = mapped_column("ExecutionID", String, primary_key=True)
    attempts: Mapped[int] = mapped_column("Attempts", Integer, primary_key=True)
    total_tasks: Mapped[int] = mapped_column("TotalTasks", BigInteger, doc="Steps of the attempt")
    done: Mapped[int] = mapped_column("Done", BigInteger, doc="Steps that are DONE")
    failed: Mapped[int] = mapped_column("Failed", BigInteger, doc="Steps that failed")
    pending: Mapped[int] = mapped_column("Pending", BigInteger, doc="Steps that are queued, and those that run")
    run_start: Mapped[datetime | None] = mapped_column("RunStart", UTCDateTime, doc="When the first step began (UTC)")
    run_end: Mapped[datetime | None] = mapped_column("RunEnd", UTCDateTime, doc="When the last step ended (UTC)")
    total_duration_seconds: Mapped[int | None] = mapped_column(
        "TotalDurationSeconds", BigInteger, doc="Sum of the steps' durations in seconds"
    )
    wall_clock_seconds: Mapped[int | None] = mapped_column(
        "WallClockSeconds", BigInteger, doc="Whole seconds from RunStart to RunEnd"
    )
    overall_status: Mapped[RunStatus] = mapped_column(
        "OverallStatus",
        Word(RunStatus),
        doc="FAILED if a mandatory step failed, else RUNNING while a step is unfinished, else COMPLETE",
    )
    last_activity: Mapped[datetime | None] = mapped_column(
        "LastActivity", UTCDateTime, doc="When one of the steps last changed, heartbeats included (UTC)"
    )
    running: Mapped[int] = mapped_column("Running", BigInteger, doc="Steps that run; Pending counts them too")
