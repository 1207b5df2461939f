"""Where a database has drifted away from the mapped tables and views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Dialect, Engine, inspect
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.session import in_schema
from etl_monitor_orm.views import VIEWS
from etl_monitor_orm.views.base import ViewBase
from etl_monitor_orm.views.ddl import CreateView, DropView


def table_differences(found: Iterable[Any], dialect: Dialect) -> list[str]:
    """Put alembic's comparison into words.

    Args:
        found: Alembic's tuples; the changes of one column come as a list of them.
        dialect: Names the types.
    """
    changes = (change for entry in found for change in (entry if isinstance(entry, list) else [entry]))
    return [_sentence(change, dialect) for change in changes]


def _sentence(change: tuple[Any, ...], dialect: Dialect) -> str:
    words = repr(change)
    match change:
        case ("add_table", table):
            words = f"Table {table.name} is missing."
        case ("add_column", _, table, column):
            words = f"Column {table}.{column.name} is missing."
        case ("remove_column", _, table, column):
            words = f"Column {table}.{column.name} is not one of the monitor's."
        case ("modify_type", _, table, column, _, there, wanted):
            types = there.compile(dialect=dialect), wanted.compile(dialect=dialect)
            words = f"Column {table}.{column} has type {types[0]}, not {types[1]}."
        case ("modify_nullable", _, table, column, _, there, _):
            words = f"Column {table}.{column} {'takes NULL' if there else 'refuses NULL'}, and should not."
        case ("modify_comment", _, table, column, *_):
            words = f"Column {table}.{column} has another comment."
        case ("add_table_comment" | "remove_table_comment", table, *_):
            words = f"Table {table.name} has another comment."
        case ("remove_index" | "remove_constraint" as kind, extra):
            words = f"Table {extra.table.name} has an extra {kind.removeprefix('remove_')}."
    return words


def changed_views(engine: Engine, schema: str) -> list[str]:
    """Say which views are missing or are not what their mapped classes define."""
    return list(_changed_views(in_schema(engine, schema), schema))


def _changed_views(engine: Engine, schema: str) -> Iterator[str]:
    with engine.connect() as connection:
        there = set(inspect(connection).get_view_names(schema=schema))
    for view in VIEWS:
        name = view.__tablename__
        if name not in there:
            yield f"View {name} is missing."
            continue
        try:
            if not _is_as_defined(engine, schema, view):
                yield f"View {name} has another definition."
        except DBAPIError as error:
            yield f"View {name} cannot be made on these tables: {error.orig}"


def _is_as_defined(engine: Engine, schema: str, view: type[ViewBase]) -> bool:
    # A database keeps a view's text in a form of its own, so the definition goes through it too, and is rolled back.
    with engine.connect() as connection:
        there = inspect(connection).get_view_definition(view.__tablename__, schema=schema)
        connection.execute(DropView(view))
        connection.execute(CreateView(view))
        return there == inspect(connection).get_view_definition(view.__tablename__, schema=schema)
