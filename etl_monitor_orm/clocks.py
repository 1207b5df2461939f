"""Where the monitor's timestamps come from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from etl_monitor_orm import inputs

Clock = Callable[[], datetime]
"""Returns the current time; a naive one means UTC."""


def system_clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved, for tests.

    Args:
        start: The time that it shows first (naive means UTC).

    Example:
        ```python
        clock = ManualClock("2026-04-09 08:00")
        monitor = ETLMonitor("duckdb:///:memory:", clock=clock)
        clock.advance(90)
        ```
    """

    def __init__(self, start: datetime | str) -> None:
        self.now = inputs.moment("start", start)

    def __call__(self) -> datetime:
        """Return the time that the clock shows."""
        return self.now

    def advance(self, by: timedelta | float) -> datetime:
        """Move the clock forward by a timedelta or by seconds, and return its time."""
        self.now = inputs.shifted("by", self.now, inputs.span("by", by))
        return self.now

    def set(self, to: datetime | str) -> datetime:
        """Move the clock to a time (naive means UTC), and return it."""
        self.now = inputs.moment("to", to)
        return self.now
