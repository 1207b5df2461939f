"""SQLAlchemy types from DuckDB's names of column types."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from duckdb_engine import datatypes
from sqlalchemy import types
from sqlalchemy.types import TypeEngine

_SIMPLE: Mapping[str, Callable[[], TypeEngine[Any]]] = {
    "BIGINT": types.BIGINT,
    "BIT": types.NullType,
    "BLOB": types.LargeBinary,
    "BOOLEAN": types.BOOLEAN,
    "DATE": types.DATE,
    "DOUBLE": types.Double,
    "FLOAT": types.REAL,
    "HUGEINT": datatypes.HugeInteger,
    "INTEGER": types.INTEGER,
    "INTERVAL": types.Interval,
    "JSON": types.JSON,
    "SMALLINT": types.SMALLINT,
    "TIME": types.TIME,
    "TIME WITH TIME ZONE": lambda: types.TIME(timezone=True),
    "TIMESTAMP": types.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": lambda: types.TIMESTAMP(timezone=True),
    "TIMESTAMP_MS": types.TIMESTAMP,
    "TIMESTAMP_NS": types.TIMESTAMP,
    "TIMESTAMP_S": types.TIMESTAMP,
    "TINYINT": datatypes.TinyInteger,
    "UBIGINT": datatypes.UBigInteger,
    "UHUGEINT": datatypes.UHugeInteger,
    "UINTEGER": datatypes.UInteger,
    "USMALLINT": datatypes.USmallInteger,
    "UTINYINT": datatypes.UTinyInteger,
    "UUID": types.Uuid,
    "VARCHAR": types.VARCHAR,
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_ARRAY = re.compile(r"(.+)\[\d*\]", re.DOTALL)
_ENUM = re.compile(r"ENUM\((.*)\)", re.DOTALL)
_QUOTED = re.compile(r"'((?:[^']|'')*)'")


def type_named(name: str) -> TypeEngine[Any]:
    """The SQLAlchemy type of a DuckDB type, such as `DECIMAL(18,3)` or `INTEGER[]`.

    Nested types that SQLAlchemy cannot express become `NullType`.
    """
    if simple := _SIMPLE.get(name):
        return simple()
    if array := _ARRAY.fullmatch(name):
        return types.ARRAY(type_named(array[1]))
    if decimal := _DECIMAL.fullmatch(name):
        return types.NUMERIC(int(decimal[1]), int(decimal[2]))
    if enum := _ENUM.fullmatch(name):
        # DuckDB does not say which CREATE TYPE a column's labels come from, and a native enum needs its name.
        labels = [label.replace("''", "'") for label in _QUOTED.findall(enum[1])]
        return types.Enum(*labels, native_enum=False)
    return types.NullType()
