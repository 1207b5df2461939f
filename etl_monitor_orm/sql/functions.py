"""Expressions that differ between databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import TIMESTAMP, Integer, SQLColumnExpression, String, case, cast, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement, Tuple
from sqlalchemy.sql.functions import FunctionElement


class seconds_between(FunctionElement[int]):  # named as SQLAlchemy names its functions
    """Whole seconds from the first instant to the second, fractions dropped; NULL when either is."""

    type = Integer()
    inherit_cache = True
    name = "seconds_between"


@compiles(seconds_between, "duckdb", "duckdb+monitor")
def _seconds_between(element: seconds_between, compiler: SQLCompiler, **kw: Any) -> str:
    # date_sub counts full seconds; date_diff would count the ticks of the clock in between.
    return "date_sub('second', %s)" % compiler.process(element.clauses, **kw)  # noqa: UP031


@compiles(seconds_between, "postgresql")
def _extract_epoch(element: seconds_between, compiler: SQLCompiler, **kw: Any) -> str:
    start, end = _clauses(element, compiler, **kw)
    return "CAST(trunc(extract(epoch FROM (%s) - (%s))) AS BIGINT)" % (end, start)  # noqa: UP031


@compiles(seconds_between, "databricks", "databricks+monitor")
def _difference_of_micros(element: seconds_between, compiler: SQLCompiler, **kw: Any) -> str:
    # timestampdiff compares what clocks in the session's zone show: it is an hour off where they change in between.
    start, end = _clauses(element, compiler, **kw)
    return "CAST((unix_micros(%s) - unix_micros(%s)) DIV 1000000 AS BIGINT)" % (end, start)  # noqa: UP031


class seconds_before(FunctionElement[datetime]):
    """The instant that is some seconds before the given one, exact whatever the session's time zone."""

    type = TIMESTAMP(timezone=True)
    inherit_cache = True
    name = "seconds_before"


@compiles(seconds_before, "duckdb", "duckdb+monitor")
def _seconds_before(element: seconds_before, compiler: SQLCompiler, **kw: Any) -> str:
    return "make_timestamptz(epoch_us(%s) - CAST(%s AS BIGINT) * 1000000)" % _clauses(element, compiler, **kw)  # noqa: UP031


@compiles(seconds_before, "postgresql")
def _minus_interval(element: seconds_before, compiler: SQLCompiler, **kw: Any) -> str:
    return "(%s - (%s) * INTERVAL '1 second')" % _clauses(element, compiler, **kw)  # noqa: UP031


@compiles(seconds_before, "databricks", "databricks+monitor")
def _micros_before(element: seconds_before, compiler: SQLCompiler, **kw: Any) -> str:
    # Interval arithmetic takes whole days in the session's zone, where a day may have 23 hours.
    return "timestamp_micros(unix_micros(%s) - CAST(%s AS BIGINT) * 1000000)" % _clauses(element, compiler, **kw)  # noqa: UP031


def _clauses(element: FunctionElement[Any] | Tuple, compiler: SQLCompiler, **kw: Any) -> tuple[str, ...]:
    return tuple(compiler.process(clause, **kw) for clause in element.clauses)


class elapsed_seconds(FunctionElement[int]):
    """A duration as it is stored: `seconds_between`, never negative, and at most what an INTEGER column holds."""

    type = Integer()
    inherit_cache = True
    name = "elapsed_seconds"


@compiles(elapsed_seconds)
def _within_integer(element: elapsed_seconds, compiler: SQLCompiler, **kw: Any) -> str:
    seconds = compiler.process(seconds_between(*element.clauses), **kw)
    return "CAST(greatest(0, least(2147483647, %s)) AS INTEGER)" % seconds  # noqa: UP031


class utc_text(FunctionElement[str]):
    """An instant as `YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC, whatever the session's time zone."""

    type = String()
    inherit_cache = True
    name = "utc_text"


