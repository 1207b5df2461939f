"""The time of the replayed nights."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

# Where the OS has no time zones, tzdata comes with pandas, which the flights' package needs.
NEW_YORK: Final = ZoneInfo("America/New_York")
NIGHT_RUN: Final = time(0, 30)
"""When the load of a day begins, on the next day in New York."""


def night_of(day: date, at: time = NIGHT_RUN) -> datetime:
    """Return when the load of `day` begins, or another time of that night (UTC)."""
    return datetime.combine(day + timedelta(days=1), at, NEW_YORK).astimezone(UTC)


class NightClock:
    """The monitor's clock: it starts at the replayed night and runs on from there.

    A DELTA_DATE watermark moves to the time when its step started, so it must be compared with times of the
    same clock. With today's clock, the first night would move the watermark to today, and 364 days would never be
    read.

    Args:
        day: The day whose night it shows first.
        at: The time of that night.
    """

    def __init__(self, day: date, at: time = NIGHT_RUN) -> None:
        self.set_to_night_of(day, at)

    def set_to_night_of(self, day: date, at: time = NIGHT_RUN) -> None:
        """Show the moment at which the load of `day` begins, or another one of that night."""
        self._offset = night_of(day, at) - datetime.now(UTC)

    def __call__(self) -> datetime:
        """Return the time of the replayed night (UTC)."""
        return datetime.now(UTC) + self._offset
