"""The columns of what a call returns: their names, in order, and what kind of value each holds."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

Kind = type[str] | type[int] | type[bool] | type[date] | type[datetime]
"""What a column holds besides None: text, whole numbers, booleans, dates or times (UTC)."""


def columns_of(row: type) -> dict[str, Kind]:
    """Return the columns of a mapped class or a dataclass, by their names in Python.

    A column whose values have several types, such as a watermark, is text.
    """
    if is_dataclass(row):
        hints = get_type_hints(row)
        return {field.name: _kind_of_hint(hints[field.name]) for field in fields(row)}
    mapper: Mapper[object] = inspect(row)
    types = {mapper.get_property_by_column(one).key: one.type for one in mapper.local_table.c}
    return {name: _kind_of(getattr(kind, "impl_instance", kind).python_type) for name, kind in types.items()}


def plain(value: object) -> object:
    """Return a value as what it is below an enum: `Status.DONE` is text."""
    return value.value if isinstance(value, Enum) else value


def written(value: object) -> object:
    """Return a value as JSON writes it: dates and times (UTC) as ISO text."""
    value = plain(value)
    return value.isoformat() if isinstance(value, date) else value


def in_column(kind: Kind, value: object) -> object:
    """Return a value as its column holds it."""
    value = plain(value)
    if kind is not str or value is None:
        return value
    return str(value).lower() if isinstance(value, bool) else str(written(value))


def _kind_of_hint(hint: object) -> Kind:
    if get_origin(hint) in (Union, UnionType):
        kinds = {_kind_of_hint(one) for one in get_args(hint) if one is not NoneType}
        return kinds.pop() if len(kinds) == 1 else str
    return _kind_of(hint)


def _kind_of(python_type: object) -> Kind:
    for kind in (bool, int, datetime, date):
        if python_type is kind:
            return kind
    return str
