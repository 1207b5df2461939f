"""Where a database has drifted away from the mapped tables and views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Dialect, Engine, inspect
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.backends import backend_for
from etl_monitor_orm.migrations.query_text import same_query
from etl_monitor_orm.models import Base
from etl_monitor_orm.session import in_schema
from etl_monitor_orm.settings import DEFAULT_SCHEMA
from etl_monitor_orm.views import VIEWS
from etl_monitor_orm.views.base import ViewBase
from etl_monitor_orm.views.ddl import CreateView, DropView

_OTHER: Final = "has another definition."


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
            words = f"Table {_known(table.name)} is missing."
        case ("add_column", _, table, column):
            words = f"Column {_known(table)}.{column.name} is missing."
        case ("remove_column", _, table, column):
            words = f"Column {_known(table)}.{column.name} is not one of the monitor's."
        case ("modify_type", _, table, column, _, there, wanted):
            types = there.compile(dialect=dialect), wanted.compile(dialect=dialect)
            words = f"Column {_known(table)}.{column} has type {types[0]}, not {types[1]}."
        case ("modify_nullable", _, table, column, _, there, _):
            words = f"Column {_known(table)}.{column} {'takes NULL' if there else 'refuses NULL'}, and should not."
        case ("modify_comment", _, table, column, *_):
            words = f"Column {_known(table)}.{column} has another comment."
        case ("add_table_comment" | "remove_table_comment", table, *_):
            words = f"Table {_known(table.name)} has another comment."
        case ("remove_index" | "remove_constraint" as kind, extra):
            words = f"Table {_known(extra.table.name)} has an extra {kind.removeprefix('remove_')}."
    return words


def _known(name: str) -> str:
    """A table's name as the monitor writes it; a database may keep it in lower case."""
    return next((table.name for table in Base.metadata.tables.values() if table.name.lower() == name.lower()), name)


def changed_views(engine: Engine, schema: str) -> list[str]:
    """Say which views are missing or are not what their mapped classes define."""
    return list(_changed_views(in_schema(engine, schema), schema))


def _changed_views(engine: Engine, schema: str) -> Iterator[str]:
    can = backend_for(engine.dialect.name).capabilities
    compared = _compared_by_making_it if can.transactional_ddl else _compared_by_its_text
    with engine.connect() as connection:
        there = set(inspect(connection).get_view_names(schema=schema))
    for view in VIEWS:
        name = view.__tablename__
        if (name.lower() if can.folds_names else name) not in there:
            yield f"View {name} is missing."
        elif (difference := compared(engine, schema, view)) is not None:
            yield f"View {name} {difference}"


def _compared_by_making_it(engine: Engine, schema: str, view: type[ViewBase]) -> str | None:
    # A database keeps a view's text in a form of its own, so the definition goes through it too, and is rolled back.
    with engine.connect() as connection:
        there = inspect(connection).get_view_definition(view.__tablename__, schema=schema)
        try:
            connection.execute(DropView(view))
            connection.execute(CreateView(view))
        except DBAPIError as error:
            return f"cannot be made on these tables: {error.orig}"
        wanted = inspect(connection).get_view_definition(view.__tablename__, schema=schema)
    return None if there == wanted else _OTHER


def _compared_by_its_text(engine: Engine, schema: str, view: type[ViewBase]) -> str | None:
    # What cannot be rolled back is not tried; a database of that kind keeps a view's text as it was written.
    wanted = view.definition.compile(
        dialect=engine.dialect,
        schema_translate_map={DEFAULT_SCHEMA: schema},
        render_schema_translate=True,
        compile_kwargs={"literal_binds": True},
    )
    with engine.connect() as connection:
        there = inspect(connection).get_view_definition(view.__tablename__, schema=schema)
    if not there:
        return "does not show you its query: let its owner check it."
    return None if same_query(there, str(wanted)) else _OTHER
