"""The questions that the command line asks beyond the monitor's calls, each a short select on mapped classes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from etl_monitor_orm import (
    CurrentFailure,
    MandatoryBlocker,
    NotFoundError,
    Parameter,
    Process,
    ProcessingStep,
    ProcessNotFound,
    ProcessStatus,
    RunSummary,
    Watermark,
)
from etl_monitor_orm.clocks import system_clock
from etl_monitor_orm.vocabulary import SYSTEM_DATE

MANY: Final = 10
"""Names that an error lists."""

OfProcess = type[Parameter | Process | ProcessingStep | ProcessStatus | CurrentFailure | MandatoryBlocker | Watermark]


def process_status(session: Session, on: date | None, project: str | None, process: str | None) -> list[ProcessStatus]:
    """Return how each process stands on a date; without one, on the date that each works on (`v_processStatus`)."""
    require_known(session, project, process)
    query = select(ProcessStatus).where(*_within(ProcessStatus, project, process))
    order = (ProcessStatus.project_code, ProcessStatus.process_load)
    if on is not None:
        return list(session.scalars(query.where(ProcessStatus.processing_date == on).order_by(*order)))
    today, historic = system_clock().date(), _historic_dates(session)
    query = query.where(ProcessStatus.processing_date.in_({today, *historic.values()}))
    return [
        row
        for row in session.scalars(query.order_by(*order))
        if row.processing_date == historic.get((row.project_code, row.process_load), today)
    ]


def latest_date(session: Session, project: str | None, process: str | None) -> date | None:
    """Return the latest date that has steps (`ETLProcessingSteps`)."""
    latest = select(func.max(ProcessingStep.processing_date)).where(*_within(ProcessingStep, project, process))
    return session.scalar(latest)


def failures(
    session: Session, on: date | None, project: str | None, process: str | None, *, mandatory: bool
) -> Sequence[CurrentFailure | MandatoryBlocker]:
    """Return what is failed now, latest date first (`v_currentFailures`, or `v_mandatoryBlockers`)."""
    require_known(session, project, process)
    view: type[CurrentFailure | MandatoryBlocker] = MandatoryBlocker if mandatory else CurrentFailure
    query = select(view).where(*_within(view, project, process))
    if on is not None:
        query = query.where(view.processing_date == on)
    order = (
        view.processing_date.desc(),
        view.project_code,
        view.process_load,
        view.workflow_id,
        view.task_id,
    )
    return [*session.scalars(query.order_by(*order))]


def watermarks(session: Session, project: str | None, process: str | None) -> Sequence[Watermark]:
    """Return every parameter with its active value (`v_watermarks`)."""
    require_known(session, project, process)
    order = (Watermark.project_code, Watermark.process_load, Watermark.parameter_name)
    return session.scalars(select(Watermark).where(*_within(Watermark, project, process)).order_by(*order)).all()


def attempts_of_run(session: Session, execution_id: str) -> Sequence[RunSummary]:
    """Return each attempt of a run, in every process and on every date that it worked on (`v_runSummary`).

    Raises:
        NotFoundError: No step bears this id.
    """
    order = (RunSummary.project_code, RunSummary.process_load, RunSummary.processing_date, RunSummary.attempts)
    query = select(RunSummary).where(RunSummary.execution_id == execution_id)
    found = session.scalars(query.order_by(*order)).all()
    if not found:
        raise NotFoundError(f"No run has the ExecutionID {execution_id}. See `etl-monitor status --steps --json`.")
    return found


def require_known(session: Session, project: str | None, process: str | None) -> None:
    """Refuse names that are not registered, so that a typing error does not look like good news.

    Raises:
        ProcessNotFound: No such process, or no process of such a project.
    """
    if project is None:
        return
    if session.scalar(select(exists().where(*_within(Process, project, process)))):
        return
    named = f"Process {project}/{process}" if process is not None else f"A process of project {project}"
    names = select(Process).order_by(Process.project_code, Process.process_load).limit(MANY + 1)
    known = [f"{one.project_code}/{one.process_load}" for one in session.scalars(names)]
    others = ", ".join(known[:MANY]) + (", …" if len(known) > MANY else "")
    raise ProcessNotFound(f"{named} is not registered. Registered are: {others or 'none yet'}.")


def _within(kind: OfProcess, project: str | None, process: str | None) -> list[ColumnElement[bool]]:
    wanted = ((kind.project_code, project), (kind.process_load, process))
    return [column == value for column, value in wanted if value is not None]


def _historic_dates(session: Session) -> dict[tuple[str, str], date]:
    """Return the date of each process that is in historic mode (`ETLconfigParameters`)."""
    system = select(Parameter).where(Parameter.parameter_name == SYSTEM_DATE, Parameter.value_datetime.is_not(None))
    return {
        (parameter.project_code, parameter.process_load): parameter.value_datetime.date()
        for parameter in session.scalars(system)
        if parameter.value_datetime is not None
    }
