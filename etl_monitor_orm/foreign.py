"""Numbers, times and switches as other libraries make them: numpy, pandas, decimal.

They are recognised by what they offer, so none of these libraries is imported.
"""

from __future__ import annotations

import operator
import re
from datetime import datetime, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any, Final, SupportsIndex

_DIGITS: Final = re.compile(r"[+-]?[0-9]+")
_MOST_DIGITS: Final = 1_000
"""More are no number that anybody means, and Python takes long to read them."""


def is_no_value(value: object) -> bool:
    """Return whether `value` stands for a missing one: NaN, NaT, NA. It is not equal to itself, or does not say so."""
    try:
        return bool(value != value)  # noqa: PLR0124 - this is how NaN and NaT are told from others
    except (TypeError, ValueError, ArithmeticError):
        return True


def plain_text(value: str) -> str:
    """Return the text of any kind of string as Python's own: drivers know only that."""
    return value if type(value) is str else str.__str__(value)


def whole_number(value: object) -> int | None:
    """Return a whole number of any make: an int, numpy's, an integral Decimal, digits as text; None for others."""
    if switch(value) is not None:
        return None
    if isinstance(value, str):
        digits = value.strip()
        return int(digits) if _DIGITS.fullmatch(digits) and len(digits) <= _MOST_DIGITS else None
    if isinstance(value, Decimal):
        integral = value.is_finite() and value.adjusted() <= _MOST_DIGITS and value == value.to_integral_value()
        return int(value) if integral else None
    if not isinstance(value, SupportsIndex):
        return None
    try:
        return operator.index(value)
    except TypeError:  # numpy's arrays have the method, but only some are one number
        return None


def switch(value: object) -> bool | None:
    """Return True or False, Python's or numpy's; None for anything else."""
    if isinstance(value, bool):
        return value
    return bool(value) if _numpy_kind(value) == "b" else None


def is_datetime64(value: object) -> bool:
    """Return whether `value` is numpy's time."""
    return _numpy_kind(value) == "M"


def from_datetime64(value: object) -> datetime | None:
    """Return numpy's time as a naive datetime; None for NaT, and for a time outside of Python's calendar."""
    converted = _item(value, "datetime64[us]")
    return converted if isinstance(converted, datetime) else None


def plain_time(value: datetime) -> datetime:
    """Return the time of any kind of datetime, such as pandas.Timestamp, as Python's own, without nanoseconds."""
    if type(value) is datetime:
        return value
    date, time = (value.year, value.month, value.day), (value.hour, value.minute, value.second, value.microsecond)
    return datetime(*date, *time, tzinfo=value.tzinfo, fold=value.fold)


def length_of_time(value: object) -> timedelta | None:
    """Return a length of time: a timedelta of any make, or a number of seconds; None for anything else.

    Raises:
        ValueError: It is NaN.
        OverflowError: It is longer than any timedelta.
    """
    if isinstance(value, timedelta):
        return timedelta(value.days, value.seconds, value.microseconds)
    if _numpy_kind(value) == "m":
        converted = _item(value, "timedelta64[us]")
        return converted if isinstance(converted, timedelta) else None
    if (whole := whole_number(value)) is not None:
        return timedelta(seconds=whole)
    if switch(value) is None and isinstance(value, Real | Decimal):
        return timedelta(seconds=float(value))
    return None


def _item(value: Any, kind: str) -> object:
    item: object = value.astype(kind).item()
    return item


def _numpy_kind(value: object) -> str | None:
    """Numpy's letter for the kind of a single value; None for what is not numpy's, and for an array of several."""
    if getattr(value, "shape", None) != ():
        return None
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    return kind if isinstance(kind, str) else None
