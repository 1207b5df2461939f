"""Reflection of the parts of tables and views."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, Unpack

from sqlalchemy import ARRAY, String, cast
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

from etl_monitor_orm.dialects.duckdb.catalogue import COLUMNS, CONSTRAINTS, INDEXES
from etl_monitor_orm.dialects.duckdb.identity import ReflectedSequences
from etl_monitor_orm.dialects.duckdb.lookup import Asked, Lookup
from etl_monitor_orm.dialects.duckdb.names import unquoted
from etl_monitor_orm.dialects.duckdb.type_names import type_named
from etl_monitor_orm.dialects.duckdb.versions import SINCE_2_0

_T = TypeVar("_T")


def _of_one_table(
    of_many: Callable[..., list[tuple[TableKey, _T]]],
) -> Callable[..., _T]:
    """The method that asks for one table what `of_many` asks for several."""

    def of_one(
        self: TableReflectionMixin,
        connection: Connection,
        table_name: str,
        schema: str | None = None,
        **kw: object,
    ) -> _T:
        found = of_many(
            self,
            connection,
            schema=schema,
            filter_names=[table_name],
            scope=ObjectScope.ANY,
            kind=ObjectKind.ANY,
        )
        if not found:
            raise NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)
        return found[0][1]

    of_one.__name__ = of_many.__name__.replace("multi_", "")  # the Inspector's cache uses it as a key
    return cache(of_one)


class TableReflectionMixin:
    """Columns, constraints, indexes and comments.

    DuckDB replaces the names of constraints by names that no statement can use, so none are reported.
    """

    def get_multi_columns(
        self, connection: Connection, **asked: Unpack[Asked]
    ) -> list[tuple[TableKey, list[ReflectedColumn]]]:
        """The columns of tables and views, in their order."""
        lookup = Lookup(connection, **asked)
        rows = lookup.details(COLUMNS, COLUMNS.c.column_index, *COLUMNS.c)
        sequences = ReflectedSequences(connection)
        return [
            (relation.key, [_column(row, sequences) for row in rows[relation.place]]) for relation in lookup.relations()
        ]

    def get_multi_pk_constraint(
        self, connection: Connection, **asked: Unpack[Asked]
    ) -> list[tuple[TableKey, ReflectedPrimaryKeyConstraint]]:
        """The primary keys."""
        return [
            (
                key,
                {"name": None, "constrained_columns": rows[0].constraint_column_names}
                if rows
                else ReflectionDefaults.pk_constraint(),
            )
            for key, rows in _constraints(connection, "PRIMARY KEY", asked)
        ]

    def get_multi_unique_constraints(
        self, connection: Connection, **asked: Unpack[Asked]
    ) -> list[tuple[TableKey, list[ReflectedUniqueConstraint]]]:
        """The unique constraints."""
        return [
            (key, [{"name": None, "column_names": row.constraint_column_names} for row in rows])
            for key, rows in _constraints(connection, "UNIQUE", asked)
        ]

    def get_multi_check_constraints(
        self, connection: Connection, **asked: Unpack[Asked]
    ) -> list[tuple[TableKey, list[ReflectedCheckConstraint]]]:
        """The check constraints."""
        return [
            (key, [{"name": None, "sqltext": row.expression} for row in rows])
            for key, rows in _constraints(connection, "CHECK", asked)
        ]

    def get_multi_foreign_keys(
        self, connection: Connection, **asked: Unpack[Asked]
    ) -> list[tuple[TableKey, list[ReflectedForeignKeyConstraint]]]:
        """The foreign keys, which in DuckDB stay within one schema."""
        return [
            (
                key,
                [
                    {
                        "name": None,
                        "constrained_columns": row.constraint_column_names,
                        "referred_schema": key[0],
                        "referred_table": row.referenced_table,
                        "referred_columns": row.referenced_column_names,
                        "options": {},
                    }
                    for row in rows
                ],
            )
            for key, rows in _constraints(connection, "FOREIGN KEY", asked)
        ]

    def get_multi_indexes(
        self, connection: Connection, **asked: Unpack[Asked]
    ) -> list[tuple[TableKey, list[ReflectedIndex]]]:
        """The indexes made by CREATE INDEX."""
        lookup = Lookup(connection, **asked)
        rows = lookup.details(
            INDEXES,
            INDEXES.c.index_name,
            INDEXES.c.is_unique,
            cast(INDEXES.c.expressions, ARRAY(String)).label("expressions"),
        )
        return [(relation.key, [_index(row) for row in rows[relation.place]]) for relation in lookup.relations()]

    def get_multi_table_comment(
        self, connection: Connection, **asked: Unpack[Asked]
    ) -> list[tuple[TableKey, ReflectedTableComment]]:
        """The comments on tables and views."""
        return [(relation.key, {"text": relation.comment}) for relation in Lookup(connection, **asked).relations()]

    def get_multi_table_options(
        self, connection: Connection, **asked: Unpack[Asked]
    ) -> list[tuple[TableKey, dict[str, object]]]:
        """None: DuckDB has no options on tables."""
        return [(relation.key, {}) for relation in Lookup(connection, **asked).relations()]

    # duckdb-engine and SQLAlchemy's PostgreSQL dialect have their own methods with these names.
    get_columns = _of_one_table(get_multi_columns)
    get_pk_constraint = _of_one_table(get_multi_pk_constraint)
    get_unique_constraints = _of_one_table(get_multi_unique_constraints)
    get_check_constraints = _of_one_table(get_multi_check_constraints)
    get_foreign_keys = _of_one_table(get_multi_foreign_keys)
    get_indexes = _of_one_table(get_multi_indexes)
    get_table_comment = _of_one_table(get_multi_table_comment)
    get_table_options = _of_one_table(get_multi_table_options)


def _constraints(
    connection: Connection, constraint_type: str, asked: Asked
) -> Iterator[tuple[TableKey, list[Row[Any]]]]:
    lookup = Lookup(connection, **asked)
    rows = lookup.details(CONSTRAINTS, CONSTRAINTS.c.constraint_index, *CONSTRAINTS.c)
    for relation in lookup.relations():
        yield relation.key, [row for row in rows[relation.place] if row.constraint_type == constraint_type]


def _column(row: Row[Any], sequences: ReflectedSequences) -> ReflectedColumn:
    column: ReflectedColumn = {
        "name": row.column_name,
        "type": type_named(row.data_type),
        "nullable": row.is_nullable,
        "default": row.column_default,
        "autoincrement": False,
        "comment": row.comment,
    }
    if SINCE_2_0 and row.is_generated:
        column["default"] = None
        # DuckDB casts the expression to the column's type.
        expression = row.column_default.removeprefix("CAST(").removesuffix(f" AS {row.data_type})")
        column["computed"] = {"sqltext": expression}
    elif identity := sequences.identity_of(row):
        column["default"] = None
        column["autoincrement"] = True
        column["identity"] = identity
    return column


def _index(row: Row[Any]) -> ReflectedIndex:
    names = [None if part.startswith("(") else unquoted(part) for part in row.expressions]
    index: ReflectedIndex = {
        "name": row.index_name,
        "unique": row.is_unique,
        "column_names": names,
        "dialect_options": {},
    }
    if None in names:
        index["expressions"] = [
            part if name is None else name for part, name in zip(row.expressions, names, strict=True)
        ]
    return index
