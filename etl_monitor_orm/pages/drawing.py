"""Bars in time and bands of what is usual, as numbers for a drawing that is 1,000 units wide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from etl_monitor_orm.baselines.results import ComparedStep
from etl_monitor_orm.baselines.usual import Usual

WIDTH: Final = 1_000
_LEAST: Final = 4
"""Units of the shortest bar, so that one can see it."""


@dataclass(frozen=True)
class Bar:
    """A bar.

    Attributes:
        x: Where it begins.
        width: How long it is.
        usual: How long it would be if the step took as long as usual; 0 where nobody knows.
    """

    x: int
    width: int
    usual: int


@dataclass(frozen=True)
class Band:
    """A duration beside what is usual.

    Attributes:
        low: Where the usual begins.
        width: How wide it is.
        median: Its middle.
        took: Where the duration is.
    """

    low: int
    width: int
    median: int
    took: int


@dataclass(frozen=True)
class Axis:
    """A time that fills the width.

    Attributes:
        first: Its beginning.
        seconds: Its length.
    """

    first: datetime
    seconds: float

    @classmethod
    def of(cls, steps: Sequence[ComparedStep], now: datetime) -> Axis | None:
        """Return the time of some steps; None where none was started."""
        began = [step.start_time for step in steps if step.start_time is not None]
        if not began:
            return None
        ended = [end for step in steps if (end := end_of(step, now)) is not None]
        first = min(began)
        return cls(first, max(1.0, (max([*ended, first]) - first).total_seconds()))

    def bar(self, step: ComparedStep, now: datetime) -> Bar | None:
        """Return the bar of a step; None where it was not started."""
        end = end_of(step, now)
        if step.start_time is None or end is None:
            return None
        x = min(self._at((step.start_time - self.first).total_seconds()), WIDTH - _LEAST)
        width = max(_LEAST, self._at((end - step.start_time).total_seconds()))
        usual = 0 if step.usual_seconds is None else self._at(step.usual_seconds)
        return Bar(x, min(width, WIDTH - x), min(usual, WIDTH - x))

    def _at(self, seconds: float) -> int:
        return round(min(WIDTH, WIDTH * seconds / self.seconds))


def end_of(step: ComparedStep, now: datetime) -> datetime | None:
    """Return when a step ended; of one that runs, now."""
    if step.start_time is None or step.duration_seconds is None:
        return None
    return now if step.is_running else step.start_time + timedelta(seconds=step.duration_seconds)


def band(seconds: int, usual: Usual) -> Band:
    """Return a duration beside what is usual for it."""
    longest = max(seconds, usual.upper, 1) * 1.1

    def place(value: float) -> int:
        return round(WIDTH * value / longest)

    low = place(usual.lower)
    return Band(low, max(_LEAST, place(usual.upper) - low), place(usual.median), place(seconds))
