"""How each process stands, day by day, and how long it usually takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from etl_monitor_orm.baselines.usual import Usual, usual
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Process, ProcessingStep
from etl_monitor_orm.services.context import Context, recent
from etl_monitor_orm.services.dated import process_status
from etl_monitor_orm.services.dates import latest_of_all
from etl_monitor_orm.services.history import duration_of_process
from etl_monitor_orm.services.overview.parts import Standing
from etl_monitor_orm.services.periods import Period
from etl_monitor_orm.services.scopes import Processes
from etl_monitor_orm.vocabulary import RunState

if TYPE_CHECKING:
    from etl_monitor_orm.views import ProcessStatus

DAYS: Final = 14
"""Dates that are shown."""
_ORDER: Final = (RunState.FAILED, RunState.RUNNING, RunState.WAITING, RunState.COMPLETE, None)


def days_to_show(session: Session, context: Context, processes: Processes, until: date | None) -> list[date]:
    """Return the dates to show: those up to one, or to today, or to tomorrow where that has begun somewhere.

    Where nothing ran on them, those up to the latest date that has steps.
    """
    if until is not None:
        return _days(until)
    today = context.today
    tomorrow = today + min(timedelta(days=1), date.max - today)
    steps = ProcessingStep.processing_date
    latest = select(func.max(steps)).where(
        *processes.narrow(ProcessingStep), steps >= _back(today, DAYS - 1), steps <= tomorrow
    )
    found = session.scalar(latest)
    last = today if found is None else max(found, today)
    if found is None:
        last = latest_of_all(session, context, processes) or today
    return _days(last)


def _days(last: date) -> list[date]:
    first = _back(last, DAYS - 1)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def standings(session: Session, context: Context, processes: Processes, days: Sequence[date]) -> list[Standing]:
    """Return how the processes stand, those first that need somebody; inactive ones only where they ran.

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    known = {
        ProcessKey(one.project_code, one.process_load): one
        for one in session.scalars(select(Process).where(*processes.narrow(Process)))
    }
    ran: dict[ProcessKey, dict[date, ProcessStatus]] = defaultdict(dict)
    for row in process_status(session, context, processes, Period(recent(days[-1]), days[-1])):
        ran[ProcessKey(row.project_code, row.process_load)][row.processing_date] = row
    found = [
        _standing(key, known.get(key), ran.get(key, {}), days, context.now)
        for key in {*ran, *(key for key, one in known.items() if one.is_active)}
    ]
    return sorted(found, key=lambda one: (_ORDER.index(one.state), one.key.project_code, one.key.process_load))


def _standing(
    key: ProcessKey,
    described: Process | None,
    ran: Mapping[date, ProcessStatus],
    days: Sequence[date],
    now: datetime,
) -> Standing:
    shown = [day for day in ran if day >= days[0]]
    latest = ran[max(shown)] if shown else None
    return Standing(
        key,
        None if described is None else described.process_name,
        None if described is None else described.process_owner,
        described is not None and described.is_active is True,
        ran,
        latest,
        None if latest is None else duration_of_process(latest, now),
        None if latest is None else usual_before(ran, latest.processing_date),
    )


def usual_before(ran: Mapping[date, ProcessStatus], on: date) -> Usual | None:
    """Return how long a process took in the five weeks before a date: where it was complete, and nothing failed."""
    first = recent(on)
    good = [
        row for day, row in ran.items() if first <= day < on and row.run_state == RunState.COMPLETE and not row.failed
    ]
    return usual([row.wall_clock_seconds for row in good if row.wall_clock_seconds is not None])


def _back(day: date, days: int) -> date:
    return day - min(timedelta(days=days), day - date.min)
