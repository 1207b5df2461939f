"""What alembic must know of DuckDB. Importing this module registers it."""

from __future__ import annotations

from alembic.ddl.impl import DefaultImpl


class DuckDBImpl(DefaultImpl):
    """Alembic's operations on DuckDB; its DDL is transactional."""

    __dialect__ = "duckdb"
    transactional_ddl = True
