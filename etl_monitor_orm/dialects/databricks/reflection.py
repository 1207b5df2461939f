"""Reflection of a schema: it finds tables of any name, and definitions of views.

The catalog is the session's. Unity Catalog stores names in lower case, and finds them in any case.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final, cast

from databricks.sqlalchemy._parse import build_fk_dict, build_pk_dict, parse_column_info_from_tgetcolumnsresponse
from databricks.sqlalchemy.base import DatabricksDialect
from sqlalchemy import Connection, Row
from sqlalchemy.engine import reflection
from sqlalchemy.engine.interfaces import (
    ReflectedColumn,
    ReflectedForeignKeyConstraint,
    ReflectedPrimaryKeyConstraint,
    ReflectedTableComment,
)
from sqlalchemy.exc import DatabaseError, DBAPIError, NoSuchTableError

from etl_monitor_orm.dialects.databricks.trouble import is_lost, is_missing
from etl_monitor_orm.dialects.retrying import REPEATABLE, RetryPolicy

_DETAILS: Final = "# Detailed Table Information"
_CONSTRAINTS: Final = "# Constraints"


@dataclass(frozen=True)
class TableDetail:
    """How Delta stores a table.

    Attributes:
        partition_columns: Each combination of their values has separate files.
        clustering_columns: Columns by which rows are sorted into files.
        features: Names of the table features that it uses.
    """

    partition_columns: tuple[str, ...]
    clustering_columns: tuple[str, ...]
    features: tuple[str, ...]


class WarehouseReflection(DatabricksDialect):
    """Reads the metadata of tables and views."""

    supports_comments = True
    inline_comments = True

    breaks: RetryPolicy

    def has_schema(self, connection: Connection, schema_name: str, **kw: Any) -> bool:
        """Whether there is such a schema."""
        return schema_name.lower() in (name.lower() for name in self.get_schema_names(connection, **kw))

    @reflection.cache
    def get_schema_names(self, connection: Connection, **kw: Any) -> list[str]:
        """Names of the catalog's schemas that the user may see."""
        return [row[0] for row in _read(connection, "SHOW SCHEMAS")]

    @reflection.cache
    def get_table_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        """Names of the tables in a schema."""
        # This lists views too. A view that somebody makes between the two statements is then in the second list only.
        found = _read(connection, "SHOW TABLES IN", self._quoted(schema))
        views = set(self.get_view_names(connection, schema, **kw))
        return [row.tableName for row in found if row.tableName not in views]

    @reflection.cache
    def get_view_names(
        self,
        connection: Connection,
        schema: str | None = None,
        only_materialized: bool = False,
        only_temp: bool = False,
        **kw: Any,
    ) -> list[str]:
        """Names of the views in a schema."""
        found = _read(connection, "SHOW VIEWS IN", self._quoted(schema))
        return [
            row.viewName
            for row in found
            if (row.isMaterialized or not only_materialized) and (row.isTemporary or not only_temp)
        ]

    def has_table(  # type: ignore[override] # in the session's catalog, as all else
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
        """Whether there is a table or view of this name."""
        try:
            self._described(connection, table_name, schema, **kw)
        except NoSuchTableError:
            return False
        return True

    @reflection.cache
    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[ReflectedColumn]:
        """Columns of a table, in their order, with types, nullability and comments.

        Databricks does not say which column is an identity column.
        """
        place = (self._schema(schema).lower(), table_name.lower())
        # The driver treats the names as patterns, in which _ matches any character.
        found = [
            row for row in self._columns_like(connection, *place) if _folded(row.TABLE_SCHEM, row.TABLE_NAME) == place
        ]
        if not found:
            self._described(connection, table_name, schema, **kw)
        return [parse_column_info_from_tgetcolumnsresponse(row) for row in found]

    @reflection.cache
    def get_pk_constraint(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> ReflectedPrimaryKeyConstraint:
        """The primary key, for information."""
        for name, definition in self._constraints(connection, table_name, schema, **kw):
            if definition.startswith("PRIMARY KEY"):
                return cast(ReflectedPrimaryKeyConstraint, build_pk_dict(name, definition))
        return {"constrained_columns": [], "name": None}

    @reflection.cache
    def get_foreign_keys(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[ReflectedForeignKeyConstraint]:
        """The foreign keys, for information."""
        return [
            cast(ReflectedForeignKeyConstraint, build_fk_dict(name, definition, schema))
            for name, definition in self._constraints(connection, table_name, schema, **kw)
            if definition.startswith("FOREIGN KEY")
        ]

    @reflection.cache
    def get_table_comment(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> ReflectedTableComment:
        """The comment of a table."""
        return {"text": self._detail(connection, table_name, schema, "Comment", **kw)}

    @reflection.cache
    def get_view_definition(  # type: ignore[override] # SQLAlchemy knows no view that keeps its query to itself
        self, connection: Connection, view_name: str, schema: str | None = None, **kw: Any
    ) -> str | None:
        """The query of a view, as it was written; None when the user may not see it."""
        return self._detail(connection, view_name, schema, "View Text", **kw)

    def detail(self, connection: Connection, table_name: str, schema: str | None = None) -> TableDetail | None:
        """What DESCRIBE DETAIL says about a table; None when the table does not exist."""
        if not self.has_table(connection, table_name, schema):
            return None
        (row,) = _read(connection, "DESCRIBE DETAIL", self._quoted(schema, table_name))
        told = row._mapping
        return TableDetail(
            partition_columns=_texts(told["partitionColumns"]),
            clustering_columns=_texts(told.get("clusteringColumns")),
            features=_texts(told.get("tableFeatures")),
        )

    @reflection.cache
    def _described(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[tuple[str, str]]:
        try:
            found = _read(connection, "DESCRIBE TABLE EXTENDED", self._quoted(schema, table_name))
        except DatabaseError as error:
            if is_missing(error.orig):
                raise NoSuchTableError(table_name) from error
            raise
        return [(row.col_name or "", row.data_type or "") for row in found]

    def _constraints(
        self, connection: Connection, table_name: str, schema: str | None, **kw: Any
    ) -> Iterator[tuple[str, str]]:
        return _section(_CONSTRAINTS, self._described(connection, table_name, schema, **kw))

    def _detail(
        self, connection: Connection, table_name: str, schema: str | None, wanted: str, **kw: Any
    ) -> str | None:
        details = dict(_section(_DETAILS, self._described(connection, table_name, schema, **kw)))
        return details.get(wanted) or None

    def _columns_like(self, connection: Connection, schema: str, table: str) -> list[Any]:
        def read() -> list[Any]:
            with connection.connection.cursor() as cursor:  # type: ignore[attr-defined] # the driver's
                found: list[Any] = cursor.columns(
                    catalog_name=self.catalog, schema_name=schema, table_name=table
                ).fetchall()
                return found

        try:
            return self.breaks.run(read, is_lost)
        except Exception as error:
            # This call bypasses SQLAlchemy's execution, which would wrap the error.
            raise DBAPIError("(columns of a table)", None, error) from error

    def _schema(self, schema: str | None) -> str:
        return schema or self.schema or "default"

    def _quoted(self, schema: str | None, *names: str) -> str:
        quote = self.identifier_preparer.quote_identifier
        return ".".join(quote(name) for name in (self._schema(schema), *names))


def _read(connection: Connection, *words: str) -> list[Row[Any]]:
    statement = " ".join(words)
    return list(connection.exec_driver_sql(statement, execution_options={REPEATABLE: True}))


def _section(title: str, rows: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The rows below a title of DESCRIBE, up to the next empty one."""
    names = [name for name, _ in rows]
    start = names.index(title) + 1 if title in names else len(rows)
    return takewhile(lambda row: row[0], rows[start:])


def _folded(*names: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


def _texts(values: Any) -> tuple[str, ...]:
    """An array's values; the driver returns an array, or its text."""
    if values is None:
        return ()
    return tuple(json.loads(values) if isinstance(values, str) else (str(value) for value in values))
