"""Reflection of names: schemas, tables, views, sequences.

duckdb-engine reflects through PostgreSQL's catalogue, of which DuckDB has only a part. This module uses
`duckdb_tables()` and its siblings.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import TableKey
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope, cache
from sqlalchemy.exc import NoSuchTableError

from etl_monitor_orm.dialects.duckdb.catalogue import SCHEMAS, SEQUENCES, VIEWS
from etl_monitor_orm.dialects.duckdb.lookup import TEMPORARY, Lookup, in_namespace
from etl_monitor_orm.dialects.duckdb.names import split_schema

_SYSTEM = "system"
"""The database of DuckDB's own functions and views."""


class ReflectionMixin:
    """Names of objects.

    A schema is a plain name in the current database, or `database.schema`. None means the current schema and
    the connection's temporary objects.
    """

    @cache
    def get_schema_names(self, connection: Connection, **kw: object) -> list[str]:
        """The schemas of the current database by name, those of attached ones as `database.schema`."""
        home = SCHEMAS.c.database_name == func.current_database()
        rows = connection.execute(
            select(SCHEMAS.c.database_name, SCHEMAS.c.schema_name, home)
            .where(SCHEMAS.c.database_name.not_in([_SYSTEM, TEMPORARY]))
            .order_by(home.desc(), SCHEMAS.c.database_name, SCHEMAS.c.schema_name)
        )
        return [schema if is_home else f"{database}.{schema}" for database, schema, is_home in rows]

    @cache
    def has_schema(self, connection: Connection, schema_name: str, **kw: object) -> bool:
        """Whether the schema exists."""
        database, name = split_schema(schema_name)
        found = (
            select(SCHEMAS.c.schema_name)
            .where(SCHEMAS.c.database_name == (database or func.current_database()))
            .where(SCHEMAS.c.schema_name == name)
        )
        return connection.scalar(found) is not None

    @cache
    def get_table_names(self, connection: Connection, schema: str | None = None, **kw: object) -> list[str]:
        """The tables of a schema, without temporary ones."""
        return _names(connection, schema, ObjectScope.DEFAULT, ObjectKind.TABLE)

    @cache
    def get_temp_table_names(self, connection: Connection, schema: str | None = None, **kw: object) -> list[str]:
        """The connection's temporary tables."""
        return _names(connection, schema, ObjectScope.TEMPORARY, ObjectKind.TABLE)

    @cache
    def get_view_names(self, connection: Connection, schema: str | None = None, **kw: object) -> list[str]:
        """The views of a schema, without temporary ones."""
        return _names(connection, schema, ObjectScope.DEFAULT, ObjectKind.VIEW)

    @cache
    def get_temp_view_names(self, connection: Connection, schema: str | None = None, **kw: object) -> list[str]:
        """The connection's temporary views."""
        return _names(connection, schema, ObjectScope.TEMPORARY, ObjectKind.VIEW)

    def get_materialized_view_names(self, connection: Connection, schema: str | None = None, **kw: object) -> list[str]:
        """None: DuckDB has no materialized views."""
        return []

    @cache
    def get_view_definition(
        self, connection: Connection, view_name: str, schema: str | None = None, **kw: object
    ) -> str:
        """The CREATE VIEW statement, as DuckDB stores it.

        Raises:
            NoSuchTableError: there is no such view.
        """
        definition = connection.scalar(
            select(VIEWS.c.sql)
            .where(in_namespace(VIEWS, schema, ObjectScope.ANY))
            .where(VIEWS.c.view_name == view_name)
            .order_by((VIEWS.c.database_name == TEMPORARY).desc())
        )
        if definition is None:
            raise NoSuchTableError(f"{schema}.{view_name}" if schema else view_name)
        return str(definition)

    @cache
    def get_sequence_names(self, connection: Connection, schema: str | None = None, **kw: object) -> list[str]:
        """The sequences of a schema, without temporary ones."""
        return list(
            connection.scalars(
                select(SEQUENCES.c.sequence_name)
                .where(in_namespace(SEQUENCES, schema, ObjectScope.DEFAULT))
                .order_by(SEQUENCES.c.sequence_name)
            )
        )

    @cache
    def has_sequence(self, connection: Connection, sequence_name: str, schema: str | None = None, **kw: object) -> bool:
        """Whether the sequence exists."""
        found = (
            select(SEQUENCES.c.sequence_name)
            .where(in_namespace(SEQUENCES, schema, ObjectScope.ANY))
            .where(SEQUENCES.c.sequence_name == sequence_name)
        )
        return connection.scalar(found) is not None

    @cache
    def has_table(self, connection: Connection, table_name: str, schema: str | None = None, **kw: object) -> bool:
        """Whether a table or view has that name."""
        return self.has_multi_table(connection, [table_name], schema)[0][1]

    def has_multi_table(
        self, connection: Connection, table_names: Collection[str], schema: str | None = None, **kw: object
    ) -> list[tuple[TableKey, bool]]:
        """Whether a table or view has each of the names."""
        lookup = Lookup(
            connection,
            schema=schema,
            filter_names=table_names,
            scope=ObjectScope.ANY,
            kind=ObjectKind.ANY,
        )
        found = {relation.key for relation in lookup.relations()}
        return [((schema, name), (schema, name) in found) for name in table_names]


def _names(connection: Connection, schema: str | None, scope: ObjectScope, kind: ObjectKind) -> list[str]:
    lookup = Lookup(connection, schema=schema, scope=scope, kind=kind)
    return sorted(relation.place.name for relation in lookup.relations())
