"""Expressions that each database spells its own way."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, SQLColumnExpression, String, case, cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement


class seconds_between(FunctionElement[int]):  # named as SQLAlchemy names its functions
    """Whole seconds from the first instant to the second, fractions dropped; NULL when either is."""

    type = Integer()
    inherit_cache = True
    name = "seconds_between"


@compiles(seconds_between, "duckdb")
def _seconds_between(element: seconds_between, compiler: SQLCompiler, **kw: Any) -> str:
    # date_sub counts full seconds; date_diff would count the ticks of the clock in between.
    return "date_sub('second', %s)" % compiler.process(element.clauses, **kw)  # noqa: UP031


@compiles(seconds_between, "databricks")
def _timestampdiff(element: seconds_between, compiler: SQLCompiler, **kw: Any) -> str:
    return "CAST(timestampdiff(SECOND, %s) AS INT)" % compiler.process(element.clauses, **kw)  # noqa: UP031


class utc_text(FunctionElement[str]):
    """An instant as `YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC, whatever the session's time zone."""

    type = String()
    inherit_cache = True
    name = "utc_text"


@compiles(utc_text, "duckdb")
def _utc_text(element: utc_text, compiler: SQLCompiler, **kw: Any) -> str:
    # The cast of a zone-less timestamp trims trailing zeros of the fraction by itself.
    return "CAST(timezone('UTC', %s) AS VARCHAR)" % compiler.process(element.clauses, **kw)  # noqa: UP031


@compiles(utc_text, "databricks")
def _utc_text_of_micros(element: utc_text, compiler: SQLCompiler, **kw: Any) -> str:
    # Counted from the epoch on a clock without zones: a cast would follow the session's zone, doubled hours included.
    micros = "unix_micros(%s)" % compiler.process(element.clauses, **kw)  # noqa: UP031
    return "CAST(timestampadd(MICROSECOND, %s, TIMESTAMP_NTZ'1970-01-01 00:00:00') AS STRING)" % micros  # noqa: UP031


def boolean_text(value: SQLColumnExpression[bool | None]) -> ColumnElement[str | None]:
    """`true`, `false` or NULL."""
    return case((value.is_(True), "true"), (value.is_(False), "false"), else_=None)


def integer_text(value: SQLColumnExpression[int | None]) -> ColumnElement[str]:
    """A whole number in plain digits."""
    return cast(value, String)
