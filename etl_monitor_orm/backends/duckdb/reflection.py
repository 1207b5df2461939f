"""Reflection from ``duckdb_tables()`` and its siblings.

duckdb-engine reflects through PostgreSQL's catalogue, of which DuckDB has only a part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import ARRAY, String, and_, cast, false, func, or_, select
from sqlalchemy.engine import Connection, Row
from sqlalchemy.engine.interfaces import (
    ReflectedCheckConstraint,
    ReflectedColumn,
    ReflectedForeignKeyConstraint,
    ReflectedIndex,
    ReflectedPrimaryKeyConstraint,
    ReflectedTableComment,
    ReflectedUniqueConstraint,
    TableKey,
)
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope, ReflectionDefaults, cache
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import TableValuedAlias

from etl_monitor_orm.backends.duckdb.catalogue import (
    COLUMNS,
    CONSTRAINTS,
    INDEXES,
    SCHEMAS,
    SEQUENCES,
    TABLES,
    VIEWS,
)
from etl_monitor_orm.backends.duckdb.names import split_schema, unquoted
from etl_monitor_orm.backends.duckdb.type_names import type_named

_TEMPORARY = "temp"
"""The database in which DuckDB keeps a connection's temporary objects."""

_SYSTEM = "system"
"""The database of DuckDB's own functions and views."""


class _Place(NamedTuple):
    """Where a table or view is."""

    database: str
    schema: str
    name: str


class _Relation(NamedTuple):
    """A table or view."""

    place: _Place
    comment: str | None


