"""DuckDB: an embedded database, in a file or in memory."""
