"""`ETLMonitor`: the one object that callers need."""

from __future__ import annotations

from typing import Self

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from etl_monitor_orm import migrations
from etl_monitor_orm.backends import backend_for, place
from etl_monitor_orm.clocks import Clock, system_clock
from etl_monitor_orm.errors import ConfigurationError
from etl_monitor_orm.facade.registration import RegistrationCalls
from etl_monitor_orm.facade.reports import ReportCalls
from etl_monitor_orm.facade.runs import RunCalls
from etl_monitor_orm.facade.steps import StepCalls
from etl_monitor_orm.facade.watermarks import WatermarkCalls
from etl_monitor_orm.runtime import Flushable, Runtime
from etl_monitor_orm.session import UnitOfWork, engine_for, in_schema
from etl_monitor_orm.settings import Settings


class ETLMonitor(RegistrationCalls, RunCalls, StepCalls, WatermarkCalls, ReportCalls):
    """Knows what should run, what ran, what failed, what may run next, and up to where each source was read.

    Args:
        database: A SQLAlchemy URL, or an Engine; else `ETL_MONITOR_URL`, else `duckdb:///etl_monitor.duckdb`.
        schema: Schema of the tables and views; else `ETL_MONITOR_SCHEMA`, else `etl`.
        catalog: Unity Catalog catalog, where the database has catalogs; else `ETL_MONITOR_CATALOG`.
        actor: Name for CreatedBy and LastUpdatedBy; else `ETL_MONITOR_ACTOR`, else the database's user where
            it has users, else the OS user.
        clock: Returns the present; every timestamp that a call writes comes from one reading of it.

    Raises:
        ConfigurationError: The settings do not lead to a usable database.

    Example:
        ```python
        monitor = ETLMonitor("duckdb:///etl_monitor.duckdb")
        monitor.setup()
        run = monitor.start_run("CORP", "HR_DAILY", "2026-04-09")
        with run.task(1):
            load_employees()
        ```
    """

    def __init__(
        self,
        database: str | URL | Engine | None = None,
        *,
        schema: str | None = None,
        catalog: str | None = None,
        actor: str | None = None,
        clock: Clock = system_clock,
    ) -> None:
        url = database.url if isinstance(database, Engine) else database
        self._settings = Settings.read(url, schema=schema, catalog=catalog, actor=actor)
        if isinstance(database, Engine):
            if catalog is not None:
                raise ConfigurationError("An engine knows its catalog already; pass catalog= only beside a URL.")
            backend_for(database.dialect.name).accept(database)
            engine = in_schema(database, self._settings.schema)
        else:
            engine = engine_for(self._settings)
        self._runtime = Runtime(UnitOfWork(engine), clock, self._settings.actor)

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, its schema mapped to the monitor's."""
        return self._runtime.units.engine

    @property
    def schema(self) -> str:
        """The schema of the tables and views."""
        return self._settings.schema

    def setup(self, *, layout: str | None = None) -> Self:
        """Create the tables and views, or bring them up to date, and seed the stages. May be called at any time.

        Args:
            layout: On Databricks, `partitioned` (the default) or `clustered`: how new results tables are laid out; else
                `ETL_MONITOR_LAYOUT`. Tables that are there keep theirs.

        Raises:
            SchemaError: The tables were made by a newer version.
            ConfigurationError: The database cannot be opened, or has no such layout.
        """
        migrations.upgrade(self.engine, self.schema, layout=layout)
        self._runtime.schema_is_current()
        return self

    def session(self) -> Session:
        """Return a SQLAlchemy session on the mapped tables and views, for queries or work of one's own.

        It is an ordinary session: use it in a `with` statement, and commit what you write.

        Example:
            ```python
            with monitor.session() as session:
                for failure in session.scalars(select(CurrentFailure)):
                    print(failure.task_name, failure.log_message)
            ```
        """
        self._runtime.require_schema()
        return self._runtime.units.session()

    def flush_at_task_end(self, log: Flushable) -> None:
        """Have `log` flushed whenever a tracked task ends, for as long as it lives; `EtlLogHandler` asks for it."""
        self._runtime.flush_at_task_end(log)

    def close(self) -> None:
        """Give the database's connections back; a DuckDB file is free for other processes afterwards."""
        self.engine.dispose()

    def __repr__(self) -> str:
        return f"<ETLMonitor {place(self.engine.url)} schema={self.schema}>"
