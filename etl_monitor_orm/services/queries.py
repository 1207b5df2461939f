"""Common questions: the failures, how far sources were read, how a run went, which names are registered."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from etl_monitor_orm import views
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Process
from etl_monitor_orm.services.conditions import Where, conditions
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.dates import latest_of_all
from etl_monitor_orm.services.refusals import unknown_name, unknown_run
from etl_monitor_orm.services.scopes import Processes

if TYPE_CHECKING:
    from etl_monitor_orm.views import (
        CurrentFailure,
        MandatoryBlocker,
        RunSummary,
        Watermark,
    )

Failure = TypeVar("Failure", "CurrentFailure", "MandatoryBlocker")


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
    session: Session,
    context: Context,
    processes: Processes,
    on: date | None,
    view: type[Failure],
    where: Where | None = None,
) -> list[Failure]:
    """Return the steps that are failed now, latest date first (`v_currentFailures` or `v_mandatoryBlockers`).

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    query = select(view).where(*processes.narrow(view), *conditions(where, view))
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
