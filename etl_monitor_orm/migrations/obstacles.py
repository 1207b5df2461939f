"""Objects with the names of the monitor's tables and views, although no revision is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from sqlalchemy import Connection, Engine, inspect, literal, select, table
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.errors import SchemaError
from etl_monitor_orm.migrations.names import FIRST_TABLES, KEY_NAMES, TABLE_NAMES, VIEW_NAMES, same, schema_as_kept
from etl_monitor_orm.migrations.noting import WAY_OUT, noted
from etl_monitor_orm.migrations.recognising import Kind, found
from etl_monitor_orm.migrations.unfinished import begun_kind
from etl_monitor_orm.models import Base, SequenceStage
from etl_monitor_orm.models.revision import VERSION_TABLE
from etl_monitor_orm.session import in_schema
from etl_monitor_orm.settings import DEFAULT_SCHEMA


def refuse_obstacles(engine: Engine, schema: str) -> None:
    """Return if nothing blocks the first migration. Nothing is changed.

    If DDL is transactional, no object with our names may exist. If it is not, tables and views from a stopped migration
    may exist. Objects of another kind may not. Tables of the Spark edition are left to `etl-monitor adopt`.

    Raises:
        SchemaError: Something is in the way.
    """
    backend = backend_of(engine)
    try:
        with backend.for_services(engine).connect() as connection:
            place = schema_as_kept(connection, schema)
            inspector = inspect(connection)
            if not inspector.has_schema(place):
                return
            plain = same(engine)
            tables = {plain(name): name for name in inspector.get_table_names(schema=place)}
            views = {plain(name): name for name in inspector.get_view_names(schema=place)}
            others = backend.others_named(connection, place, TABLE_NAMES | VIEW_NAMES | KEY_NAMES)
            if len(tables) >= len(FIRST_TABLES):
                _refuse_theirs(connection, place)
            reason = next(chain(_reasons(inspector, place, tables, views), _other_reasons(place, others)), None)
    except DBAPIError as error:
        raise backend.explain(error, in_schema(engine, schema)) from error
    # If another migration created them meanwhile, it has recorded a revision by now.
    if reason is not None and noted(engine, schema) is None:
        raise SchemaError(f"{reason} Nothing was changed.")


def _refuse_theirs(connection: Connection, schema: str) -> None:
    """Refuse tables that the Spark edition made: migrations would read its rows wrongly.

    Empty ones of its first kind are like our own first revision's: there the migration that stopped continues.

    Raises:
        SchemaError: The tables are the Spark edition's, or their adoption was stopped.
    """
    there = found(connection, schema)
    if there.missing:
        return
    way = "Run `etl-monitor adopt`, or call monitor.adopt()"
    if begun_kind(connection, schema) is not None:
        raise SchemaError(
            f"The adoption of the Spark edition's tables in schema {schema} was stopped, and is not complete. "
            f"{way}, which continues. Nothing was changed."
        )
    if there.kind is None or (there.kind is Kind.A and not _has_rows(connection, schema)):
        return
    raise SchemaError(
        f"Schema {schema} has tables that the Spark edition made (kind {there.kind}). {way}, which takes over their "
        "rows. Nothing was changed."
    )


def _has_rows(connection: Connection, schema: str) -> bool:
    names = FIRST_TABLES - {SequenceStage.__tablename__}
    return any(
        connection.execute(select(literal(1)).select_from(table(name, schema=schema)).limit(1)).first()
        for name in sorted(names)
    )


def _other_reasons(schema: str, others: Mapping[str, str]) -> Iterator[str]:
    for name, kind in sorted(others.items()):
        yield f"Schema {schema} has {kind} {name}, and the monitor needs that name. {WAY_OUT}"


def _reasons(inspector: Inspector, schema: str, tables: dict[str, str], views: dict[str, str]) -> Iterator[str]:
    plain, strict = same(inspector.engine), backend_of(inspector.engine).capabilities.transactional_ddl
    for name in sorted(TABLE_NAMES | {VERSION_TABLE.name}):
        if plain(name) in views:
            yield f"Schema {schema} has a view {name} where the monitor needs a table. {WAY_OUT}"
    for name in sorted(VIEW_NAMES):
        if plain(name) in tables:
            yield f"Schema {schema} has a table {name} where the monitor needs a view. {WAY_OUT}"
    for name in sorted(TABLE_NAMES):
        if plain(name) in tables and (lacking := _lacking(inspector, schema, tables[plain(name)], name)):
            yield f"Schema {schema} has a table {name} that is not the monitor's: it lacks {lacking}. {WAY_OUT}"
    present = [name for name in sorted(TABLE_NAMES | VIEW_NAMES) if plain(name) in {*tables, *views}]
    if strict and set(present) >= FIRST_TABLES | VIEW_NAMES:
        yield (
            f"Schema {schema} has the monitor's tables and views, but no revision is recorded for them. "
            f"Record it with `etl-monitor db stamp`, then run `etl-monitor db check`."
        )
    elif strict and present:
        yield f"Schema {schema} already has {', '.join(present)}, but no revision is recorded. {WAY_OUT}"


def _lacking(inspector: Inspector, schema: str, name: str, ours: str) -> str:
    """The first column of our key that a table lacks. A table with all of them may be ours or another edition's."""
    there = {column["name"].lower() for column in inspector.get_columns(name, schema=schema)}
    key = Base.metadata.tables[f"{DEFAULT_SCHEMA}.{ours}"].primary_key
    return next((column.name for column in key if column.name.lower() not in there), "")
