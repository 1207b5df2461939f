"""Dates and times as people type them: `yesterday`, `-1`, `24h`, `2026-04-09`. Days are UTC days."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from etl_monitor_orm import InvalidInput, clocks, inputs
from etl_monitor_orm.cli import durations
from etl_monitor_orm.printable import quoted

_DAYS: Final = {"today": 0, "yesterday": 1}
_BACK: Final = re.compile(r"-([0-9]{1,6})", re.ASCII)


def day(option: str, text: str) -> date:
    """Return the date that a text names: YYYY-MM-DD, today, yesterday, `-N` days, or how long ago, such as 7d.

    Raises:
        InvalidInput: It names none.
    """
    word = text.strip().lower()
    now = clocks.system_clock()
    back = _BACK.fullmatch(word)
    days = int(back[1]) if back else _DAYS.get(word)
    if days is not None:
        return inputs.shifted(option, now, timedelta(days=days), back=True).date()
    length = durations.length(option, text.strip())
    if length is not None:
        return inputs.shifted(option, now, length, back=True).date()
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise InvalidInput(
            f"{option} is {quoted(text)}; write a date as YYYY-MM-DD, today, yesterday, -1 or 7d."
        ) from None


def moment(option: str, text: str) -> date | timedelta:
    """Return the time that a text names: a day, a time in UTC, or how long ago, such as 24h.

    Raises:
        InvalidInput: It names none.
    """
    word = text.strip().lower()
    length = durations.length(option, text.strip())
    if length is not None:
        return length
    if word in _DAYS or _BACK.fullmatch(word):
        return day(option, word)
    try:
        return inputs.day_alone(text.strip()) or inputs.moment(option, text.strip())
    except InvalidInput:
        raise InvalidInput(
            f"{option} is {quoted(text)}; write how long ago, such as 24h, or a time as YYYY-MM-DD HH:MM:SS."
        ) from None
