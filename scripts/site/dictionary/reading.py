"""Which view reads which tables and columns."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Column, ColumnElement, Table
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import Label

from etl_monitor_orm.views import VIEWS


@cache
def reading() -> dict[str, dict[str, frozenset[str]]]:
    """Return the tables that each view reads, in order, each with the columns that the view uses."""
    return {view.__tablename__: _read(view.definition) for view in VIEWS}


def origin(column: ColumnElement[object]) -> Column[object] | None:
    """Return the table's column that a view's column hands out as it is; None if it is computed."""
    while isinstance(column, Label):
        column = column.element
    bases = [base for base in column.base_columns if isinstance(base, Column) and isinstance(base.table, Table)]
    return bases[0] if len(bases) == 1 else None


def _read(query: visitors.ExternallyTraversible) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for element in visitors.iterate(query):
        if isinstance(element, Table):
            found.setdefault(element.name, set())
        if isinstance(element, ColumnElement):
            for base in element.base_columns:
                if isinstance(base, Column) and isinstance(base.table, Table):
                    found.setdefault(base.table.name, set()).add(base.name)
    return {name: frozenset(found[name]) for name in sorted(found)}