class ReflectionMixin:
    """SQLAlchemy's reflection methods for DuckDB.

    A schema is a plain name in the current database or ``database.schema``. Without one, the current schema and
    the connection's temporary objects are meant.
    """

    @cache
    def get_schema_names(self, connection: Connection, **kw: object) -> list[str]:
        """The schemas of the current database by name, those of attached ones as ``database.schema``."""
        home = SCHEMAS.c.database_name == func.current_database()
        rows = connection.execute(
            select(SCHEMAS.c.database_name, SCHEMAS.c.schema_name, home)
            .where(SCHEMAS.c.database_name.not_in([_SYSTEM, _TEMPORARY]))
            .order_by(home.desc(), SCHEMAS.c.database_name, SCHEMAS.c.schema_name)
        )
        return [schema if is_home else f"{database}.{schema}" for database, schema, is_home in rows]

    @cache
    def has_schema(self, connection: Connection, schema_name: str, **kw: object) -> bool:
        """Whether the schema exists."""
        database, name = split_schema(schema_name)
        return bool(
            connection.scalar(
                select(func.count())
                .select_from(SCHEMAS)
                .where(SCHEMAS.c.database_name == (database or func.current_database()))
                .where(SCHEMAS.c.schema_name == name)
            )
        )

    @cache
    def get_table_names(self, connection: Connection, schema: str | None = None, **kw: object) -> list[str]:
        """The tables of a schema, without temporary ones."""
        return sorted(_relations(connection, schema, None, ObjectScope.DEFAULT, ObjectKind.TABLE))

    @cache
    def get_temp_table_names(
        self, connection: Connection, schema: str | None = None, **kw: object
    ) -> list[str]:
        """The connection's temporary tables."""
        return sorted(_relations(connection, schema, None, ObjectScope.TEMPORARY, ObjectKind.TABLE))

    @cache
    def get_view_names(self, connection: Connection, schema: str | None = None, **kw: object) -> list[str]:
        """The views of a schema, without temporary ones."""
        return sorted(_relations(connection, schema, None, ObjectScope.DEFAULT, ObjectKind.VIEW))

    @cache
    def get_temp_view_names(
        self, connection: Connection, schema: str | None = None, **kw: object
    ) -> list[str]:
        """The connection's temporary views."""
        return sorted(_relations(connection, schema, None, ObjectScope.TEMPORARY, ObjectKind.VIEW))

    def get_materialized_view_names(
        self, connection: Connection, schema: str | None = None, **kw: object
    ) -> list[str]:
        """None: DuckDB has no materialized views."""
        return []

    @cache
    def get_view_definition(
        self, connection: Connection, view_name: str, schema: str | None = None, **kw: object
    ) -> str:
        """The CREATE VIEW statement, as DuckDB keeps it.

        Raises:
            NoSuchTableError: there is no such view.
        """
        definition = connection.scalar(
            select(VIEWS.c.sql)
            .where(_in_namespace(VIEWS, schema, ObjectScope.ANY))
            .where(VIEWS.c.view_name == view_name)
            .order_by((VIEWS.c.database_name == _TEMPORARY).desc())
        )
        if definition is None:
            raise NoSuchTableError(view_name)
        return str(definition)

    @cache
    def get_sequence_names(
        self, connection: Connection, schema: str | None = None, **kw: object
    ) -> list[str]:
        """The sequences of a schema."""
        return list(
            connection.scalars(
                select(SEQUENCES.c.sequence_name)
                .where(_in_namespace(SEQUENCES, schema, ObjectScope.DEFAULT))
                .order_by(SEQUENCES.c.sequence_name)
            )
        )

    @cache
    def has_sequence(
        self, connection: Connection, sequence_name: str, schema: str | None = None, **kw: object
    ) -> bool:
        """Whether the sequence exists."""
        return bool(
            connection.scalar(
                select(func.count())
                .select_from(SEQUENCES)
                .where(_in_namespace(SEQUENCES, schema, ObjectScope.ANY))
                .where(SEQUENCES.c.sequence_name == sequence_name)
            )
        )

    @cache
    def has_table(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: object
    ) -> bool:
        """Whether there is a table or view of that name."""
        return bool(_relations(connection, schema, [table_name], ObjectScope.ANY, ObjectKind.ANY))

    def has_multi_table(
        self, connection: Connection, table_names: Collection[str], schema: str | None = None, **kw: object
    ) -> list[tuple[TableKey, bool]]:
        """Whether there is a table or view of each name."""
        found = _relations(connection, schema, table_names, ObjectScope.ANY, ObjectKind.ANY)
        return [((schema, name), name in found) for name in table_names]

    def get_multi_columns(
        self,
        connection: Connection,
        *,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        scope: ObjectScope = ObjectScope.DEFAULT,
        kind: ObjectKind = ObjectKind.TABLE,
        **kw: object,
    ) -> list[tuple[TableKey, list[ReflectedColumn]]]:
        """The columns of tables and views, in their order."""
        relations = _relations(connection, schema, filter_names, scope, kind)
        rows = _details(connection, COLUMNS, COLUMNS.c.column_index, schema, filter_names, scope)
        return [
            ((schema, name), [_column(row) for row in rows[relation.place]])
            for name, relation in relations.items()
        ]

    def get_multi_pk_constraint(
        self,
        connection: Connection,
        *,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        scope: ObjectScope = ObjectScope.DEFAULT,
        kind: ObjectKind = ObjectKind.TABLE,
        **kw: object,
    ) -> list[tuple[TableKey, ReflectedPrimaryKeyConstraint]]:
        """The primary keys; DuckDB names them itself."""
        return [
            (
                (schema, name),
                next(
                    (
                        {"name": None, "constrained_columns": row.constraint_column_names} for row in rows
                    ),
                    ReflectionDefaults.pk_constraint(),
                ),
            )
            for name, rows in _constraints(
                connection, "PRIMARY KEY", schema, filter_names, scope, kind
            )
        ]

    def get_multi_unique_constraints(
        self,
        connection: Connection,
        *,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        scope: ObjectScope = ObjectScope.DEFAULT,
        kind: ObjectKind = ObjectKind.TABLE,
        **kw: object,
    ) -> list[tuple[TableKey, list[ReflectedUniqueConstraint]]]:
        """The unique constraints; DuckDB names them itself."""
        return [
            (
                (schema, name),
                [{"name": None, "column_names": row.constraint_column_names} for row in rows],
            )
            for name, rows in _constraints(connection, "UNIQUE", schema, filter_names, scope, kind)
        ]

    def get_multi_foreign_keys(
        self,
        connection: Connection,
        *,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        scope: ObjectScope = ObjectScope.DEFAULT,
        kind: ObjectKind = ObjectKind.TABLE,
        **kw: object,
    ) -> list[tuple[TableKey, list[ReflectedForeignKeyConstraint]]]:
        """The foreign keys, which DuckDB names itself and keeps within one schema."""
        return [
            (
                (schema, name),
                [
                    {
                        "name": None,
                        "constrained_columns": row.constraint_column_names,
                        "referred_schema": schema,
                        "referred_table": row.referenced_table,
                        "referred_columns": row.referenced_column_names,
                        "options": {},
                    }
                    for row in rows
                ],
            )
            for name, rows in _constraints(
                connection, "FOREIGN KEY", schema, filter_names, scope, kind
            )
        ]

    def get_multi_check_constraints(
        self,
        connection: Connection,
        *,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        scope: ObjectScope = ObjectScope.DEFAULT,
        kind: ObjectKind = ObjectKind.TABLE,
        **kw: object,
    ) -> list[tuple[TableKey, list[ReflectedCheckConstraint]]]:
        """The check constraints; DuckDB names them itself."""
        return [
            (
                (schema, name),
                [{"name": None, "sqltext": row.expression} for row in rows],
            )
            for name, rows in _constraints(connection, "CHECK", schema, filter_names, scope, kind)
        ]

    def get_multi_indexes(
        self,
        connection: Connection,
        *,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        scope: ObjectScope = ObjectScope.DEFAULT,
        kind: ObjectKind = ObjectKind.TABLE,
        **kw: object,
    ) -> list[tuple[TableKey, list[ReflectedIndex]]]:
        """The indexes made by CREATE INDEX."""
        relations = _relations(connection, schema, filter_names, scope, kind)
        rows = _details(connection, INDEXES, INDEXES.c.index_name, schema, filter_names, scope)
        return [
            ((schema, name), [_index(row) for row in rows[relation.place]])
            for name, relation in relations.items()
        ]

    @cache
    def get_indexes(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: object
    ) -> list[ReflectedIndex]:
        """The indexes of one table; duckdb-engine has a method of this name that finds none.

        Raises:
            NoSuchTableError: there is no such table.
        """
        found = self.get_multi_indexes(
            connection,
            schema=schema,
            filter_names=[table_name],
            scope=ObjectScope.ANY,
            kind=ObjectKind.ANY,
        )
        if not found:
            raise NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)
        return found[0][1]

    def get_multi_table_comment(
        self,
        connection: Connection,
        *,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        scope: ObjectScope = ObjectScope.DEFAULT,
        kind: ObjectKind = ObjectKind.TABLE,
        **kw: object,
    ) -> list[tuple[TableKey, ReflectedTableComment]]:
        """The comments on tables and views."""
        relations = _relations(connection, schema, filter_names, scope, kind)
        return [((schema, name), {"text": relation.comment}) for name, relation in relations.items()]

    def get_multi_table_options(
        self,
        connection: Connection,
        *,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        scope: ObjectScope = ObjectScope.DEFAULT,
        kind: ObjectKind = ObjectKind.TABLE,
        **kw: object,
    ) -> list[tuple[TableKey, dict[str, object]]]:
        """None: DuckDB has no options on tables."""
        return [((schema, name), {}) for name in _relations(connection, schema, filter_names, scope, kind)]


