"""The time at which the replayed nights take place."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

# Where the OS brings no time zones, pandas, which the flights' package needs, brings tzdata.
NEW_YORK: Final = ZoneInfo("America/New_York")
NIGHT_RUN: Final = time(0, 30)
"""When the load of a day begins, on the next day in New York."""


def night_of(day: date) -> datetime:
    """Return when the load of `day` begins (UTC)."""
    return datetime.combine(day + timedelta(days=1), NIGHT_RUN, NEW_YORK).astimezone(UTC)


class NightClock:
    """The monitor's clock: it is set to the night that is replayed, and runs on from there.

    A DELTA_DATE watermark moves to the time at which its step started, and so must be compared with
    times of the same clock. Replaying 2013 by today's clock would move the watermark to today after the first
    night, and 364 days would never be read.

    Args:
        day: The day whose night it shows first.
    """

    def __init__(self, day: date) -> None:
        self.set_to_night_of(day)

    def set_to_night_of(self, day: date) -> None:
        """Show the moment at which the load of `day` begins."""
        self._offset = night_of(day) - datetime.now(UTC)

    def __call__(self) -> datetime:
        """Return the time of the replayed night (UTC)."""
        return datetime.now(UTC) + self._offset
