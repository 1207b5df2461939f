"""Quiet hours: times of a day, in a zone, at which nobody is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from etl_monitor_orm.deadlines.due_times import DueTime, read_due_time
from etl_monitor_orm.errors import InvalidInput


@dataclass(frozen=True)
class QuietHours:
    """From a local time to another, across midnight where the second is the earlier one.

    Attributes:
        start: The first quiet time.
        end: The first time that is not quiet any more.
    """

    start: DueTime
    end: DueTime

    def contain(self, now: datetime) -> bool:
        """Return whether nobody is told at a time (aware)."""
        local = now.astimezone(self.end.zone).time()
        start, end = self.start.at, self.end.at
        return start <= local < end if start < end else local >= start or local < end


def read_quiet_hours(text: str) -> QuietHours:
    """Read quiet hours, such as `22:00-07:00 Europe/Berlin`.

    Raises:
        InvalidInput: They are no two times with a zone, or the two are the same.
    """
    first, dash, rest = text.partition("-")
    zone = rest.split()[1:]
    times = (f"{first.strip()} {' '.join(zone)}", rest.strip())
    start, end = (read_due_time("quiet", time) for time in times) if dash and zone else (None, None)
    if start is None or end is None or start.days_after or end.days_after:
        raise InvalidInput("quiet must be two times with a zone, such as `22:00-07:00 Europe/Berlin`.")
    if start.at == end.at:
        raise InvalidInput("quiet begins and ends at the same time. Remove the rule instead if nobody is to be told.")
    return QuietHours(start, end)
