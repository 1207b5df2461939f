"""Differences between a database and the mapped tables and views."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Column, Dialect, Engine, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex

from etl_monitor_orm.backends import backend_of, shown
from etl_monitor_orm.errors import ConfigurationError, Retryable
from etl_monitor_orm.migrations.comparison import OTHER_COMMENT, Comparison
from etl_monitor_orm.migrations.names import names_in, same, views_schema_as_kept
from etl_monitor_orm.migrations.query_text import same_query
from etl_monitor_orm.models import Base
from etl_monitor_orm.schemas import in_schema, schema_map, schema_of
from etl_monitor_orm.views import VIEWS
from etl_monitor_orm.views.base import ViewBase
from etl_monitor_orm.views.ddl import CreateTemporaryView

CANNOT: Final = "cannot be created on these tables"
"""How the words about a view begin whose tables lack something."""
_OTHER: Final = "has another definition."
_COMMENTS: Final = ("modify_comment", "add_table_comment", "remove_table_comment")
_COMPARED: Final = "etl_monitor_compared_view"
_HEAD: Final = re.compile(r'CREATE (?:TEMP )?VIEW (?:\.?(?:"(?:[^"]|"")*"|\w+))+')


def table_differences(found: Iterable[Any], dialect: Dialect) -> Comparison:
    """Describe alembic's comparison in sentences.

    Args:
        found: Alembic's tuples; the changes of one column come as a list of them.
        dialect: Names the types.
    """
    compared = Comparison()
    for change in (change for entry in found for change in (entry if isinstance(entry, list) else [entry])):
        words = compared.notes if _is_harmless(change) else compared.differences
        words.append(_sentence(change, dialect))
    return compared


def _is_harmless(change: tuple[Any, ...]) -> bool:
    """Whether the monitor works as before: only words differ, or it can leave out an added column in its rows."""
    return change[0] in _COMMENTS or (change[0] == "remove_column" and _may_be_left_out(change[3]))


def _may_be_left_out(column: Column[Any]) -> bool:
    filled = (column.server_default, column.identity, column.computed)
    return bool(column.nullable) or any(filling is not None for filling in filled)


def _sentence(change: tuple[Any, ...], dialect: Dialect) -> str:
    words = repr(change)
    match change:
        case ("add_table", table):
            words = f"Table {_known(table.name)} is missing."
        case ("add_column", _, table, column):
            words = f"Column {_known(table)}.{column.name} is missing."
        case ("remove_column", _, table, column):
            words = f"Column {_known(table)}.{column.name} is not one of the monitor's."
            if not _may_be_left_out(column):
                words = f"{words[:-1]}, refuses NULL and has no default: the monitor cannot write rows."
        case ("modify_type", _, table, column, _, there, wanted):
            types = there.compile(dialect=dialect), wanted.compile(dialect=dialect)
            words = f"Column {_known(table)}.{column} has type {types[0]}, not {types[1]}."
        case ("modify_nullable", _, table, column, _, there, _):
            words = f"Column {_known(table)}.{column} {'accepts NULL' if there else 'refuses NULL'}, but should not."
        case ("modify_comment", _, table, column, *_):
            words = f"Column {_known(table)}.{column} {OTHER_COMMENT}"
        case ("add_table_comment" | "remove_table_comment", table, *_):
            words = f"Table {_known(table.name)} {OTHER_COMMENT}"
        case ("add_index", index):
            create = CreateIndex(index, if_not_exists=True).compile(dialect=dialect)
            words = f"Index {index.name} of table {_known(index.table.name)} is missing. Create it: {create}"
        case ("remove_index" | "remove_constraint" as kind, extra):
            words = f"Table {_known(extra.table.name)} has an extra {kind.removeprefix('remove_')}."
    return words


def _known(name: str) -> str:
    """A table's name as the monitor writes it; a database may store it in lower case."""
    return next((table.name for table in Base.metadata.tables.values() if table.name.lower() == name.lower()), name)


def changed_views(engine: Engine, schema: str) -> list[str]:
    """Return which views are missing or differ from their mapped classes."""
    return [f"View {name} {reason}" for name, reason in wrong_views(engine, schema).items()]


def wrong_views(engine: Engine, schema: str) -> dict[str, str]:
    """Return the names of those views, each with the rest of a sentence about it."""
    return dict(_wrong_views(in_schema(engine, schema), schema))


def _wrong_views(engine: Engine, schema: str) -> Iterator[tuple[str, str]]:
    can = backend_of(engine).capabilities
    compared = _compared_by_making_it if can.transactional_ddl else _compared_by_its_text
    with backend_of(engine).for_services(engine).connect() as connection:
        place = views_schema_as_kept(connection, schema)
        _, there = names_in(connection, place)
    for view in VIEWS:
        name = view.__tablename__
        if same(engine)(name) not in there:
            yield name, "is missing."
        elif (difference := compared(engine, place, view)) is not None:
            yield name, difference


def _compared_by_making_it(engine: Engine, place: str, view: type[ViewBase]) -> str | None:
    # A database stores a view's text in its own form, so the definition goes through it too: in a temporary view, which
    # needs no lock on the one in use and no ownership of it, and is rolled back.
    backend = backend_of(engine)
    with backend.for_services(engine).connect() as connection:
        there = inspect(connection).get_view_definition(view.__tablename__, schema=place)
        try:
            connection.execute(CreateTemporaryView(view, _COMPARED))
        except DBAPIError as error:
            reason = backend.explain(error, engine)
            if isinstance(reason, ConfigurationError | Retryable):
                raise reason from error
            return f"{CANNOT}: {shown(str(error.orig), engine.url)}"
        wanted = inspect(connection).get_view_definition(_COMPARED)
    return None if _query(there) == _query(wanted) else _OTHER


def _query(definition: str) -> str:
    """A view's definition without its name, which some databases store with it."""
    return _HEAD.sub("", definition)


def _compared_by_its_text(engine: Engine, place: str, view: type[ViewBase]) -> str | None:
    # Without rollback the text is compared: such a database stores a view's text as it was written.
    wanted = view.definition.compile(
        dialect=engine.dialect,
        schema_translate_map=schema_map(schema_of(engine)),
        render_schema_translate=True,
        compile_kwargs={"literal_binds": True},
    )
    with backend_of(engine).for_services(engine).connect() as connection:
        there = inspect(connection).get_view_definition(view.__tablename__, schema=place)
    if not there:
        return "does not show you its query. Ask its owner to run the check."
    return None if same_query(there, str(wanted)) else _OTHER
