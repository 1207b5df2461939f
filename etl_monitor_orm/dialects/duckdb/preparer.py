"""How names are quoted."""

from __future__ import annotations

import duckdb_engine

from etl_monitor_orm.dialects.duckdb.names import split_schema


class DuckDBIdentifierPreparer(duckdb_engine.DuckDBIdentifierPreparer):
    """Quotes names; a schema may be `database.schema`, with double quotes around a part that has a dot in it."""

    def format_schema(self, name: str) -> str:
        """The schema, and its database if there is one, each quoted where it must be."""
        database, schema = split_schema(name)
        return ".".join(self.quote(part) for part in (database, schema) if part is not None)
