"""`ETLMonitorFramework`: the Spark edition's class, over `ETLMonitor`."""

from __future__ import annotations

import sys
from os import PathLike
from types import TracebackType
from typing import Self, cast

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from etl_monitor_orm.backends import backend_for
from etl_monitor_orm.errors import ConfigurationError
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.settings import Settings, variable
from etl_monitor_orm.spark_edition.guide import GUIDE
from etl_monitor_orm.spark_edition.registering import RegisteringCalls
from etl_monitor_orm.spark_edition.reporting import ReportingCalls
from etl_monitor_orm.spark_edition.tracking import TrackingCalls
from etl_monitor_orm.spark_edition.workspace import in_workspace


class ETLMonitorFramework(RegisteringCalls, TrackingCalls, ReportingCalls):
    """The Spark edition's class, release 1.0.0, over this library: code that used it changes its import only.

    Args:
        spark: The database: a SQLAlchemy URL, an Engine or an `ETLMonitor`. A Spark session is left alone, as is None:
            then `ETL_MONITOR_URL` says which database.
        catalog: Unity Catalog catalog; else the URL's, else `ETL_MONITOR_CATALOG`. A database without catalogs, an
            Engine and an `ETLMonitor` have no use for it.
        schema: Schema of the tables and views; an `ETLMonitor` has its own.

    Attributes:
        spark: The Spark session that was passed, if one was.
        catalog: The catalog that was passed.
        etl_schema: The schema of the tables and views.
        monitor: The `ETLMonitor` that does the work, and can do more.

    Raises:
        ConfigurationError: No database is given, or the settings do not lead to a usable one.

    Example:
        ```python
        monitor = ETLMonitorFramework("duckdb:///etl_monitor.duckdb")
        monitor.setup()
        ```
    """

    def __init__(self, spark: object, catalog: str = "", schema: str = "etl") -> None:
        is_database = isinstance(spark, str | URL | Engine | ETLMonitor)
        self.spark = None if is_database else spark
        self.catalog = catalog
        self._is_own = not isinstance(spark, ETLMonitor)
        self.monitor = spark if isinstance(spark, ETLMonitor) else _monitor_on(spark, catalog, schema)
        self.etl_schema = self.monitor.schema
        self._runtime = self.monitor._runtime

    def setup(self, seed_data: bool = True) -> None:
        """Create or upgrade the tables and views. You can call it at any time.

        Args:
            seed_data: Whether to add missing stages to tables that were there before; new tables have all seven.

        Raises:
            SchemaError: The tables were made by a newer version, or by the Spark edition.
            ConfigurationError: The database cannot be opened.
        """
        self.monitor.setup()
        if seed_data:
            self.seed_sequence_data()

    def guide(self) -> None:
        """Print a short guide to this class."""
        sys.stdout.write(GUIDE)

    def sample_usage(self, spark: object) -> str:
        """Write this package's notebooks and samples into a folder, and return which. Files that you changed are kept.

        Args:
            spark: A folder; or a Spark session, for a folder of its user's in the workspace.

        Raises:
            ConfigurationError: The folder cannot be written to, or there is no workspace here.
        """
        folder = spark if isinstance(spark, str | PathLike) else in_workspace(spark)
        done = self.monitor.sample_usage(folder)
        sys.stdout.write(f"{done}\n")
        return str(done.directory)

    def close(self) -> None:
        """Close the connections of a monitor that this object made; one that you passed stays yours."""
        if self._is_own:
            self.monitor.close()

    def __enter__(self) -> Self:
        """Return the object; the end of the `with` block closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ETLMonitorFramework over {self.monitor!r}>"


def _monitor_on(given: object, catalog: str, schema: str) -> ETLMonitor:
    """Return a monitor on the database that was given, or on the one of the environment.

    Raises:
        ConfigurationError: What was given is neither a database nor a Spark session, or the environment names none.
    """
    if isinstance(given, Engine):
        return ETLMonitor(given, schema=schema)
    url = given
    if given is None or callable(getattr(given, "sql", None)):
        url = variable("ETL_MONITOR_URL")
        if url is None:
            # The default would be a file on the cluster's driver, which is gone with the cluster.
            raise ConfigurationError(
                "No database is given: a Spark session is left alone, and ETL_MONITOR_URL is not set. Set it, or pass "
                "the database's URL in place of the session."
            )
    database = cast(str | URL, url)  # else it is refused in the next line
    backend = backend_for(Settings.read(database, schema=schema).url.get_backend_name())
    return ETLMonitor(database, schema=schema, catalog=catalog or None if backend.capabilities.catalogs else None)
