"""Alembic's implementation for DuckDB. Importing this module registers it.

`alembic check` and `--autogenerate` do not compare what DuckDB drops: lengths of VARCHAR, names of constraints, and
whether a sequence belongs to an identity column or to an autoincrementing key.
"""

from __future__ import annotations

from typing import Any

from alembic.ddl.base import ColumnComment, RenameTable, alter_table, format_column_name, format_table_name
from alembic.ddl.impl import DefaultImpl
from sqlalchemy import Column, ForeignKeyConstraint, Index, UniqueConstraint, func, literal, select, types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler


class DuckDBImpl(DefaultImpl):
    """Alembic's operations on DuckDB; its DDL is transactional."""

    __dialect__ = "duckdb+monitor"
    transactional_ddl = True
    type_synonyms = (
        *DefaultImpl.type_synonyms,
        {"VARCHAR", "CHAR", "NCHAR", "NVARCHAR", "TEXT"},
        {"BYTEA", "BLOB"},
        {"FLOAT", "REAL"},
    )
    identity_attrs_ignore = (*DefaultImpl.identity_attrs_ignore, "always", "cache")

    def compare_type(self, inspector_column: Column[Any], metadata_column: Column[Any]) -> bool:
        """Whether the types differ; for enums, whether their labels differ."""
        found, wanted = inspector_column.type, metadata_column.type
        if isinstance(found, types.Enum) and isinstance(wanted, types.Enum):
            return found.enums != wanted.enums
        return super().compare_type(inspector_column, metadata_column)

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Whether the defaults differ, each as DuckDB's parser would write it."""
        # alembic renders a plain string without the quotes that it gets in DDL.
        compiler = self.dialect.ddl_compiler(self.dialect, None)  # type: ignore[arg-type] # alembic's own way
        wanted = compiler.get_column_default_string(metadata_column)
        return self._normal(wanted) != self._normal(rendered_inspector_default)

    def correct_for_autogen_constraints(
        self,
        conn_uniques: set[UniqueConstraint],
        conn_indexes: set[Index],
        metadata_unique_constraints: set[UniqueConstraint],
        metadata_indexes: set[Index],
    ) -> None:
        """Give each reflected constraint the name of the declared one with the same columns."""
        wanted = {tuple(unique.columns.keys()): unique.name for unique in metadata_unique_constraints}
        for unique in conn_uniques:
            unique.name = wanted.get(tuple(unique.columns.keys()))

    def correct_for_autogen_foreignkeys(
        self, conn_fks: set[ForeignKeyConstraint], metadata_fks: set[ForeignKeyConstraint]
    ) -> None:
        """Give each reflected foreign key the RESTRICT or NO ACTION that DuckDB accepted and dropped."""
        wanted = {_columns_of(key): key for key in metadata_fks}
        for key in conn_fks:
            if (match := wanted.get(_columns_of(key))) is not None:
                key.ondelete, key.onupdate = match.ondelete, match.onupdate

    def _compare_identity_default(
        self, metadata_identity: object, inspector_identity: object
    ) -> tuple[set[str], set[str], bool]:
        if metadata_identity is None:
            # An autoincrementing key has a sequence too, and DuckDB cannot remove an identity.
            return set(), set(), False
        found: tuple[set[str], set[str], bool]
        found = super()._compare_identity_default(metadata_identity, inspector_identity)  # type: ignore[no-untyped-call]
        return found

    def _normal(self, default: str | None) -> str | None:
        if default is None or self.connection is None:
            return default
        query = literal(f"SELECT {default}")
        return self.connection.scalar(select(func.json_deserialize_sql(func.json_serialize_sql(query))))


def _columns_of(key: ForeignKeyConstraint) -> tuple[object, ...]:
    return tuple(key.column_keys), tuple(element.target_fullname for element in key.elements)


@compiles(ColumnComment, "duckdb+monitor")
def _comment_on_column(element: ColumnComment, compiler: DDLCompiler, **kw: object) -> str:
    table = format_table_name(compiler, element.table_name, element.schema)
    column = format_column_name(compiler, element.column_name)
    comment = "NULL"
    if element.comment is not None:
        comment = compiler.sql_compiler.render_literal_value(element.comment, types.String())
    return f"COMMENT ON COLUMN {table}.{column} IS {comment}"


@compiles(RenameTable, "duckdb+monitor")
def _rename_table(element: RenameTable, compiler: DDLCompiler, **kw: object) -> str:
    # The table stays in its schema. DuckDB accepts a schema only with the old name.
    renamed = alter_table(compiler, element.table_name, element.schema)
    return f"{renamed} RENAME TO {format_table_name(compiler, element.new_table_name, None)}"
