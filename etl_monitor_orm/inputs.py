"""Reads what callers pass: one place that turns arguments into the domain's types, or says what is wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Final, TypeVar

from etl_monitor_orm.errors import InvalidInput

E = TypeVar("E", bound=Enum)

INT_MAX: Final = 2**31 - 1
BIGINT_MAX: Final = 2**63 - 1
EXECUTION_ID_MAX: Final = 255
MESSAGE_MAX: Final = 2000

DateLike = date | str
"""A date, or its ISO text (`2026-04-09`)."""
TimeLike = datetime | str
"""A datetime, or its ISO text; without an offset it means UTC."""


def text(name: str, value: object, *, longest: int | None = None) -> str:
    """Return `value` as required text; refuse what is not a string, empty or longer than `longest` characters."""
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be text, not {type(value).__name__}.")
    if not value.strip():
        raise InvalidInput(f"{name} must not be empty.")
    if longest is not None and len(value) > longest:
        raise InvalidInput(f"{name} is {len(value)} characters long; at most {longest} fit.")
    return encodable(value)


def optional_text(name: str, value: object) -> str | None:
    """Return `value` as text or None; refuse any other type."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be text or None, not {type(value).__name__}.")
    return encodable(value)


def encodable(value: str) -> str:
    """Replace lone surrogates (undecodable bytes in file names, say): no database can store them."""
    return value.encode("utf-8", "replace").decode("utf-8")


def choice(name: str, kind: type[E], value: object) -> E:
    """Return the member of `kind` that `value` names; refuse anything else, listing the words that exist."""
    try:
        return kind(value)
    except ValueError:
        words = ", ".join(str(member.value) for member in kind)
        raise InvalidInput(f"{name} is {value!r}; it must be one of {words}.") from None


def optional_choice(name: str, kind: type[E], value: object) -> E | None:
    """As `choice`; None and the empty string mean that nothing is said."""
    return None if value is None or value == "" else choice(name, kind, value)


def integer(name: str, value: object, *, least: int = 0, most: int = INT_MAX) -> int:
    """Return `value` as a whole number within bounds; a bool is not a number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{name} must be a whole number, not {type(value).__name__}.")
    if not least <= value <= most:
        raise InvalidInput(f"{name} is {value}; it must lie between {least} and {most}.")
    return value


def optional_integer(name: str, value: object, *, least: int = 0, most: int = INT_MAX) -> int | None:
    """As `integer`, or None."""
    return None if value is None else integer(name, value, least=least, most=most)


def boolean(name: str, value: object) -> bool:
    """Return `value`, which must be True or False."""
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} must be True or False, not {type(value).__name__}.")
    return value


def day(name: str, value: object) -> date:
    """Return `value` as a date: a date, a datetime (its UTC day), or ISO text."""
    if isinstance(value, datetime):
        return moment(name, value).date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise InvalidInput(f"{name} is {value!r}; write a date as YYYY-MM-DD.") from None
    raise InvalidInput(f"{name} must be a date or its ISO text, not {type(value).__name__}.")


def moment(name: str, value: object) -> datetime:
    """Return `value` as an aware UTC datetime: a datetime, a date (its midnight), or ISO text."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise InvalidInput(f"{name} is {value!r}; write a time as YYYY-MM-DD HH:MM:SS.") from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        try:
            return value.astimezone(UTC)
        except OverflowError:
            raise InvalidInput(f"{name} is {value.isoformat()}, which UTC cannot express.") from None
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise InvalidInput(f"{name} must be a datetime or its ISO text, not {type(value).__name__}.")


def optional_moment(name: str, value: object) -> datetime | None:
    """As `moment`, or None."""
    return None if value is None else moment(name, value)


def span(name: str, value: object) -> timedelta:
    """Return `value` as a non-negative length of time: a timedelta, or a number of seconds."""
    if isinstance(value, timedelta):
        length = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            length = timedelta(seconds=value)
        except (OverflowError, ValueError):
            raise InvalidInput(f"{name} is {value} seconds, which is no length of time.") from None
    else:
        raise InvalidInput(f"{name} must be a timedelta or seconds, not {type(value).__name__}.")
    if length < timedelta(0):
        raise InvalidInput(f"{name} must not be negative.")
    return length


def message(name: str, value: object) -> str | None:
    """Return a step's message within 2,000 characters.

    A longer one keeps its head and its last line: a stack trace tells what was asked first, what broke last.
    """
    whole = optional_text(name, value)
    if whole is None or len(whole) <= MESSAGE_MAX:
        return whole
    said = whole.rstrip()
    if len(said) <= MESSAGE_MAX:
        return whole[:MESSAGE_MAX]
    gap = "\n[…]\n"
    half = MESSAGE_MAX // 2 - len(gap)
    start = said.rfind("\n") + 1
    last = said[start:]
    if len(last) > half:
        # An endless line tells most at its two ends; its beginning may be in the head already.
        beginning = "" if start < half else last[: half // 2] + gap
        last = beginning + last[len(beginning) - half :]
    return whole[: MESSAGE_MAX - len(gap) - len(last)] + gap + last
