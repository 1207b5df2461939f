"""`v_processStatus`: the status of each process on each date."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    case,
    func,
    select,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from etl_monitor_orm.models import Process, ProcessingStep, Task
from etl_monitor_orm.models.attempts import (
    count_where,
    identity,
    is_blocking,
    is_initiation,
    is_running,
    is_unfinished,
    latest_of,
    on_date,
    state_counts,
    wall_clock,
)
from etl_monitor_orm.models.base import UTCDateTime, Word
from etl_monitor_orm.models.selecting import task_of
from etl_monitor_orm.views.base import Query, ViewBase
from etl_monitor_orm.vocabulary import RunState, Status


def _definition() -> Select[*tuple[object, ...]]:
    attempt, task, process = (
        aliased(ProcessingStep, name="attempt"),
        aliased(Task, name="task"),
        aliased(Process, name="process"),
    )
    current = _current(attempt)
    steps = aliased(ProcessingStep, current, adapt_on_names=True)
    start, end = func.min(steps.start_time), func.max(steps.end_time)
    days = (
        select(
            *on_date(steps),
            func.max(steps.attempts).label("LatestAttempt"),
            *state_counts(steps, task),
            start.label("RunStart"),
            end.label("RunEnd"),
            wall_clock(start, end).label("WallClockSeconds"),
            func.max(steps.status).filter(is_initiation(steps)).label("OverallStatus"),
            count_where(is_running(steps)).label("Running"),
            case(
                (count_where(is_blocking(steps) & task.is_active.is_(True)) > 0, RunState.FAILED.value),
                (count_where(is_running(steps)) > 0, RunState.RUNNING.value),
                (count_where(is_unfinished(steps, task)) > 0, RunState.WAITING.value),
                else_=RunState.COMPLETE.value,
            ).label("RunState"),
        )
        .select_from(steps)
        .outerjoin(task, task_of(steps, task))
        .group_by(*on_date(steps))
        .subquery("days")
    )
    day = on_date(attempt)
    runs = select(*day, func.count(attempt.execution_id.distinct()).label("TotalRuns")).group_by(*day).subquery("runs")
    same_day = [theirs == mine for theirs, mine in zip(_day(runs), _day(days), strict=True)]
    return (
        select(
            *_day(days),
            process.process_name,
            process.process_owner,
            days.c.LatestAttempt,
            runs.c.TotalRuns,
            days.c.Done,
            days.c.Failed,
            days.c.Pending,
            days.c.RunStart,
            days.c.RunEnd,
            days.c.WallClockSeconds,
            days.c.OverallStatus,
            days.c.Running,
            days.c.RunState,
        )
        .select_from(days)
        .join(runs, and_(*same_day))
        .outerjoin(
            process,
            (process.project_code == days.c.project_code) & (process.process_load == days.c.process_load),
        )
    )


def _current(attempt: type[ProcessingStep]) -> Subquery:
    """One row a step, with what its current attempt has: grouping costs a fraction of ranking all attempts."""
    taken = (attempt.status, attempt.start_time, attempt.end_time, attempt.task_mandatory, attempt.force_skip)
    return (
        select(
            *identity(attempt),
            func.max(attempt.attempts).label("Attempts"),
            *latest_of(taken, attempt),
        )
        .group_by(*identity(attempt))
        .subquery("newest")
    )


def _day(of: Subquery) -> tuple[ColumnElement[object], ...]:
    return (of.c.processing_date, of.c.project_code, of.c.process_load)


class ProcessStatus(ViewBase):
    """One process on one date, over the current attempts of its steps (`v_processStatus`)."""

    __tablename__ = "v_processStatus"
    definition = Query(_definition)

    processing_date: Mapped[date] = mapped_column("ProcessingDate", Date, primary_key=True)
    project_code: Mapped[str] = mapped_column("ProjectCode", String, primary_key=True)
    process_load: Mapped[str] = mapped_column("ProcessLoad", String, primary_key=True)
    process_name: Mapped[str | None] = mapped_column("ProcessName", String)
    process_owner: Mapped[str | None] = mapped_column("ProcessOwner", String)
    latest_attempt: Mapped[int] = mapped_column(
        "LatestAttempt", Integer, doc="Highest number of an attempt on the date"
    )
    total_runs: Mapped[int] = mapped_column("TotalRuns", BigInteger, doc="How many runs the date had")
    done: Mapped[int] = mapped_column("Done", BigInteger, doc="Steps that are DONE")
    failed: Mapped[int] = mapped_column("Failed", BigInteger, doc="Steps that are failed now")
    pending: Mapped[int] = mapped_column("Pending", BigInteger, doc="Steps that are queued, and those that run")
    run_start: Mapped[datetime | None] = mapped_column(
        "RunStart", UTCDateTime, doc="When the first of the current attempts began (UTC)"
    )
    run_end: Mapped[datetime | None] = mapped_column(
        "RunEnd", UTCDateTime, doc="When the last of the current attempts ended (UTC)"
    )
    wall_clock_seconds: Mapped[int | None] = mapped_column(
        "WallClockSeconds", BigInteger, doc="Whole seconds from RunStart to RunEnd"
    )
    overall_status: Mapped[Status | None] = mapped_column(
        "OverallStatus", Word(Status), doc="Status of the initiation step; RunState says how the process really stands"
    )
    running: Mapped[int] = mapped_column("Running", BigInteger, doc="Steps that run; Pending counts them too")
    run_state: Mapped[RunState] = mapped_column("RunState", Word(RunState), doc="How the process really stands")
