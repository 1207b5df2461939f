"""Engines for code of one's own."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from etl_monitor_orm.session import engine_for
from etl_monitor_orm.settings import Settings


def create_engine(url: str | URL | None = None, *, schema: str | None = None, catalog: str | None = None) -> Engine:
    """Return a SQLAlchemy engine as the monitor uses it: for queries of one's own on the mapped classes.

    Its dialect is the monitor's own, and no values stand in error texts. On DuckDB all threads share one database in
    memory; on Databricks sessions are in the catalog, keep the monitor's limits, and repeat what conflicts.

    Args:
        url: A SQLAlchemy URL; else `ETL_MONITOR_URL`, else `duckdb:///etl_monitor.duckdb`.
        schema: Schema of the tables and views; else `ETL_MONITOR_SCHEMA`, else `etl`.
        catalog: Unity Catalog catalog, where the database has catalogs; else `ETL_MONITOR_CATALOG`.

    Raises:
        ConfigurationError: The settings do not lead to a usable database.

    Example:
        ```python
        engine = create_engine("duckdb:///etl_monitor.duckdb")
        with Session(engine) as session:
            session.scalars(select(Watermark)).all()
        ```
    """
    return engine_for(Settings.read(url, schema=schema, catalog=catalog))
