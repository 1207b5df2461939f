"""Register a row in one statement: insert a new row, update a changed description, or write nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    Subquery,
    Table,
    and_,
    case,
    column,
    false,
    literal,
    or_,
    select,
    values,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from etl_monitor_orm.models import Base
from etl_monitor_orm.services.context import Context, affected
from etl_monitor_orm.services.parts import by_statement
from etl_monitor_orm.sql.merge import Merge, one_row


def upsert(
    session: Session,
    context: Context,
    kind: type[Base],
    *,
    key: Mapping[str, object],
    describing: Mapping[str, object],
    initial: Mapping[str, object],
    fixed: Mapping[str, object] | None = None,
    guard: tuple[ColumnElement[bool], ...] = (),
) -> bool:
    """Insert or update one row of a catalogue table.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        kind: The mapped class.
        key: Column names and values that identify the row.
        describing: Column names and values that follow each registration.
        initial: Column names and values that only the first registration sets.
        fixed: Like `initial`, but a row that differs in one of these is left alone.
        guard: Conditions on other tables without which nothing is written.

    Returns:
        Whether a row was written.
    """
    table = cast(Table, kind.__table__)
    fixed = fixed or {}
    everything = {**key, **describing, **initial, **fixed}
    source = one_row(table, everything, *guard)
    said = {name: source.c[name] for name in describing}
    merge = _merge(context, table, source, list(everything), key=key, said=said, fixed=fixed)
    return affected(session.execute(merge)) > 0


def _merge(
    context: Context,
    table: Table,
    source: Subquery,
    names: Sequence[str],
    *,
    key: Iterable[str],
    said: Mapping[str, ColumnElement[Any]],
    fixed: Iterable[str],
) -> Merge:
    """Insert the source's rows, or let those that exist follow what is said of them, if it differs.

    Args:
        context: The call's circumstances.
        table: The table.
        source: What is said; its columns have the table's names.
        names: The columns of a new row.
        key: Those that identify a row.
        said: Columns that follow each registration, with their values.
        fixed: Columns in which a row must not differ, or it is left alone.
    """
    stamp = {table.c.LastUpdatedOn: context.now, table.c.LastUpdatedBy: context.actor}
    differs = [table.c[name].is_distinct_from(value) for name, value in said.items()]
    return (
        Merge(table, source, and_(*(table.c[name] == source.c[name] for name in key)))
        .update(
            {**{table.c[name]: value for name, value in said.items()}, **_dated(context, table, said), **stamp},
            where=and_(or_(false(), *differs), *(table.c[name] == source.c[name] for name in fixed)),
        )
        .insert(
            {
                **{table.c[name]: source.c[name] for name in names},
                table.c.CreatedOn: context.now,
                table.c.CreatedBy: context.actor,
                **stamp,
            }
        )
    )


_DATED: Final = {"DeadlineSetOn": ("DueBy", "LateAfterSeconds", "Calendar"), "ActiveSetOn": ("IsActive",)}
"""Columns that say when others last changed."""


def _dated(
    context: Context, table: Table, said: Mapping[str, ColumnElement[Any]]
) -> dict[Column[Any], ColumnElement[Any]]:
    """When what is said of some columns was last changed, as far as it is said of them."""
    dated: dict[Column[Any], ColumnElement[Any]] = {}
    for name, names in _DATED.items():
        differs = [table.c[one].is_distinct_from(said[one]) for one in names if one in said]
        if name in table.c and differs:
            now = literal(context.now, table.c[name].type)
            dated[table.c[name]] = case((or_(*differs), now), else_=table.c[name])
    return dated


@dataclass(frozen=True)
class Described:
    """One row that `upsert_many` writes: the arguments of `upsert` with these names, `given` for `describing`."""

    key: Mapping[str, object]
    given: Mapping[str, object]
    initial: Mapping[str, object]
    fixed: Mapping[str, object]

    @property
    def columns(self) -> dict[str, object]:
        """What a new row has."""
        return {**self.key, **self.given, **self.initial, **self.fixed}


_SAID: Final = "Said"
"""The source's column with one bit for each described column: whether the row says something of it."""


def upsert_many(session: Session, context: Context, kind: type[Base], rows: Sequence[Described]) -> int:
    """Insert or update rows of a catalogue table, many in one statement; each says something of its own columns.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        kind: The mapped class.
        rows: What to write; all have the same columns.

    Returns:
        How many rows were written; less than that if a database does not say.
    """
    if not rows:
        return 0
    table = cast(Table, kind.__table__)
    chunks = by_statement(context, rows, values=len(rows[0].columns) + 1)
    return sum(affected(session.execute(_merge_many(context, table, chunk))) for chunk in chunks)


def _merge_many(context: Context, table: Table, rows: Sequence[Described]) -> Merge:
    names = list(rows[0].columns)
    describing = [name for name in names if any(name in row.given for row in rows)]
    bits = {name: 1 << place for place, name in enumerate(describing)}
    data = values(*(column(name, table.c[name].type) for name in names), column(_SAID, Integer), name="listed").data(
        [
            (*(row.columns[name] for name in names), sum(bits[name] for name in describing if name in row.given))
            for row in rows
        ]
    )
    # A column without any value has no type of its own.
    typed = (sql_cast(data.c[name], table.c[name].type).label(name) for name in names)
    source = select(*typed, data.c[_SAID]).subquery("source")

    def said(name: str) -> ColumnElement[Any]:
        bit = literal(bits[name], Integer, literal_execute=True)
        return case((source.c[_SAID].bitwise_and(bit) != 0, source.c[name]), else_=table.c[name])

    described = {name: said(name) for name in describing}
    return _merge(context, table, source, names, key=rows[0].key, said=described, fixed=rows[0].fixed)
