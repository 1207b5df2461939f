"""DuckDB's own description of its objects, as SQLAlchemy selectables."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Integer, String, column, func
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import NullType

from etl_monitor_orm.dialects.duckdb.versions import SINCE_2_0

TABLES: TableValuedAlias = func.duckdb_tables().table_valued(
    column("database_name", String),
    column("schema_name", String),
    column("table_name", String),
    column("comment", String),
    column("internal", Boolean),
    name="tables",
)
VIEWS: TableValuedAlias = func.duckdb_views().table_valued(
    column("database_name", String),
    column("schema_name", String),
    column("view_name", String),
    column("comment", String),
    column("internal", Boolean),
    column("sql", String),
    name="views",
)
COLUMNS: TableValuedAlias = func.duckdb_columns().table_valued(
    column("database_name", String),
    column("schema_name", String),
    column("table_name", String),
    column("column_name", String),
    column("column_index", Integer),
    column("data_type", String),
    column("is_nullable", Boolean),
    column("column_default", String),
    column("comment", String),
    *([column("is_generated", Boolean)] if SINCE_2_0 else []),
    name="columns",
)
CONSTRAINTS: TableValuedAlias = func.duckdb_constraints().table_valued(
    column("database_name", String),
    column("schema_name", String),
    column("table_name", String),
    column("constraint_index", Integer),
    column("constraint_type", String),
    column("constraint_column_names", NullType),
    column("expression", String),
    column("referenced_table", String),
    column("referenced_column_names", NullType),
    name="constraints",
)
INDEXES: TableValuedAlias = func.duckdb_indexes().table_valued(
    column("database_name", String),
    column("schema_name", String),
    column("table_name", String),
    column("index_name", String),
    column("is_unique", Boolean),
    column("expressions", String),
    name="indexes",
)
SEQUENCES: TableValuedAlias = func.duckdb_sequences().table_valued(
    column("database_name", String),
    column("schema_name", String),
    column("sequence_name", String),
    column("start_value", BigInteger),
    column("min_value", BigInteger),
    column("max_value", BigInteger),
    column("increment_by", BigInteger),
    column("cycle", Boolean),
    name="sequences",
)
SCHEMAS: TableValuedAlias = func.duckdb_schemas().table_valued(
    column("database_name", String),
    column("schema_name", String),
    column("internal", Boolean),
    name="schemas",
)
