"""Columns of values as data frames and tables of other libraries, each imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from etl_monitor_orm.columns import Kind
from etl_monitor_orm.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Columns = Mapping[str, tuple[Kind, Sequence[object]]]
"""By name, what kind of value a column holds, and its values."""

_PANDAS: Final[Mapping[Kind, str]] = {
    str: "string",
    int: "Int64",
    bool: "boolean",
    date: "datetime64[us]",
    datetime: "datetime64[us, UTC]",
}


def to_pandas(columns: Columns) -> pandas.DataFrame:
    """Return a pandas DataFrame; a date is a time at midnight, because pandas has no other."""
    library = _library("pandas", "to_pandas")
    made = {name: library.Series(list(values), dtype=_PANDAS[kind]) for name, (kind, values) in columns.items()}
    frame: pandas.DataFrame = library.DataFrame(made, columns=list(columns))
    return frame


def to_polars(columns: Columns) -> polars.DataFrame:
    """Return a polars DataFrame."""
    library = _library("polars", "to_polars")
    types = {
        str: library.String,
        int: library.Int64,
        bool: library.Boolean,
        date: library.Date,
        datetime: library.Datetime("us", "UTC"),
    }
    frame: polars.DataFrame = library.DataFrame(
        {name: list(values) for name, (_, values) in columns.items()},
        schema={name: types[kind] for name, (kind, _) in columns.items()},
    )
    return frame


def to_arrow(columns: Columns) -> pyarrow.Table:
    """Return a pyarrow Table."""
    library = _library("pyarrow", "to_arrow")
    types = {
        str: library.string(),
        int: library.int64(),
        bool: library.bool_(),
        date: library.date32(),
        datetime: library.timestamp("us", tz="UTC"),
    }
    table: pyarrow.Table = library.table(
        {name: list(values) for name, (_, values) in columns.items()},
        schema=library.schema([(name, types[kind]) for name, (kind, _) in columns.items()]),
    )
    return table


def _library(name: str, asked: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise  # it is there, and lacks something of its own
        raise ConfigurationError(
            f"{asked}() needs {name}, which is not installed. Install it: python -m pip install {name}"
        ) from error
