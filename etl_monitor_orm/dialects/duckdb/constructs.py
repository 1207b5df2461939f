"""DuckDB's own types, which duckdb-engine compiles only for its own dialect's name."""

from __future__ import annotations

from duckdb_engine import datatypes
from sqlalchemy.ext.compiler import compiles


def compile_for(dialect: str) -> None:
    """Make duckdb-engine's types render under another dialect's name as under its own."""
    for kind in datatypes.types:
        compiles(kind, dialect)(datatypes.compile_uint)
    compiles(datatypes.Struct, dialect)(datatypes.visit_struct)
    compiles(datatypes.Union, dialect)(datatypes.visit_union)
    compiles(datatypes.Map, dialect)(datatypes.visit_map)
