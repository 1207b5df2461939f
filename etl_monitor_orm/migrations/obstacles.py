"""Objects with the names of the monitor's tables and views, although no revision is recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, inspect, literal, select, table
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.errors import SchemaError
from etl_monitor_orm.migrations.names import (
    FIRST_TABLES,
    FIRST_VIEWS,
    KEY_NAMES,
    TABLE_NAMES,
    VIEW_NAMES,
    names_in,
    same,
    schema_as_kept,
    views_schema_as_kept,
)
from etl_monitor_orm.migrations.noting import WAY_OUT, noted
from etl_monitor_orm.migrations.recognising import Kind, found
from etl_monitor_orm.migrations.unfinished import begun_kind
from etl_monitor_orm.models import Base, SequenceStage
from etl_monitor_orm.models.revision import VERSION_TABLE
from etl_monitor_orm.schemas import DEFAULT_SCHEMA, in_schema


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
            for_views = views_schema_as_kept(connection, place)
            tables = _Names.read(
                connection, place, TABLE_NAMES | KEY_NAMES | (VIEW_NAMES if place == for_views else set())
            )
            views = tables if place == for_views else _Names.read(connection, for_views, VIEW_NAMES)
            _refuse_theirs(connection, place, tables.tables)
            reason = next(_reasons(inspect(connection), tables, views), None)
    except DBAPIError as error:
        raise backend.explain(error, in_schema(engine, schema)) from error
    # If another migration created them meanwhile, it has recorded a revision by now.
    if reason is not None and noted(engine, schema) is None:
        raise SchemaError(f"{reason} Nothing was changed.")


def refuse_views_of_others(connection: Connection, schema: str) -> None:
    """Refuse a schema for the views in which something has one of their names already.

    Raises:
        SchemaError: Something has.
    """
    there = _Names.read(connection, schema, VIEW_NAMES)
    plain = same(connection.engine)
    for name in sorted(VIEW_NAMES):
        if plain(name) in {*there.tables, *there.views} or name in there.others:
            raise SchemaError(
                f"Schema {schema} has a {name} already, and it may be somebody else's. Name another schema for the "
                "monitor's views: `--views-schema`, views_schema=, or ETL_MONITOR_VIEWS_SCHEMA. Nothing was changed."
            )


@dataclass(frozen=True)
class _Names:
    """What a schema has, under the names that the database compares, each with its name as it is kept.

    Attributes:
        schema: The schema, as the database stores its name.
        tables: Its tables.
        views: Its views.
        others: What has one of the monitor's names and is no table or view, with its kind.
    """

    schema: str
    tables: Mapping[str, str]
    views: Mapping[str, str]
    others: Mapping[str, str]

    @classmethod
    def read(cls, connection: Connection, schema: str, names: Collection[str]) -> _Names:
        tables, views = names_in(connection, schema)
        return cls(schema, tables, views, backend_of(connection.engine).others_named(connection, schema, names))


def refuse_unadopted(engine: Engine, schema: str) -> None:
    """Refuse to record a revision for tables that the Spark edition made: nothing of it would be true.

    Raises:
        SchemaError: The tables are the Spark edition's, or their adoption was stopped.
    """
    with backend_of(engine).for_services(engine).connect() as connection:
        place = schema_as_kept(connection, schema)
        tables, _ = names_in(connection, place)
        _refuse_theirs(connection, place, tables)


def _refuse_theirs(connection: Connection, schema: str, tables: Collection[str]) -> None:
    """Refuse tables that the Spark edition made: migrations would read its rows wrongly.

    Empty ones of its first kind are like our own first revision's: there the migration that stopped continues.

    Raises:
        SchemaError: The tables are the Spark edition's, or their adoption was stopped.
    """
    if len(tables) < len(FIRST_TABLES) or (there := found(connection, schema)).missing:
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


def _reasons(inspector: Inspector, tables: _Names, views: _Names) -> Iterator[str]:
    """What is in the way in the schema of the tables, and in the one of the views, which may be the same."""
    plain, strict = same(inspector.engine), backend_of(inspector.engine).capabilities.transactional_ddl
    for name in sorted(TABLE_NAMES | {VERSION_TABLE.name}):
        if plain(name) in tables.views:
            yield f"Schema {tables.schema} has a view {name} where the monitor needs a table. {WAY_OUT}"
    for name in sorted(VIEW_NAMES):
        if plain(name) in views.tables:
            yield f"Schema {views.schema} has a table {name} where the monitor needs a view. {WAY_OUT}"
    for name in sorted(TABLE_NAMES):
        there = tables.tables.get(plain(name))
        if there is not None and (lacking := _lacking(inspector, tables.schema, there, name)):
            yield f"Schema {tables.schema} has a table {name} that is not the monitor's: it lacks {lacking}. {WAY_OUT}"
    present = [name for name in sorted(TABLE_NAMES) if plain(name) in {*tables.tables, *tables.views}]
    present += [name for name in sorted(VIEW_NAMES) if plain(name) in {*views.tables, *views.views}]
    if strict and set(present) >= FIRST_TABLES | FIRST_VIEWS:
        yield (
            f"Schema {tables.schema} has the monitor's tables and views, but no revision is recorded for them. "
            f"Record it with `etl-monitor db stamp`, then run `etl-monitor db check`."
        )
    elif strict and present:
        places = " or ".join(dict.fromkeys([tables.schema, views.schema]))
        yield f"Schema {places} already has {', '.join(present)}, but no revision is recorded. {WAY_OUT}"
    for one in (tables, views):
        for name, kind in sorted(one.others.items()):
            yield f"Schema {one.schema} has {kind} {name}, and the monitor needs that name. {WAY_OUT}"


def _lacking(inspector: Inspector, schema: str, name: str, ours: str) -> str:
    """The first column of our key that a table lacks. A table with all of them may be ours or another edition's."""
    there = {column["name"].lower() for column in inspector.get_columns(name, schema=schema)}
    key = Base.metadata.tables[f"{DEFAULT_SCHEMA}.{ours}"].primary_key
    return next((column.name for column in key if column.name.lower() not in there), "")
