"""On which processing dates something is due: `Mon-Fri except germany`, `last workday of the month`."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.printable import quoted

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FULL: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WORKDAYS: Final = frozenset(range(5))
_EVERY: Final = frozenset(range(7))
_LAST_WORKDAY: Final = "last workday of the month"
_WANTED: Final = (
    "Write it like `Mon-Fri`, `Mon,Wed`, `daily` or `last workday of the month`; `except NAME` leaves out holidays"
)

Holidays = Collection[date]


@dataclass(frozen=True)
class Calendar:
    """A rule that selects dates.

    Attributes:
        weekdays: Days of the week, Monday is 0.
        last_workday: Whether only the last workday of each month is selected.
        holidays: Name of the list of days that are left out.
    """

    weekdays: frozenset[int] = _EVERY
    last_workday: bool = False
    holidays: str | None = None

    def __str__(self) -> str:
        days = _LAST_WORKDAY if self.last_workday else _words(self.weekdays)
        return days if self.holidays is None else f"{days} except {self.holidays}"

    def includes(self, day: date, holidays: Holidays = ()) -> bool:
        """Return whether a date is selected.

        Args:
            day: The date.
            holidays: The days of the list that the calendar names.
        """
        if not self._is_plain(day, holidays):
            return False
        if not self.last_workday:
            return True
        last = monthrange(day.year, day.month)[1]
        return not any(self._is_plain(day.replace(day=later), holidays) for later in range(day.day + 1, last + 1))

    def _is_plain(self, day: date, holidays: Holidays) -> bool:
        return day.weekday() in self.weekdays and day not in holidays


def read_calendar(name: str, value: object) -> Calendar | None:
    """Read a caller's calendar; None and empty text mean none. Whether its holidays exist is not looked up.

    Args:
        name: The argument, for messages.
        value: Such as `Mon-Fri except germany`.

    Raises:
        InvalidInput: It is no calendar.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be text, not {type(value).__name__}. {_WANTED}.")
    rule, excepted, holidays = _cut(value)
    if excepted and not holidays:
        raise InvalidInput(f"{name} is {quoted(value)}, which names no holidays after `except`. {_WANTED}.")
    if rule in ("last workday", _LAST_WORKDAY):
        return Calendar(_WORKDAYS, True, holidays)
    if rule in ("daily", ""):
        if rule or excepted:
            return Calendar(_EVERY, False, holidays)
        raise InvalidInput(f"{name} is {quoted(value)}, which selects no day. {_WANTED}.")
    days: set[int] = set()
    for part in rule.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        days.update(_range(_day(name, value, first), _day(name, value, last) if dash else None))
    return Calendar(frozenset(days), False, holidays)


def _cut(value: str) -> tuple[str, bool, str | None]:
    """The rule in lower case, whether holidays are left out, and the name of their list as it is written."""
    found = re.fullmatch(r"(.*?)(?:(?:^|\s)except(?:\s(.*))?)?", value.strip(), re.IGNORECASE | re.DOTALL)
    assert found is not None  # everything matches
    rule = " ".join(found[1].lower().split())
    excepted = len(found[0]) > len(found[1].rstrip())
    return rule, excepted, (found[2] or "").strip() or None


def _day(name: str, value: str, word: str) -> int:
    for number, day in enumerate(_DAYS):
        if word in (day.lower(), _FULL[number]):
            return number
    raise InvalidInput(f"{name} is {quoted(value)}; {quoted(word)} is no day of the week. {_WANTED}.")


def _range(first: int, last: int | None) -> set[int]:
    if last is None:
        return {first}
    return {(first + step) % 7 for step in range((last - first) % 7 + 1)}


def _words(weekdays: frozenset[int]) -> str:
    if weekdays == _EVERY:
        return "daily"
    ordered = sorted(weekdays)
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"{_DAYS[ordered[0]]}-{_DAYS[ordered[-1]]}"
    return ",".join(_DAYS[day] for day in ordered)


def days_from(first: date, last: date) -> list[date]:
    """Return all dates from one to another, both included."""
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]
