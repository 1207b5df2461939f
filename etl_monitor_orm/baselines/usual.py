"""What is usual: the median of earlier runs, how far they spread, and beyond which limits a value is unusual."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import expm1, log1p
from typing import Final

LEAST_RUNS: Final = 8
"""Fewer runs than this say nothing."""
_FACTOR: Final = 2
"""What is less than twice the usual is not worth a word."""
_DEVIATIONS: Final = 4
"""So many deviations from the usual are no accident."""
_OF_NORMAL: Final = 1.4826
"""A standard deviation, in median absolute deviations, where values are normal."""


@dataclass(frozen=True)
class Usual:
    """What a number of a task usually is.

    Attributes:
        runs: How many runs it is made of.
        median: Half of the runs had less.
        lower: A quarter of the runs had less.
        upper: A quarter of the runs had more.
        low: Less is unusual.
        high: More is unusual.
    """

    runs: int
    median: float
    lower: float
    upper: float
    low: float
    high: float


def usual(values: Sequence[int]) -> Usual | None:
    """Return what is usual by the values of runs; None where they are too few.

    A value is unusual if three things are true of it: it is more than twice the median, or less than half; it is more
    than four deviations away, on a scale of factors, because durations and counts spread by factors; and not more
    than one of the runs was as extreme.

    Args:
        values: One of each run.
    """
    from statistics import median, quantiles  # it takes long to import, and only who asks needs it

    if len(values) < LEAST_RUNS:
        return None
    ordered = sorted(values)
    middle = median(ordered)
    lower, _, upper = quantiles(ordered, n=4, method="inclusive")
    scaled = [_scaled(value) for value in ordered]
    center = median(scaled)
    reach = _DEVIATIONS * _OF_NORMAL * median(abs(value - center) for value in scaled)
    less, more = sorted((middle / _FACTOR, middle * _FACTOR))
    return Usual(
        len(ordered),
        middle,
        lower,
        upper,
        low=min(less, _value(center - reach), ordered[1]),
        high=max(more, _value(center + reach), ordered[-2]),
    )


def by_weekday(samples: Iterable[tuple[date, int]]) -> dict[int | None, Usual]:
    """Return what is usual on each day of the week (1 is Monday), and, as None, over all days.

    A day on which too few runs were is left out.

    Args:
        samples: The date and the value of each run.
    """
    values: Mapping[int | None, list[int]] = defaultdict(list)
    for day, value in samples:
        values[day.isoweekday()].append(value)
        values[None].append(value)
    found = {weekday: usual(of_day) for weekday, of_day in values.items()}
    return {weekday: one for weekday, one in found.items() if one is not None}


def usual_on(day: date, known: Mapping[int | None, Usual]) -> Usual | None:
    """Return what is usual on a date: on its day of the week, else over all days; None where nobody can say."""
    return known.get(day.isoweekday(), known.get(None))


def _scaled(value: float) -> float:
    """A scale on which the same factor is the same distance, and on which 0 and negative numbers have a place."""
    return log1p(value) if value >= 0 else -log1p(-value)


def _value(scaled: float) -> float:
    return expm1(min(scaled, _HIGHEST)) if scaled >= 0 else -expm1(min(-scaled, _HIGHEST))


_HIGHEST: Final = 700.0
"""Beyond that a float overflows."""
