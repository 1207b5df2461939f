"""Options that take a length of time: a number and its unit."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from etl_monitor_orm import InvalidInput
from etl_monitor_orm.printable import quoted

_LENGTH: Final = re.compile(r"([0-9]{1,9})([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def length(option: str, text: str) -> timedelta | None:
    """Return the length of time that a number and its unit are; None for anything else.

    Raises:
        InvalidInput: No calendar is so long.
    """
    found = _LENGTH.fullmatch(text)
    if found is None:
        return None
    try:
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        raise InvalidInput(f"{option} is {text}, which leads out of the calendar.") from None


def duration(option: str, text: str) -> timedelta:
    """Read what an option says.

    Raises:
        InvalidInput: It is no duration.
    """
    word = text.strip()
    found = None if word.endswith("s") else length(option, word)  # nothing here lasts seconds
    if found is None:
        raise InvalidInput(f"{option} is {quoted(text)}; write a number and w, d, h or m, such as 90d.")
    return found