def _in_namespace(source: TableValuedAlias, schema: str | None, scope: ObjectScope) -> ColumnElement[bool]:
    temporary = source.c.database_name == _TEMPORARY
    if schema is not None:
        database, name = split_schema(schema)
        if scope is ObjectScope.TEMPORARY and database != _TEMPORARY:
            return false()
        return and_(
            source.c.database_name == (database or func.current_database()), source.c.schema_name == name
        )
    here = and_(
        source.c.database_name == func.current_database(), source.c.schema_name == func.current_schema()
    )
    return {ObjectScope.DEFAULT: here, ObjectScope.TEMPORARY: temporary, ObjectScope.ANY: or_(here, temporary)}[
        scope
    ]


def _relations(
    connection: Connection,
    schema: str | None,
    names: Collection[str] | None,
    scope: ObjectScope,
    kind: ObjectKind,
) -> dict[str, _Relation]:
    """The tables and views that are meant, by name; a temporary one hides another of its name."""
    sources = [(TABLES, TABLES.c.table_name)] if ObjectKind.TABLE in kind else []
    if ObjectKind.VIEW in kind:
        sources.append((VIEWS, VIEWS.c.view_name))
    found: dict[str, _Relation] = {}
    for source, name in sources:
        query = (
            select(source.c.database_name, source.c.schema_name, name, source.c.comment)
            .where(_in_namespace(source, schema, scope))
            .where(~source.c.internal)
            .order_by(source.c.database_name == _TEMPORARY, name)
        )
        if names is not None:
            query = query.where(name.in_(names))
        for row in connection.execute(query):
            place = _Place(*row[:3])
            found[place.name] = _Relation(place, row.comment)
    return found


def _details(
    connection: Connection,
    source: TableValuedAlias,
    order: ColumnElement[object],
    schema: str | None,
    names: Collection[str] | None,
    scope: ObjectScope,
) -> defaultdict[_Place, list[Row[*tuple[object, ...]]]]:
    """The rows of one of DuckDB's catalogue functions, by the table they belong to."""
    columns = [
        cast(column, ARRAY(String)).label(column.key) if column.key == "expressions" else column
        for column in source.c
    ]
    query = select(*columns).where(_in_namespace(source, schema, scope)).order_by(order)
    if names is not None:
        query = query.where(source.c.table_name.in_(names))
    grouped: defaultdict[_Place, list[Row[*tuple[object, ...]]]] = defaultdict(list)
    for row in connection.execute(query):
        grouped[_Place(row.database_name, row.schema_name, row.table_name)].append(row)
    return grouped


def _constraints(
    connection: Connection,
    constraint_type: str,
    schema: str | None,
    names: Collection[str] | None,
    scope: ObjectScope,
    kind: ObjectKind,
) -> Iterable[tuple[str, list[Row[*tuple[object, ...]]]]]:
    relations = _relations(connection, schema, names, scope, kind)
    rows = _details(connection, CONSTRAINTS, CONSTRAINTS.c.constraint_index, schema, names, scope)
    for name, relation in relations.items():
        yield name, [row for row in rows[relation.place] if row.constraint_type == constraint_type]


def _column(row: Row[*tuple[object, ...]]) -> ReflectedColumn:
    default = row.column_default
    return {
        "name": row.column_name,
        "type": type_named(row.data_type),
        "nullable": row.is_nullable,
        "default": default,
        "autoincrement": default is not None and default.startswith("nextval("),
        "comment": row.comment,
    }


def _index(row: Row[*tuple[object, ...]]) -> ReflectedIndex:
    names = [None if part.startswith("(") else unquoted(part) for part in row.expressions]
    index: ReflectedIndex = {"name": row.index_name, "unique": row.is_unique, "column_names": names}
    if None in names:
        index["expressions"] = [
            part if name is None else name for part, name in zip(row.expressions, names, strict=True)
        ]
    return index
