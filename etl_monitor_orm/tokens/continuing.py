"""A request whose process was killed in the middle: what it did is recognised by the time at which it did it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select

from etl_monitor_orm import Claim, ETLMonitor, InvalidTransition, ProcessingStep
from etl_monitor_orm.models.selecting import of_step


def standing_at(monitor: ETLMonitor, moment: datetime) -> ETLMonitor:
    """Return the monitor with a clock that stands at a time (aware UTC); both use the same connections."""
    # Not `copy`: a monitor refuses that, so that none crosses to another process. This one stays here.
    still = object.__new__(type(monitor))
    vars(still).update(vars(monitor))
    still._runtime = monitor._runtime.standing_at(moment)
    return still


def found_done(monitor: ETLMonitor, refusal: InvalidTransition, moments: Collection[datetime]) -> Claim | None:
    """Return the claim of the refused step's attempt that was started or ended at one of the times; None if none was.

    Each try of a request reads its clock once, to the microsecond, so nobody else writes the same time.
    """
    if refusal.step is None:
        return None
    time = ProcessingStep.start_time if refusal.asked == "start" else ProcessingStep.end_time
    mine = or_(*(time == moment for moment in moments))
    query = select(ProcessingStep.attempts, ProcessingStep.start_time).where(*of_step(refusal.step), mine).limit(1)
    with monitor.session() as session:
        found = session.execute(query).first()
    return None if found is None else Claim(found.attempts, found.start_time or monitor._runtime.now())
