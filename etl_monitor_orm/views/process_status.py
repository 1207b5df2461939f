"""`v_processStatus`: how each process stands on each date."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Integer, Select, String, func, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from etl_monitor_orm.models import Process, ProcessingStep
from etl_monitor_orm.models.base import UTCDateTime, Word
from etl_monitor_orm.views.attempts import (
    count_where,
    current_attempts,
    is_initiation,
    is_running,
    state_counts,
    wall_clock,
)
from etl_monitor_orm.views.base import ViewBase
from etl_monitor_orm.vocabulary import Status


def _definition() -> Select[*tuple[object, ...]]:
    steps, current = current_attempts()
    process = aliased(Process, name="process")
    attempt = aliased(ProcessingStep, name="attempt")
    day = (attempt.processing_date, attempt.project_code, attempt.process_load)
    runs = select(*day, func.count(attempt.execution_id.distinct()).label("TotalRuns")).group_by(*day).subquery("runs")
    start, end = func.min(steps.start_time), func.max(steps.end_time)
    return (
        select(
            steps.processing_date,
            steps.project_code,
            steps.process_load,
            func.max(process.process_name).label("ProcessName"),
            func.max(process.process_owner).label("ProcessOwner"),
            func.max(steps.attempts).label("LatestAttempt"),
            func.max(runs.c.TotalRuns).label("TotalRuns"),
            *state_counts(steps),
            start.label("RunStart"),
            end.label("RunEnd"),
            wall_clock(start, end).label("WallClockSeconds"),
            func.max(steps.status).filter(is_initiation(steps)).label("OverallStatus"),
            count_where(is_running(steps)).label("Running"),
        )
        .select_from(steps)
        .join(
            runs,
            (runs.c.processing_date == steps.processing_date)
            & (runs.c.project_code == steps.project_code)
            & (runs.c.process_load == steps.process_load),
        )
        .outerjoin(
            process,
            (process.project_code == steps.project_code) & (process.process_load == steps.process_load),
        )
        .where(current)
        .group_by(steps.processing_date, steps.project_code, steps.process_load)
    )


class ProcessStatus(ViewBase):
    """One process on one date, over the current attempts of its steps (`v_processStatus`)."""

    __tablename__ = "v_processStatus"
    definition = _definition()

    processing_date: Mapped[date] = mapped_column("ProcessingDate", Date, primary_key=True)
    project_code: Mapped[str] = mapped_column("ProjectCode", String, primary_key=True)
    process_load: Mapped[str] = mapped_column("ProcessLoad", String, primary_key=True)
    process_name: Mapped[str | None] = mapped_column("ProcessName", String)
    process_owner: Mapped[str | None] = mapped_column("ProcessOwner", String)
    latest_attempt: Mapped[int] = mapped_column("LatestAttempt", Integer)
    total_runs: Mapped[int] = mapped_column("TotalRuns", BigInteger)
    done: Mapped[int] = mapped_column("Done", BigInteger)
    failed: Mapped[int] = mapped_column("Failed", BigInteger)
    pending: Mapped[int] = mapped_column("Pending", BigInteger)
    run_start: Mapped[datetime | None] = mapped_column("RunStart", UTCDateTime)
    run_end: Mapped[datetime | None] = mapped_column("RunEnd", UTCDateTime)
    wall_clock_seconds: Mapped[int | None] = mapped_column("WallClockSeconds", BigInteger)
    overall_status: Mapped[Status | None] = mapped_column("OverallStatus", Word(Status))
    running: Mapped[int] = mapped_column("Running", BigInteger)
