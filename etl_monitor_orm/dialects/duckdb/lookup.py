"""Finds the tables and views that a reflection call asks for, and their rows in DuckDB's catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple, TypedDict

from sqlalchemy import and_, false, func, or_, select
from sqlalchemy.engine import Connection, Row
from sqlalchemy.engine.interfaces import TableKey
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import TableValuedAlias

from etl_monitor_orm.dialects.duckdb.catalogue import TABLES, VIEWS
from etl_monitor_orm.dialects.duckdb.names import split_schema

TEMPORARY = "temp"
"""The database in which DuckDB keeps a connection's temporary objects."""


class Asked(TypedDict, total=False):
    """The keywords of SQLAlchemy's `get_multi_*` methods."""

    schema: str | None
    filter_names: Collection[str] | None
    scope: ObjectScope
    kind: ObjectKind
    info_cache: object
    unreflectable: object


class Place(NamedTuple):
    """Where a table or view is."""

    database: str
    schema: str
    name: str


class Relation(NamedTuple):
    """A table or view; `key` is what SQLAlchemy knows it by."""

    key: TableKey
    place: Place
    comment: str | None


class Lookup:
    """One reflection call: its relations, and their rows in a catalogue function."""

    def __init__(
        self,
        connection: Connection,
        *,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        scope: ObjectScope = ObjectScope.DEFAULT,
        kind: ObjectKind = ObjectKind.TABLE,
        **unused: object,
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._names = filter_names
        self._scope = scope
        self._kind = kind

    def relations(self) -> list[Relation]:
        """The tables and views of the call; a temporary one hides another one with its name."""
        found: dict[str, Relation] = {}
        for source, name in self._sources():
            query = (
                select(source.c.database_name, source.c.schema_name, name, source.c.comment)
                .where(in_namespace(source, self._schema, self._scope))
                .where(~source.c.internal)
                .order_by(source.c.database_name == TEMPORARY, name)
            )
            if self._names is not None:
                query = query.where(name.in_(self._names))
            for database, schema, table, comment in self._connection.execute(query):
                found[table] = Relation((self._schema, table), Place(database, schema, table), comment)
        return list(found.values())

    def details(self, source: TableValuedAlias, *columns: ColumnElement[Any]) -> defaultdict[Place, list[Row[Any]]]:
        """Rows of a catalogue function, in the order of the first of `columns`, by the table they belong to."""
        query = (
            select(source.c.database_name, source.c.schema_name, source.c.table_name, *columns)
            .where(in_namespace(source, self._schema, self._scope))
            .order_by(columns[0])
        )
        if self._names is not None:
            query = query.where(source.c.table_name.in_(self._names))
        grouped: defaultdict[Place, list[Row[Any]]] = defaultdict(list)
        for row in self._connection.execute(query):
            grouped[Place(*row[:3])].append(row)
        return grouped

    def _sources(self) -> Iterator[tuple[TableValuedAlias, ColumnElement[str]]]:
        if ObjectKind.TABLE in self._kind:
            yield TABLES, TABLES.c.table_name
        if ObjectKind.VIEW in self._kind:
            yield VIEWS, VIEWS.c.view_name


def in_namespace(source: TableValuedAlias, schema: str | None, scope: ObjectScope) -> ColumnElement[bool]:
    """Whether a row of a catalogue function is about an object of a schema.

    Args:
        source: the catalogue function.
        schema: a name, or `database.schema`; None for the current schema and the connection's temporary objects.
        scope: which of these two, when there is no schema.
    """
    temporary = source.c.database_name == TEMPORARY
    if schema is None:
        here = and_(source.c.database_name == func.current_database(), source.c.schema_name == func.current_schema())
        if scope is ObjectScope.ANY:
            return or_(here, temporary)
        return here if scope is ObjectScope.DEFAULT else temporary
    database, name = split_schema(schema)
    if scope is ObjectScope.TEMPORARY and database != TEMPORARY:
        return false()
    return and_(source.c.database_name == (database or func.current_database()), source.c.schema_name == name)
