"""MERGE: the one statement that all databases apply atomically and guard row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Executable, FromClause, Subquery, Table, cast, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.sql.visitors import InternalTraversal


def one_row(table: Table, values: Mapping[str, object], *guard: ColumnElement[bool]) -> Subquery:
    """Return a source of one row of a table, or of none where a condition does not hold.

    Each value keeps its column's type in the subquery, NULL too.
    """
    kinds = {name: table.c[name].type for name in values}
    typed = (cast(literal(value, kinds[name]), kinds[name]).label(name) for name, value in values.items())
    return select(*typed).where(*guard).subquery("source")


class Merge(Executable, ClauseElement):
    """`MERGE INTO target USING source ON condition`, with at most one branch of each kind.

    Args:
        target: The table to change.
        source: A subquery; a row of it matches at most one row of the target.
        on: How a source row finds its target row.

    Example:
        `Merge(table, source, table.c.ID == source.c.ID).update({table.c.Name: source.c.Name}, where=...)`
    """

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012
        ("target", InternalTraversal.dp_clauseelement),
        ("source", InternalTraversal.dp_clauseelement),
        ("on", InternalTraversal.dp_clauseelement),
        ("update_columns", InternalTraversal.dp_clauseelement_tuple),
        ("update_values", InternalTraversal.dp_clauseelement_tuple),
        ("update_guard", InternalTraversal.dp_clauseelement),
        ("deletes", InternalTraversal.dp_boolean),
        ("insert_columns", InternalTraversal.dp_clauseelement_tuple),
        ("insert_values", InternalTraversal.dp_clauseelement_tuple),
        ("returned", InternalTraversal.dp_clauseelement_tuple),
    ]
    """What makes two statements the same one to SQLAlchemy's cache of compiled statements."""

    def __init__(self, target: Table, source: FromClause, on: ColumnElement[bool]) -> None:
        self.target = target
        self.source = source
        self.on = on
        self.update_columns: tuple[Column[Any], ...] = ()
        self.update_values: tuple[ColumnElement[Any], ...] = ()
        self.update_guard: ColumnElement[bool] | None = None
        self.deletes = False
        self.insert_columns: tuple[Column[Any], ...] = ()
        self.insert_values: tuple[ColumnElement[Any], ...] = ()
        self.returned: tuple[Column[Any], ...] = ()

    @property
    def _all_selected_columns(self) -> tuple[Column[Any], ...]:
        # A result of a cached compilation maps its columns through this.
        return self.returned

    def update(self, values: Mapping[Any, object], *, where: ColumnElement[bool] | None = None) -> Merge:
        """Change matched rows for which `where` holds; values are expressions or plain Python values."""
        self.update_columns, self.update_values = tuple(values), _expressions(values)
        self.update_guard = where
        return self

    def delete(self) -> Merge:
        """Delete matched rows, instead of changing them."""
        self.deletes = True
        return self

    def insert(self, values: Mapping[Any, object]) -> Merge:
        """Add source rows that match no target row."""
        self.insert_columns, self.insert_values = tuple(values), _expressions(values)
        return self

    def returning(self, *columns: Column[Any]) -> Merge:
        """Return these columns of the written rows, where the database can; others ignore it."""
        self.returned = columns
        return self


def _expressions(values: Mapping[Any, object]) -> tuple[ColumnElement[Any], ...]:
    return tuple(
        value if isinstance(value, ColumnElement) else literal(value, column.type) for column, value in values.items()
    )


@compiles(Merge)
def _merge(element: Merge, compiler: SQLCompiler, **kw: Any) -> str:
    def sql(part: ClauseElement, **options: Any) -> str:
        return compiler.process(part, **kw, **options)

    name = compiler.preparer.format_column
    words = ["MERGE INTO", sql(element.target, asfrom=True), "USING", sql(element.source, asfrom=True)]
    words += ["ON", sql(element.on)]
    if element.update_columns:
        words.append("WHEN MATCHED")
        if element.update_guard is not None:
            words += ["AND", sql(element.update_guard)]
        pairs = zip(element.update_columns, element.update_values, strict=True)
        words += ["THEN UPDATE SET", ", ".join(f"{name(column)} = {sql(value)}" for column, value in pairs)]
    if element.deletes:
        words.append("WHEN MATCHED THEN DELETE")
    if element.insert_columns:
        words += ["WHEN NOT MATCHED THEN INSERT (", ", ".join(map(name, element.insert_columns)), ")"]
        words += ["VALUES (", ", ".join(map(sql, element.insert_values)), ")"]
    return " ".join(words)


@compiles(Merge, "duckdb", "duckdb+monitor")
def _merge_returning(element: Merge, compiler: SQLCompiler, **kw: Any) -> str:
    statement = _merge(element, compiler, **kw)
    if not element.returned:
        return statement
    return " ".join([statement, "RETURNING", ", ".join(compiler.preparer.format_column(c) for c in element.returned)])


@compiles(Merge, "postgresql")
def _merge_returning_qualified(element: Merge, compiler: SQLCompiler, **kw: Any) -> str:
    # A column of the source may bear the same name; before PostgreSQL 17 nothing is asked for.
    statement = _merge(element, compiler, **kw)
    if not element.returned:
        return statement
    return " ".join([statement, "RETURNING", ", ".join(compiler.process(column, **kw) for column in element.returned)])
