"""Types whose values have another form in DuckDB than in PostgreSQL."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import types
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.processors import to_float

from etl_monitor_orm.dialects.duckdb.versions import SINCE_2_0


class DuckDBNumeric(types.Numeric[Decimal]):
    """Decimals. Some arrive as floats, because DuckDB divides decimals into DOUBLE."""

    def bind_processor(self, dialect: Dialect) -> Callable[[object], object] | None:
        """Write exponents out: before DuckDB 2.0 the driver loses them, and binds 4E+8 as 4."""
        return None if SINCE_2_0 else _without_exponent

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Convert the driver's value for this column to the requested Python type."""
        is_decimal = str(coltype).startswith("DECIMAL")
        if is_decimal == self.asdecimal:
            return None
        return to_float if is_decimal else _to_decimal


class DuckDBInterval(postgresql.INTERVAL):
    """Intervals, whose literals DuckDB reads as text and whose precision is always a microsecond."""

    @classmethod
    def adapt_emulated_to_native(cls, interval: types.Interval, **kw: object) -> DuckDBInterval:  # type: ignore[override] # as in its parent
        """Stand in for SQLAlchemy's generic interval."""
        return cls()

    def literal_processor(self, dialect: Dialect) -> Callable[[datetime.timedelta], str]:
        """Render an interval in microseconds, which lose nothing."""
        return lambda value: f"INTERVAL '{value // datetime.timedelta(microseconds=1)} microseconds'"


def _to_decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _without_exponent(value: object) -> object:
    return Decimal(format(value, "f")) if isinstance(value, Decimal) and value.is_finite() else value


class _Pointer:
    """A JSON Pointer (RFC 6901), the only form of path that can express every key."""

    def bind_processor(self, dialect: Dialect) -> Callable[[object], str]:
        return _pointer

    def literal_processor(self, dialect: Dialect) -> Callable[[object], str]:
        return lambda value: "'" + _pointer(value).replace("'", "''") + "'"


class JSONKey(_Pointer, types.JSON.JSONStrIndexType):
    """A key of a JSON object: DuckDB treats a bare one as a path when it starts with `$` or `/`."""


class JSONPath(_Pointer, types.JSON.JSONPathType):
    """A path of keys and positions into a JSON value."""


def _pointer(value: object) -> str:
    """The JSON Pointer to a key or a sequence of keys and positions.

    >>> _pointer(["a/b", 0])
    '/a~1b/0'
    """
    steps: Sequence[object] = value if isinstance(value, (list, tuple)) else [value]
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
