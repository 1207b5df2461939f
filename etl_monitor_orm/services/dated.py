"""What ran on dates: processes, runs and steps; without dates, each process's on the date to show for it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from etl_monitor_orm import views
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.models.selecting import Conditions
from etl_monitor_orm.services.conditions import Where, conditions
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.dates import dates_to_read
from etl_monitor_orm.services.periods import Period
from etl_monitor_orm.services.queries import require_registered
from etl_monitor_orm.services.scopes import Processes
from etl_monitor_orm.services.status import is_current, judge, running_order

if TYPE_CHECKING:
    from etl_monitor_orm.views import ProcessStatus, RunSummary, TaskDetail

Dated = TypeVar("Dated", "ProcessStatus", "RunSummary", "TaskDetail")


def process_status(
    session: Session, context: Context, processes: Processes, period: Period, where: Where | None = None
) -> list[ProcessStatus]:
    """Return the state of each process on each date; without one, on the date to show for it (`v_processStatus`).

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    view = views.ProcessStatus
    order = (view.project_code, view.process_load)
    return _of_dates(session, context, processes, period, view, _narrowed(view, period, where).order_by(*order))


def runs_of_dates(
    session: Session, context: Context, processes: Processes, period: Period, where: Where | None = None
) -> list[RunSummary]:
    """Return each attempt of each run on each date; without one, on the date to show for it (`v_runSummary`).

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    view = views.RunSummary
    order = (view.project_code, view.process_load, view.attempts, view.execution_id)
    return _of_dates(session, context, processes, period, view, _narrowed(view, period, where).order_by(*order))


def steps_of_dates(
    session: Session,
    context: Context,
    processes: Processes,
    period: Period,
    where: Where | None,
    *,
    every_attempt: bool,
    limit: int,
) -> list[TaskDetail]:
    """Return the steps of each date, at most `limit`; without one, of the date to show (`v_taskDetail`).

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    view = views.TaskDetail
    order = (view.project_code, view.process_load, *running_order())
    query = _narrowed(view, period, where).order_by(*order)
    if period:
        query = query.limit(limit)
    found = _of_dates(session, context, processes, period, view, query, current=not every_attempt)[:limit]
    for step in found:
        judge(step, context.now)
    return found


def _narrowed(view: type[Dated], period: Period, where: Where | None) -> Select[Dated]:
    """Select a view's rows that satisfy a condition; of several dates the latest first."""
    query = select(view).where(*conditions(where, view))
    return query.order_by(view.processing_date.desc()) if period else query


def _of_dates(
    session: Session,
    context: Context,
    processes: Processes,
    period: Period,
    view: type[Dated],
    query: Select[Dated],
    *,
    current: bool = False,
) -> list[Dated]:
    """Return the rows of processes on dates; without dates, each process's on the date to show for it."""
    # Without dates, read them first: joined to them, the view would be computed over all of history.
    shown: dict[ProcessKey, date] = {} if period else dates_to_read(session, context, processes)

    def on(kind: type[ProcessStatus | RunSummary | TaskDetail | ProcessingStep]) -> Conditions:
        if period:
            return (*processes.narrow(kind), *period.conditions(kind.processing_date))
        return (*processes.narrow(kind), kind.processing_date.in_({*shown.values()}))

    query = query.where(*on(view))
    if current:
        query = query.where(is_current(*on(ProcessingStep)))
    found = [
        row
        for row in session.scalars(query)
        if period or row.processing_date == shown.get(ProcessKey(row.project_code, row.process_load))
    ]
    if not found:
        require_registered(session, context, processes)
    return found