@compiles(utc_text, "duckdb", "duckdb+monitor", "postgresql")
def _utc_text(element: utc_text, compiler: SQLCompiler, **kw: Any) -> str:
    # The cast of a zone-less timestamp trims trailing zeros of the fraction by itself.
    return "CAST(timezone('UTC', %s) AS VARCHAR)" % compiler.process(element.clauses, **kw)  # noqa: UP031


@compiles(utc_text, "databricks", "databricks+monitor")
def _utc_text_of_micros(element: utc_text, compiler: SQLCompiler, **kw: Any) -> str:
    # Counted from the epoch on a clock without zones: a cast would follow the session's zone, doubled hours included.
    # Not by timestampadd, which takes no more than an INT on Spark 3.5: it gives a time in 1969, or an overflow.
    micros = "CAST(unix_micros(%s) AS DECIMAL(20, 0))" % compiler.process(element.clauses, **kw)  # noqa: UP031
    since = "make_dt_interval(0, 0, 0, %s / 1000000)" % micros  # noqa: UP031
    return "CAST(TIMESTAMP_NTZ'1970-01-01 00:00:00' + %s AS STRING)" % since  # noqa: UP031


class of_latest(FunctionElement[Any]):
    """An aggregate: the value, NULL included, of the group's row that comes last by an order.

    Args:
        value: What to take from that row.
        together: Columns that are taken from that row in one query, this one among them.
        order: What orders the rows, the most important first; NULL comes first.
    """

    inherit_cache = True
    name = "of_latest"

    def __init__(
        self,
        value: SQLColumnExpression[Any],
        together: Sequence[SQLColumnExpression[Any]],
        order: Sequence[SQLColumnExpression[Any]],
    ) -> None:
        super().__init__(value, tuple_(*together), tuple_(*order))
        first, *_ = self.clauses
        self.type = first.type


@compiles(of_latest, "duckdb", "duckdb+monitor")
def _arg_max(element: of_latest, compiler: SQLCompiler, **kw: Any) -> str:
    value, together, order = _parts(element)
    # DuckDB puts NULL last within a row, so a flag says first whether there is a value.
    parts = [
        part
        for one in order.clauses
        for part in ((one.is_not(None), one) if getattr(one, "nullable", True) else (one,))
    ]
    words = ", ".join(compiler.process(part, **kw) for part in parts)
    # All of them in one value: DuckDB executes equal aggregates once, and this one is dear.
    fields = ", ".join("%s := %s" % (_field(one, compiler), compiler.process(one, **kw)) for one in together.clauses)  # noqa: UP031
    return "arg_max(struct_pack(%s), row(%s)).%s" % (fields, words, _field(value, compiler))  # noqa: UP031


@compiles(of_latest, "databricks", "databricks+monitor")
def _max_by(element: of_latest, compiler: SQLCompiler, **kw: Any) -> str:
    value, _, order = _parts(element)
    words = ", ".join(_clauses(order, compiler, **kw))
    return "max_by(%s, struct(%s))" % (compiler.process(value, **kw), words)  # noqa: UP031


@compiles(of_latest, "postgresql")
def _first_of_array(element: of_latest, compiler: SQLCompiler, **kw: Any) -> str:
    value, _, order = _parts(element)
    words = ", ".join("%s DESC NULLS LAST" % one for one in _clauses(order, compiler, **kw))  # noqa: UP031
    return "(array_agg(%s ORDER BY %s))[1]" % (compiler.process(value, **kw), words)  # noqa: UP031


def _parts(element: of_latest) -> tuple[ColumnElement[Any], Tuple, Tuple]:
    value, together, order = element.clauses
    assert isinstance(together, Tuple)
    assert isinstance(order, Tuple)
    return value, together, order


def _field(column: ColumnElement[Any], compiler: SQLCompiler) -> str:
    return compiler.preparer.quote(column.name)


def boolean_text(value: SQLColumnExpression[bool | None]) -> ColumnElement[str | None]:
    """`true`, `false` or NULL."""
    return case((value.is_(True), "true"), (value.is_(False), "false"), else_=None)


def integer_text(value: SQLColumnExpression[int | None]) -> ColumnElement[str]:
    """A whole number in plain digits."""
    return cast(value, String)
