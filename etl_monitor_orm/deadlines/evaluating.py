"""Evaluates what is known of processes at a time: which breaches there are, and which ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from etl_monitor_orm.deadlines.done import by_day
from etl_monitor_orm.deadlines.due import late_dates, period
from etl_monitor_orm.deadlines.elapsed import earlier
from etl_monitor_orm.deadlines.facts import Late, ProcessFacts, Promise
from etl_monitor_orm.deadlines.running import late_attempts
from etl_monitor_orm.deadlines.success import late_successes

LOOK_BACK: Final = timedelta(days=35)
"""How far back dates and attempts are late: what is older is nobody's concern any more."""
SEEN_BACK: Final = LOOK_BACK + timedelta(days=35)
"""How far back closed breaches are read, so that few are sent that are closed already."""
QUIET_AFTER: Final = timedelta(hours=1)
"""How long a running step may be quiet: as long as it takes a resumed run to take it for dead."""
_MARGIN: Final = timedelta(days=3)
"""Evaluations that come this much late still find the last success."""


@dataclass(frozen=True)
class Evaluation:
    """When and how is evaluated.

    Attributes:
        now: The time (aware UTC).
        quiet_after: How long a running step may be quiet.
    """

    now: datetime
    quiet_after: timedelta = QUIET_AFTER

    @property
    def first(self) -> date:
        """The first processing date that can be late."""
        return max(self.now.date(), date.min + LOOK_BACK) - LOOK_BACK

    def first_known(self, *promises: Promise) -> date:
        """Return from which processing date on all attempts must be known to judge promises.

        It does not depend on how much history there is.
        """
        dates = [self.first]
        for promise in promises:
            if promise.due is not None:
                dates.append(period(promise.frequency, self.first)[0])
            if promise.late_after is not None:
                wait = promise.late_after + _MARGIN
                since = earlier(self.now, wait, promise.calendar, promise.holidays, promise.zone)
                dates.append((since - timedelta(days=1)).date())
        return min(dates)

    def late(self, process: ProcessFacts) -> Iterator[Late]:
        """Yield what is late of a process, or was late from `first` on."""
        days = by_day(process)
        yield from late_dates(process, days, self.now, self.first)
        yield from late_attempts(process, days, self.now, self.quiet_after, self.first)
        yield from late_successes(process, days, self.now)
