"""Common questions: the state of processes, the failures, how far sources were read, how a run went."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from etl_monitor_orm import views
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Process
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.dates import dates_to_read, latest_of_all
from etl_monitor_orm.services.refusals import unknown_name, unknown_run
from etl_monitor_orm.services.scopes import Processes

if TYPE_CHECKING:
    from etl_monitor_orm.views import CurrentFailure, MandatoryBlocker, ProcessStatus, RunSummary, Watermark

Failure = TypeVar("Failure", "CurrentFailure", "MandatoryBlocker")
Dated = TypeVar("Dated", "ProcessStatus", "RunSummary")


def process_status(session: Session, context: Context, processes: Processes, on: date | None) -> list[ProcessStatus]:
    """Return the state of each process on a date; without one, on the date to show for it (`v_processStatus`).

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    view = views.ProcessStatus
    query = select(view).order_by(view.project_code, view.process_load)
    return _of_dates(session, context, processes, on, view, query)


def latest_date(session: Session, context: Context, processes: Processes) -> date | None:
    """Return the latest date that has steps (`ETLProcessingSteps`).

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    latest = latest_of_all(session, context, processes)
    if latest is None:
        require_registered(session, context, processes)
    return latest


def failures(
    session: Session, context: Context, processes: Processes, on: date | None, view: type[Failure]
) -> list[Failure]:
    """Return the steps that are failed now, latest date first (`v_currentFailures` or `v_mandatoryBlockers`).

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    query = select(view).where(*processes.narrow(view))
    if on is not None:
        query = query.where(view.processing_date == on)
    order = (view.processing_date.desc(), view.project_code, view.process_load, view.workflow_id, view.task_id)
    found = list(session.scalars(query.order_by(*order)))
    if not found:
        require_registered(session, context, processes)
    return found


def watermarks(session: Session, context: Context, processes: Processes) -> list[Watermark]:
    """Return every parameter with its active value (`v_watermarks`).

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    view = views.Watermark
    order = (view.project_code, view.process_load, view.parameter_name)
    found = list(session.scalars(select(view).where(*processes.narrow(view)).order_by(*order)))
    if not found:
        require_registered(session, context, processes)
    return found


def attempts_of_run(session: Session, context: Context, execution_id: str) -> list[RunSummary]:
    """Return each attempt of a run, over all its processes and dates (`v_runSummary`).

    Raises:
        NotFoundError: No step has this id.
    """
    view = views.RunSummary
    order = (view.project_code, view.process_load, view.processing_date, view.attempts)
    query = select(view).where(view.execution_id == execution_id)
    found = list(session.scalars(query.order_by(*order)))
    if not found:
        raise unknown_run(execution_id)
    return found


def runs_of_date(session: Session, context: Context, processes: Processes, on: date | None) -> list[RunSummary]:
    """Return each attempt of each run on a date; without one, on the date to show for its process (`v_runSummary`).

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    view = views.RunSummary
    query = select(view).order_by(view.project_code, view.process_load, view.attempts, view.execution_id)
    return _of_dates(session, context, processes, on, view, query)


def _of_dates(
    session: Session,
    context: Context,
    processes: Processes,
    on: date | None,
    view: type[Dated],
    query: Select[Dated],
) -> list[Dated]:
    """Return the rows of processes on a date; without one, each process's on the date to show for it."""
    query = query.where(*processes.narrow(view))
    if on is not None:
        found = list(session.scalars(query.where(view.processing_date == on)))
    else:
        # Read the dates first: joined to them, the view would be computed over all of history.
        shown: dict[ProcessKey, date] = dates_to_read(session, context, processes)
        found = [
            row
            for row in session.scalars(query.where(view.processing_date.in_({*shown.values()})))
            if row.processing_date == shown.get(ProcessKey(row.project_code, row.process_load))
        ]
    if not found:
        require_registered(session, context, processes)
    return found


def require_registered(session: Session, context: Context, processes: Processes) -> None:
    """Refuse names that are not registered, so a typing mistake does not look like good news.

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    if processes.project_code is None or session.scalar(select(exists().where(*processes.narrow(Process)))):
        return
    names = select(Process.project_code, Process.process_load).order_by(Process.project_code, Process.process_load)
    known = [str(ProcessKey(*names)) for names in session.execute(names)]
    raise unknown_name(processes.project_code, processes.process_load, known)
