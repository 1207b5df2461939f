"""How long one process took over the weeks, as numbers for a chart and words for a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from etl_monitor_orm.pages import words
from etl_monitor_orm.pages.words import State
from etl_monitor_orm.services.overview.live import Past
from etl_monitor_orm.vocabulary import RunState


@dataclass(frozen=True)
class DayTaken:
    """A date.

    Attributes:
        on: The date.
        state: How the process stands on it.
        took: How long it took, or has been running.
        usually: The usual band then.
    """

    on: date
    state: State
    took: str | None
    usually: str | None


@dataclass(frozen=True)
class Course:
    """The dates of five weeks.

    Attributes:
        days: For a table, the latest first.
        chart: For a chart: dates as Unix seconds, then seconds: the usual from, the usual to, and those taken.
    """

    days: Sequence[DayTaken]
    chart: Sequence[Sequence[float | None]]


def course(past: Sequence[Past]) -> Course:
    """Return the dates of five weeks, which are given the earliest first."""
    shown = [
        DayTaken(
            one.took.processing_date,
            words.state_of(RunState(one.took.state)),
            words.took(one.took.duration_seconds),
            None if one.usual is None else words.usually(one.usual),
        )
        for one in past
    ]
    return Course(
        shown[::-1],
        [
            [datetime.combine(one.took.processing_date, time(), UTC).timestamp() for one in past],
            [None if one.usual is None else round(one.usual.lower) for one in past],
            [None if one.usual is None else round(one.usual.upper) for one in past],
            [one.took.duration_seconds for one in past],
        ],
    )
