"""How often a step that is as usual is called unusual, over simulated histories, and how often a real trouble is found.

`python -m tests.baselines.false_alarms` prints a row for each kind of history. Durations and counts are log-normal; the
days of the week differ, loads grow and shrink, and some nights are disturbed. Each history is judged night by night,
as the monitor does: by the twelve weeks before.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from etl_monitor_orm.baselines import judging
from etl_monitor_orm.baselines.usual import Usual, by_weekday, usual_on

WEEKS: Final = timedelta(weeks=12)
HISTORIES: Final = 10
FIRST: Final = date(2024, 1, 1)


@dataclass(frozen=True)
class Kind:
    """A kind of history.

    Attributes:
        name: What it is called.
        spread: Standard deviation of the logarithm, from night to night.
        weekend: Factor of Saturdays and Sundays.
        month_end: Factor of the last day of a month.
        a_year: Factor by which it grows in a year.
        troubled: Share of nights that take, or load, several times as much or as little; they are no false alarms,
            but they blur what is usual.
    """

    name: str
    spread: float
    weekend: float = 1.0
    month_end: float = 1.0
    a_year: float = 1.0
    troubled: float = 0.0


KINDS: Final = (
    Kind("steady", 0.1),
    Kind("varying", 0.3),
    Kind("varying much", 0.5),
    Kind("quiet weekends", 0.3, weekend=0.2),
    Kind("doubles in a year", 0.3, a_year=2.0),
    Kind("ten times in a year", 0.3, a_year=10.0),
    Kind("shrinks to a tenth in a year", 0.3, a_year=0.1),
    Kind("quiet weekends, doubles, troubled", 0.3, weekend=0.2, a_year=2.0, troubled=0.02),
    Kind("large at the end of the month", 0.3, month_end=3.0),
)


@dataclass
class Share:
    """How many nights were judged, and how many of them were called unusual.

    Attributes:
        judged: Nights as usual of which enough was known.
        alarms: Those called unusual: false alarms.
        troubles: Nights that took five times as long, or loaded nothing, judged in place of each night.
        found: Those called unusual.
    """

    judged: int = 0
    alarms: int = 0
    troubles: int = 0
    found: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(
            self.judged + other.judged,
            self.alarms + other.alarms,
            self.troubles + other.troubles,
            self.found + other.found,
        )


def nights(kind: Kind, chance: random.Random, middle: int, days: int) -> Iterator[tuple[date, int, bool]]:
    """Yield date, value and whether the night was troubled."""
    for number in range(days):
        day = FIRST + timedelta(days=number)
        value = middle * kind.a_year ** (number / 365) * chance.lognormvariate(0, kind.spread)
        value *= kind.weekend if day.isoweekday() >= 6 else 1
        value *= kind.month_end if (day + timedelta(days=1)).day == 1 else 1
        troubled = chance.random() < kind.troubled
        yield day, round(value * (chance.choice((0.0, 4.0, 8.0)) if troubled else 1)), troubled


def share(kind: Kind, *, durations: bool, seed: int, histories: int, days: int = 730) -> Share:
    """Judge all nights of some histories of a kind.

    Args:
        kind: The kind.
        durations: Whether durations are judged, in seconds; else counts.
        seed: Decides the histories.
        histories: How many there are.
        days: How many nights each has.
    """
    chance = random.Random(seed)
    total = Share()
    for _ in range(histories):
        middle = chance.choice((30, 300, 3_000)) if durations else chance.choice((500, 41_000, 3_000_000))
        total += _judged(list(nights(kind, chance, middle, days)), durations=durations)
    return total


def _judged(history: list[tuple[date, int, bool]], *, durations: bool) -> Share:
    found = Share()
    for number, (day, value, troubled) in enumerate(history):
        if number < WEEKS.days // 2:  # until then a new task is judged by too little
            continue
        before = ((then, told) for then, told, _ in history[max(0, number - WEEKS.days) : number])
        usual = usual_on(day, by_weekday(before))
        if not troubled:
            found.judged += 1
            found.alarms += _is_unusual(value, usual, durations=durations)
            found.troubles += 1
            found.found += _is_unusual(value * 5 + 300 if durations else 0, usual, durations=durations)
    return found


def _is_unusual(value: int, usual: Usual | None, *, durations: bool) -> bool:
    words = judging.duration(value, usual) if durations else judging.count("rows", value, usual)
    return words is not None


def row(kind: Kind) -> str:
    """Return a kind's shares as a row of the page's table, without its limits."""
    long, counted = (share(kind, durations=durations, seed=7, histories=HISTORIES) for durations in (True, False))
    return (
        f"| {kind.name} | {long.alarms / long.judged:.1%} | {counted.alarms / counted.judged:.1%} "
        f"| {long.found / long.troubles:.0%} | {counted.found / counted.troubles:.0%} |"
    )


def main() -> None:
    """Print the shares, a row for each kind."""
    for kind in KINDS:
        print(row(kind))


if __name__ == "__main__":
    main()
