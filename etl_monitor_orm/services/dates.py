"""Which date a call means if it names none.

Calls that work or change: SYSDT's date in historic mode, else today by the call's clock. For a run known only by its
id: the latest date that it works on. Calls that read: SYSDT's date, else the latest that has steps. A call that changes
a whole date that nobody has named is refused where that date has no steps.

No question reads all history to find a date: it is looked up among the recent dates first, and among the earlier ones
only if those do not answer it. Where tables are files by date, the date of a run's id is looked up before its steps.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeVarTuple

from sqlalchemy import ScalarSelect, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Parameter, Process, ProcessingStep, SysLog
from etl_monitor_orm.models.selecting import is_system_date, of_process
from etl_monitor_orm.services.context import Context, recent
from etl_monitor_orm.services.empty_runs import of_empty_run
from etl_monitor_orm.services.refusals import unknown_process, without_steps
from etl_monitor_orm.services.scopes import Processes, Scope

Ts = TypeVarTuple("Ts")

OnDate = date | ScalarSelect[date | None]
"""A date, or the query that finds it within the statement that asks for it."""


def historic_date(session: Session, process: ProcessKey) -> date | None:
    """Return SYSDT's date, on which the process works in historic mode; None if it is live."""
    value = session.scalar(_system_date(process))
    return None if value is None else value.date()


def historic_date_of(session: Session, context: Context, process: ProcessKey) -> date | None:
    """Return SYSDT's date (`ETLconfigParameters`); None if the process is live, and works on today."""
    return historic_date(session, process)


def date_of_run(session: Session, context: Context, process: ProcessKey, execution_id: str) -> date:
    """Return the latest date that a run works on; if it has no steps yet, the date that its process works on.

    The answer is the run's latest date, whatever the order of questions. Today and later come first, together with
    SYSDT: nothing is later than what is found there. Only for a run that is not found, the dates from SYSDT's on come
    next, and all earlier ones last, because a database may have to read all of them.
    """
    latest, today = _latest(process, execution_id), context.today
    found, system = session.execute(
        select(
            latest.where(ProcessingStep.processing_date >= today).scalar_subquery(),
            _system_date(process).scalar_subquery(),
        )
    ).one()
    if found is not None:
        return found
    historic = None if system is None else system.date()
    if historic is not None and historic < today:
        found = session.scalar(latest.where(ProcessingStep.processing_date.between(historic, today)))
    if found is not None:
        return found
    earlier = latest.where(ProcessingStep.processing_date < min(historic or today, today))
    receipts = select(func.max(SysLog.processing_date)).where(*of_empty_run(process, execution_id))
    worked_on, empty = session.execute(select(earlier.scalar_subquery(), receipts.scalar_subquery())).one()
    return worked_on or empty or historic or today


def require_steps(session: Session, context: Context, process: ProcessKey, on: OnDate) -> None:
    """Refuse a date that nobody has named and that has no steps; the error names the latest that has some.

    Raises:
        ProcessNotFound: The process is not registered.
        NotFoundError: The date has no steps.
    """
    of = of_process(process, ProcessingStep)
    has_steps = exists().where(*of, ProcessingStep.processing_date == on)
    registered = exists().where(*of_process(process, Process))
    latest_step = _lately(context, _latest(process))
    found, is_registered, latest = session.execute(select(has_steps, registered, latest_step.scalar_subquery())).one()
    if found:
        return
    if latest is None:
        latest = session.scalar(_latest(process))
    if not is_registered and latest is None:
        raise unknown_process(process)
    raise without_steps(process, on, latest)


def date_to_change(session: Session, context: Context, scope: Scope) -> OnDate:
    """Return the date whose steps a call changes: the given one, else its run's latest.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        scope: The steps, with a date or a run.
    """
    if scope.processing_date is not None:
        return scope.processing_date
    if scope.execution_id is None:
        raise ValueError("A scope to change has a date or a run.")
    return _of_run(session, context, scope.process, scope.execution_id)


def date_to_read(
    session: Session, context: Context, process: ProcessKey, *, given: date | None, execution_id: str | None
) -> OnDate:
    """Return the date whose steps are shown: the given one, else its run's latest, else SYSDT's, else the latest."""
    if given is not None:
        return given
    if execution_id is not None:
        return _of_run(session, context, process, execution_id)
    lately = _lately(context, _latest(process)).scalar_subquery()
    system, latest = session.execute(select(_system_date(process).scalar_subquery(), lately)).one()
    historic = None if system is None else system.date()
    return historic or latest or _latest(process).scalar_subquery()


def dates_to_read(session: Session, context: Context, processes: Processes) -> dict[ProcessKey, date]:
    """Return the date to show for each process that has steps: SYSDT's, else the latest that has steps."""
    steps, system = ProcessingStep, Parameter
    of = (steps.project_code, steps.process_load)
    latest = select(*of, func.max(steps.processing_date)).where(*processes.narrow(steps)).group_by(*of)
    shown = _by_process(session, _lately(context, latest))
    known = (
        select(Process.project_code, Process.process_load, system.value_datetime)
        .outerjoin(
            system,
            and_(
                system.project_code == Process.project_code,
                system.process_load == Process.process_load,
                *is_system_date(),
            ),
        )
        .where(*processes.narrow(Process))
    )
    historic = {ProcessKey(project, process): value for project, process, value in session.execute(known)}
    if not historic or any(value is None and key not in shown for key, value in historic.items()):
        shown = _by_process(session, latest)
    return shown | {key: value.date() for key, value in historic.items() if value is not None}


def latest_of_all(session: Session, context: Context, processes: Processes) -> date | None:
    """Return the latest date on which any of the processes has steps."""
    latest = select(func.max(ProcessingStep.processing_date)).where(*processes.narrow(ProcessingStep))
    return session.scalar(_lately(context, latest)) or session.scalar(latest)


def _by_process(session: Session, dates: Select[str, str, date]) -> dict[ProcessKey, date]:
    return {ProcessKey(project, process): on for project, process, on in session.execute(dates)}


def _of_run(session: Session, context: Context, process: ProcessKey, execution_id: str) -> OnDate:
    """The latest date that a run works on: within the statement that asks for it, or looked up before."""
    if context.capabilities.layouts:
        return date_of_run(session, context, process, execution_id)
    return _latest(process, execution_id).scalar_subquery()


def _lately(context: Context, latest: Select[*Ts]) -> Select[*Ts]:
    """Select the same of the recent dates."""
    return latest.where(ProcessingStep.processing_date >= recent(context.today))


def _system_date(process: ProcessKey) -> Select[datetime | None]:
    """Select SYSDT's value."""
    return select(Parameter.value_datetime).where(*of_process(process, Parameter), *is_system_date())


def _latest(process: ProcessKey, execution_id: str | None = None) -> Select[date | None]:
    """Select the latest date on which the process, or one of its runs, has steps."""
    latest = select(func.max(ProcessingStep.processing_date)).where(*of_process(process, ProcessingStep))
    return latest if execution_id is None else latest.where(ProcessingStep.execution_id == execution_id)
