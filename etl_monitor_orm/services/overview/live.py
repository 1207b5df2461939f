"""What a live page reads at once: how everything stands, one process over the weeks, and which processes there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl_monitor_orm.baselines.usual import Usual
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Process
from etl_monitor_orm.services.context import Context, recent
from etl_monitor_orm.services.dated import process_status
from etl_monitor_orm.services.history import Duration, duration_of_process
from etl_monitor_orm.services.overview.overview import overview
from etl_monitor_orm.services.overview.parts import Most, Overview, Some, Wanted
from etl_monitor_orm.services.overview.standing import usual_before
from etl_monitor_orm.services.periods import Period
from etl_monitor_orm.services.scopes import Processes

_OFFERED: Final = 300
"""Processes that the filters offer."""
_OF_A_STATE: Final = Most(failures=1_000, watermarks=1_000, changes=1_000)
"""Where a state narrows what was read, more is read."""
_ALL: Final = Most()


@dataclass(frozen=True)
class Look:
    """What somebody wants to see, and may.

    Attributes:
        within: The processes that they may see.
        processes: The processes that they want to see.
        wanted: What else narrows it.
    """

    within: Processes
    processes: Processes
    wanted: Wanted


@dataclass(frozen=True)
class Past:
    """How long a process took on a date, beside what was usual then.

    Attributes:
        took: The date, how long it took, and how it stands.
        usual: What was usual in the five weeks before; None where too few runs were good.
    """

    took: Duration
    usual: Usual | None


@dataclass(frozen=True)
class Seen:
    """What there is to see.

    Attributes:
        overview: How everything stands.
        past: How long the process took on the dates of five weeks, the earliest first; None for several processes.
        offered: The active processes that may be chosen, in order.
    """

    overview: Overview
    past: Sequence[Past] | None
    offered: Some[ProcessKey]


def look(session: Session, context: Context, what: Look) -> Seen:
    """Return what there is to see; nothing is written.

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    one = what.processes.process_load is not None
    most = _ALL if what.wanted.states is None else _OF_A_STATE
    seen = overview(session, context, what.processes, most, what.wanted)
    return Seen(
        seen,
        _past(session, context, what.processes, seen.days[-1]) if one else None,
        _offered(session, what.within),
    )


def _past(session: Session, context: Context, process: Processes, last: date) -> list[Past]:
    """The five weeks up to a date; the five before say what was usual on the first one."""
    first = recent(last)
    rows = process_status(session, context, process, Period(recent(first), last))
    ran = {row.processing_date: row for row in rows}
    return [
        Past(duration_of_process(ran[day], context.now), usual_before(ran, day)) for day in sorted(ran) if day > first
    ]


def _offered(session: Session, within: Processes) -> Some[ProcessKey]:
    query = (
        select(Process.project_code, Process.process_load)
        .where(*within.narrow(Process), Process.is_active.is_(True))
        .order_by(Process.project_code, Process.process_load)
        .limit(_OFFERED + 1)
    )
    return Some.of([ProcessKey(*row) for row in session.execute(query)], _OFFERED)
