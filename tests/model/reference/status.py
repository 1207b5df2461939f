"""What a status says: the step detail and the rollup, narrowed as asked."""

from __future__ import annotations

from datetime import date, datetime

from .reset import Scope, dates_meant
from .state import ProcessKey, Step, World, current

Group = tuple[date, str, int]
"""(ProcessingDate, ExecutionID, Attempts): a row of the rollup."""


def detail(world: World, now: datetime, process: ProcessKey, day: date | None, scope: Scope, all_: bool) -> list[Step]:
    """Each step's current attempt, in the scope's run or over all runs of the date; or every attempt."""
    found = []
    for on in dates_shown(world, now, process, day, scope.execution_id):
        rows = [s for s in world.on_date(process, on) if scope.execution_id in (None, s.execution_id)]
        if not all_ and scope.attempts is None:
            rows = list(current(rows).values())
        found += [step for step in rows if scope.holds(step)]
    return found


def dates_shown(
    world: World, now: datetime, process: ProcessKey, day: date | None, execution_id: str | None
) -> list[date]:
    """As for a reset; but without a date and a run, a live process is shown on the latest date that has steps."""
    if day is None and execution_id is None and world.sysdt(process) is None:
        return sorted({step.processing_date for step in world.steps if step.process == process})[-1:]
    return dates_meant(world, now, process, day, execution_id)


def summary(world: World, now: datetime, process: ProcessKey, day: date | None, scope: Scope) -> list[Group]:
    """The attempts of runs in which some step is in scope."""
    steps = detail(world, now, process, day, scope, True)
    return sorted({(s.processing_date, s.execution_id, s.attempts) for s in steps})
