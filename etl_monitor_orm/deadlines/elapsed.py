"""How long something may take where only the days of a calendar count."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from etl_monitor_orm.deadlines.calendars import Calendar, Holidays

_MOST_DAYS: Final = 400
"""How many days are counted at most: a calendar may select none at all."""


def later(
    start: datetime, wait: timedelta, calendar: Calendar | None, holidays: Holidays, zone: tzinfo = UTC
) -> datetime | None:
    """Return when a time has passed since `start` on the days of a calendar; None if that takes over 400 days.

    Args:
        start: From when on (aware UTC).
        wait: How long.
        calendar: The days that count; None means all.
        holidays: The days of the list that it names.
        zone: Where its days begin and end.
    """
    if calendar is None:
        try:
            return start + wait
        except OverflowError:
            return None
    left, at = wait, start
    day = start.astimezone(zone).date()
    for _ in range(_MOST_DAYS):
        end = _midnight(day + timedelta(days=1), zone)
        if calendar.includes(day, holidays):
            if left <= end - at:
                return at + left
            left -= end - at
        at, day = end, day + timedelta(days=1)
    return None


def earlier(
    end: datetime, wait: timedelta, calendar: Calendar | None, holidays: Holidays, zone: tzinfo = UTC
) -> datetime:
    """Return an instant since which at least `wait` has passed at `end` on the days of a calendar, at most 400 days.

    Args:
        end: Until when (aware UTC).
        wait: How long.
        calendar: The days that count; None means all.
        holidays: The days of the list that it names.
        zone: Where its days begin and end.
    """
    first = end - timedelta(days=_MOST_DAYS)
    if calendar is None:
        return max(end - min(wait, timedelta(days=_MOST_DAYS)), first)
    left, at = wait, end
    day = end.astimezone(zone).date()
    while at > first:
        start = _midnight(day, zone)
        if calendar.includes(day, holidays):
            if left <= at - start:
                return at - left
            left -= at - start
        at, day = start, day - timedelta(days=1)
    return first


def _midnight(day: date, zone: tzinfo) -> datetime:
    """When a day begins; where clocks skip its midnight, the earlier reading, so that days follow each other."""
    local = datetime.combine(day, time())
    return min(local.replace(fold=fold, tzinfo=zone).astimezone(UTC) for fold in (0, 1))
