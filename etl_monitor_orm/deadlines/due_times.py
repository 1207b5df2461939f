"""When a date is due: a local time with its zone, such as `06:00 Europe/Berlin`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.printable import named, quoted

_TEXT: Final = re.compile(r"(\d{1,2}):(\d\d)(?:\s+\+(\d{1,2}))?(?:\s+(\S+))?")
_MOST_DAYS: Final = 31
_WANTED: Final = "Write a local time and its zone, such as `06:00 Europe/Berlin`"
_OF_ONE_MACHINE: Final = frozenset({"localtime", "posixrules", "Factory"})
"""Names that zoneinfo finds on some machines and that mean no place."""


@dataclass(frozen=True)
class DueTime:
    """By when a processing date must be done.

    Attributes:
        at: The local time.
        days_after: How many days after the processing date.
        zone: The zone of the time.
    """

    at: time
    days_after: int
    zone: ZoneInfo

    def __str__(self) -> str:
        later = f" +{self.days_after}" if self.days_after else ""
        return f"{self.at:%H:%M}{later} {self.zone.key}"

    def told(self, day: date) -> str:
        """Say by when a processing date is due, for people: the date is named where it is another one."""
        on = f" on {day + timedelta(days=self.days_after)}" if self.days_after else ""
        return f"{self.at:%H:%M} {self.zone.key}{on}"

    def instant(self, day: date) -> datetime | None:
        """Return when a processing date is due (UTC); None beyond the calendar.

        Where clocks change, a local time can mean two instants, or none: then the later reading counts, so nothing is
        late too early. A time that is skipped is due when as much time has passed as on other days.
        """
        try:
            local = datetime.combine(day + timedelta(days=self.days_after), self.at)
            return max(local.replace(fold=fold, tzinfo=self.zone).astimezone(UTC) for fold in (0, 1))
        except OverflowError:
            return None


def read_due_time(name: str, value: object) -> DueTime | None:
    """Read a caller's time; None and empty text mean none.

    Args:
        name: The argument, for messages.
        value: Such as `06:00 Europe/Berlin`, or `01:30 +1 Europe/Berlin` for the day after the processing date.

    Raises:
        InvalidInput: It is no time of a day, has no zone, or the zone is unknown.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be text, not {type(value).__name__}. {_WANTED}.")
    parts = _TEXT.fullmatch(value.strip())
    if parts is None:
        raise InvalidInput(f"{name} is {quoted(value)}, which is no time with a zone. {_WANTED}.")
    hour, minute, later, zone = int(parts[1]), int(parts[2]), int(parts[3] or 0), parts[4]
    if hour > 23 or minute > 59:
        raise InvalidInput(f"{name} is {quoted(value)}; a day has times from 00:00 to 23:59. {_WANTED}.")
    if zone is None:
        raise InvalidInput(f"{name} is {quoted(value)}, which has no zone. {_WANTED}.")
    if later > _MOST_DAYS:
        raise InvalidInput(f"{name} is {quoted(value)}; +{_MOST_DAYS} days after the date is the most.")
    return DueTime(time(hour, minute), later, _zone(name, zone))


@lru_cache(256)
def _zone(name: str, key: str) -> ZoneInfo:
    try:
        if key in _OF_ONE_MACHINE:
            raise ValueError(key)
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError):
        from difflib import get_close_matches  # only mistakes need it

        like = get_close_matches(key, available_timezones() - _OF_ONE_MACHINE, 3, 0.7)
        hint = f"Did you mean {' or '.join(like)}?" if like else "Zones are called like Europe/Berlin, or UTC."
        raise InvalidInput(f"{name} names the zone {named(key)}, which is unknown. {hint}") from None
