"""Reads what a history is to hold: its dates, which tasks fail on which of them, and how long tasks take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TypeVar

from etl_monitor_orm import InvalidInput, Task, inputs
from etl_monitor_orm.clocks import Clock
from etl_monitor_orm.printable import listed, quoted
from etl_monitor_orm.testing.naming import find
from etl_monitor_orm.testing.nights import Failures, TaskNumbers

T = TypeVar("T")

ByTask = Mapping[str, T] | Mapping[int, T] | Mapping[int | str, T]
"""Something for each of some tasks: any of these, because a mapping of type checkers has keys of exactly one type."""


def read_dates(days: object, until: object, clock: Clock) -> list[date]:
    """Return the dates of a history, the last one being `until`, or the day before the clock's."""
    number = inputs.integer("days", days, least=1, most=10_000)
    inputs.function("clock", clock)
    last = inputs.optional_day("until", until) or inputs.moment("the clock's time", clock()).date() - timedelta(days=1)
    try:
        return [last - timedelta(days=back) for back in reversed(range(number))]
    except OverflowError:
        raise InvalidInput(f"{number} days until {last} lead out of the calendar. Pass fewer days.") from None


def _numbers(argument: str, asked: object, tasks: Sequence[Task]) -> TaskNumbers:
    found = find(tasks, asked)
    if found is None:
        names = [task.task_name or "" for task in tasks]
        raise InvalidInput(
            f"{argument} names {quoted(asked)}, which is no active task of the process: {listed(names, str(asked))}."
        )
    return found.workflow_id, found.task_id


def _mapping(argument: str, value: object) -> Mapping[object, object]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{argument} must be a mapping by task, not {type(value).__name__}.")
    return value


def read_seconds(value: object, tasks: Sequence[Task]) -> dict[TaskNumbers, int]:
    """Return the usual time of tasks, in seconds."""
    return {
        _numbers("seconds", asked, tasks): inputs.integer(f"seconds[{quoted(asked)}]", usual, most=86_400)
        for asked, usual in _mapping("seconds", value).items()
    }


def read_failures(value: object, tasks: Sequence[Task], dates: Sequence[date]) -> Failures:
    """Return how often each task is to fail on each date."""
    planned: Failures = Counter()
    for asked, days in _mapping("failures", value).items():
        name = f"failures[{quoted(asked)}]"
        if isinstance(days, str | bytes) or not isinstance(days, Iterable):
            raise InvalidInput(f"{name} must be a list of days, not {type(days).__name__}.")
        numbers = _numbers("failures", asked, tasks)
        planned.update((_day(name, day, dates), numbers) for day in days)
    return planned


def _day(name: str, value: object, dates: Sequence[date]) -> date:
    """Return a day of the history: the one with this number, or this date."""
    if isinstance(value, date | str):
        day = inputs.day(name, value)
        if day not in dates:
            raise InvalidInput(f"{name} has {day}, but the history goes from {dates[0]} to {dates[-1]}.")
        return day
    return dates[inputs.integer(name, value, least=-len(dates), most=len(dates) - 1)]
