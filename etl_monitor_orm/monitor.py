"""`ETLMonitor`: the one object that callers need."""

from __future__ import annotations

from os import PathLike
from time import monotonic
from types import TracebackType
from typing import Literal, Self

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from etl_monitor_orm import inputs, samples, views
from etl_monitor_orm.adoption.report import AdoptionReport
from etl_monitor_orm.backends import place
from etl_monitor_orm.calls.baselines import BaselineCalls
from etl_monitor_orm.calls.care import CareCalls
from etl_monitor_orm.calls.catalogues import CatalogueCalls
from etl_monitor_orm.calls.deadlines import DeadlineCalls
from etl_monitor_orm.calls.explaining import ExplainingCalls
from etl_monitor_orm.calls.listing import ListingCalls
from etl_monitor_orm.calls.measuring import MeasuringCalls
from etl_monitor_orm.calls.moves import MoveCalls
from etl_monitor_orm.calls.past import PastCalls
from etl_monitor_orm.calls.questions import QuestionCalls
from etl_monitor_orm.calls.registration import RegistrationCalls
from etl_monitor_orm.calls.reports import ReportCalls
from etl_monitor_orm.calls.runs import RunCalls
from etl_monitor_orm.calls.skipping import SkippingCalls
from etl_monitor_orm.calls.steps import StepCalls
from etl_monitor_orm.calls.tokens import TokenCalls
from etl_monitor_orm.calls.tracking import TrackingCalls
from etl_monitor_orm.calls.watermarks import WatermarkCalls
from etl_monitor_orm.clocks import Clock, system_clock
from etl_monitor_orm.errors import ConfigurationError, EtlMonitorError, InvalidInput
from etl_monitor_orm.handing_over import NotCopied
from etl_monitor_orm.journal import opening
from etl_monitor_orm.journal.handle import Journal
from etl_monitor_orm.runtime import Flushable, Runtime
from etl_monitor_orm.schemas import views_schema_of
from etl_monitor_orm.session import UnitOfWork, adopted, engine_for
from etl_monitor_orm.settings import Settings


class ETLMonitor(
    NotCopied,
    RegistrationCalls,
    RunCalls,
    TrackingCalls,
    StepCalls,
    MeasuringCalls,
    SkippingCalls,
    WatermarkCalls,
    ReportCalls,
    QuestionCalls,
    DeadlineCalls,
    ListingCalls,
    PastCalls,
    ExplainingCalls,
    BaselineCalls,
    TokenCalls,
    CatalogueCalls,
    CareCalls,
    MoveCalls,
):
    """Knows what should run, what ran, what failed, what may run next, and how far each source was read.

    Args:
        database: A SQLAlchemy URL, or an Engine, which stays yours: the monitor does not change it, and `close()`
            leaves it open. Else `ETL_MONITOR_URL`, else `duckdb:///etl_monitor.duckdb`.
        schema: Schema of the tables and views; else `ETL_MONITOR_SCHEMA`, else `etl`.
        views_schema: Another schema for the views, as where another tool has views of the same names beside the
            tables; else `ETL_MONITOR_VIEWS_SCHEMA`, else beside the tables. Tell every program that uses them.
        catalog: Unity Catalog catalog, where the database has catalogs; else `ETL_MONITOR_CATALOG`.
        actor: Name for CreatedBy and LastUpdatedBy; else `ETL_MONITOR_ACTOR`, else the database's user where
            it has users, else the OS user.
        clock: Returns the current time. Each call reads it once, for all timestamps that it writes.
        lock_wait: Seconds that a call waits while another process holds a DuckDB file; else the URL's `?lock_wait=`,
            else `ETL_MONITOR_LOCK_WAIT`, else 30. Then it raises `DatabaseLocked`.
        exclusive: Whether to hold a DuckDB file until `close()`. By default the monitor lets go of it whenever no
            call is at work and no session is in a transaction, so that other processes can use it.
        when_away: How calls that report go on while the database cannot be reached or stays locked: `raise`; `warn` to
            go on and record nothing; `journal` to go on, and to record it when the database is back. Else
            `ETL_MONITOR_WHEN_AWAY`, else `raise`.
        journal: File for what waits, or a folder that exists for one file a database; else `ETL_MONITOR_JOURNAL`, else
            a file in the user's state folder.

    Raises:
        ConfigurationError: The settings do not lead to a usable database.
        InvalidInput: The clock is not a function.

    Example:
        ```python
        monitor = ETLMonitor("duckdb:///etl_monitor.duckdb")
        monitor.setup()
        run = monitor.start_run("CORP", "HR_DAILY", "2026-04-09")
        with run.task(1):
            load_employees()
        ```
    """

    _instead = "Hand over the database's URL and the schema, and make the monitor there: ETLMonitor(url, schema=...)."

    def __init__(
        self,
        database: str | URL | Engine | None = None,
        *,
        schema: str | None = None,
        views_schema: str | None = None,
        catalog: str | None = None,
        actor: str | None = None,
        clock: Clock = system_clock,
        lock_wait: float | None = None,
        exclusive: bool = False,
        when_away: Literal["raise", "warn", "journal"] | None = None,
        journal: str | PathLike[str] | None = None,
    ) -> None:
        if not callable(clock):
            raise InvalidInput(f"clock must be a function that returns the time, not {type(clock).__name__}.")
        url = database.url if isinstance(database, Engine) else database
        self._settings = Settings.read(
            url,
            schema=schema,
            views_schema=views_schema,
            catalog=catalog,
            actor=actor,
            lock_wait=lock_wait,
            when_away=when_away,
            journal=journal,
        )
        self._made_engine = not isinstance(database, Engine)
        if isinstance(database, Engine):
            if catalog is not None:
                raise ConfigurationError("An engine already has its catalog. Pass catalog= only with a URL.")
            if lock_wait is not None or exclusive:
                raise ConfigurationError(
                    "An engine already holds its file in its own way. Pass lock_wait= and exclusive= only with a URL, "
                    "or to etl_monitor_orm.create_engine(url)."
                )
            engine = adopted(database, self._settings)
        else:
            engine = engine_for(self._settings, exclusive=exclusive)
        bridge = opening.bridge_for(self._settings, engine.url)
        self._runtime = Runtime(UnitOfWork(engine), clock, self._settings.actor, bridge)

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, mapped to the monitor's schema; it may differ from the engine that you passed."""
        return self._runtime.units.engine

    @property
    def schema(self) -> str:
        """The schema of the tables."""
        return self._settings.schema

    @property
    def views_schema(self) -> str:
        """The schema of the views; it is the tables' unless you named another one."""
        return views_schema_of(self.engine)

    @property
    def journal(self) -> Journal:
        """The calls that wait for the database, with `when_away="journal"`: what they are, to send and to drop them."""
        return opening.journal_of(self._settings, self.engine.url, self._runtime.one_reading())

    def setup(self, *, layout: str | None = None) -> Self:
        """Create or upgrade the tables and views, and seed the stages. You can call it at any time.

        Views that another tool replaced, as the Spark edition's `setup()` does, are restored.
        While the database is away, `when_away="warn"` and `"journal"` go on as if the tables were current.

        Args:
            layout: On Databricks, `partitioned` (the default) or `clustered`: how new results tables are laid out; else
                `ETL_MONITOR_LAYOUT`. Existing tables keep theirs.

        Raises:
            SchemaError: The tables were made by a newer version.
            ConfigurationError: The database cannot be opened, or has no such layout.
        """
        from etl_monitor_orm import migrations

        began = monotonic()
        try:
            migrations.upgrade(self.engine, self.schema, layout=layout)
        except EtlMonitorError as error:
            if self._runtime.bridge is None:
                raise
            self._runtime.bridge.go_on_without(error, monotonic() - began)
        else:
            self._runtime.schema_is_current()
        views.load()
        return self

    def adopt(
        self,
        *,
        dry_run: bool = False,
        backup: str | PathLike[str] | None = None,
        keep_latest: bool = False,
        anyway: bool = False,
        keep_their_views: bool = False,
    ) -> AdoptionReport:
        """Take over the tables that the Spark edition made, with all their rows, and replace its views.

        A monitor with a `views_schema=` of its own makes its views there, and leaves the Spark edition's as they are.

        Columns are added, then rows are put right, then the views are replaced, and the revision is recorded last.
        Where the database can roll DDL back, this is one transaction. Elsewhere a stop after any statement leaves
        tables on which the Spark edition works, and the next call continues. Receipts are in `ETLsysLogs`. Tables that
        are adopted already are left as they are.

        Args:
            dry_run: Whether to change nothing, and return what would change.
            backup: A new file for the definitions of the Spark edition's views, as SQL. A call that goes on after a
                stop keeps the file that is there.
            keep_latest: Whether to remove rows whose natural key a later row has; else they are refused.
            anyway: Whether to go on although steps were started within the last hour and have not ended.
            keep_their_views: Whether to refuse to replace the Spark edition's views: the monitor must have its own in
                another schema.

        Returns:
            What was found and changed, with a map from old to new natural keys. `str()` of it is a text for the team.

        Raises:
            SchemaMissing: There are no tables of the Spark edition.
            SchemaOutOfDate: The tables have another revision of the monitor's.
            SchemaError: No release of the Spark edition made the tables like this, several rows have one key, or the
                database refused a statement.
            InvalidTransition: Steps are running.
            InvalidInput: The backup exists, or the views have no other schema.
            ConfigurationError: A privilege is missing, or the backup cannot be written.
        """
        from etl_monitor_orm.adoption import adopting

        report = adopting.adopt(
            self.engine,
            self.schema,
            now=self._runtime.now(),
            dry_run=inputs.boolean("dry_run", dry_run),
            backup=None if backup is None else inputs.path("backup", backup),
            keep_latest=inputs.boolean("keep_latest", keep_latest),
            anyway=inputs.boolean("anyway", anyway),
            keep_their_views=inputs.boolean("keep_their_views", keep_their_views),
        )
        if report.done:
            self._runtime.schema_is_current()
            views.load()
        return report

    def sample_usage(self, directory: str | PathLike[str], *, overwrite: bool = False) -> samples.Extraction:
        """Write the notebooks and samples of this version into a folder; nothing asks the database.

        Args:
            directory: The folder; it is made if it is not there. Each kind of sample gets a folder in it.
            overwrite: Replace files that differ from this version's, such as those that you changed.

        Returns:
            What was written, what was there already, and what was kept. `str()` of it is a text for people.

        Raises:
            InvalidInput: `directory` is no text.
            ConfigurationError: The folder cannot be written to, or the package was installed without its samples.
        """
        return samples.extract(None, directory, overwrite=overwrite)

    def session(self) -> Session:
        """Return a SQLAlchemy session on the mapped tables and views, for your own queries and changes.

        It is an ordinary session: use it in a `with` statement, and commit what you write. From its first statement
        until it is committed, rolled back or closed, it holds a DuckDB file, and other processes wait.

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
        """Flush `log` whenever a tracked task ends, as long as `log` exists; `EtlLogHandler` uses this.

        Args:
            log: What has a `flush()`; the monitor does not keep it alive.
        """
        self._runtime.flush_at_task_end(log)

    def close(self) -> None:
        """Close the connections of an engine that the monitor made, and let go of a DuckDB file at once.

        The monitor does not close an engine that you passed: dispose it when you are done.
        """
        if self._made_engine:
            self.engine.dispose()
            self._runtime.schema_may_have_changed()

    def __enter__(self) -> Self:
        """Return the monitor; the end of the `with` block closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ETLMonitor {place(self.engine.url)} schema={self.schema}>"
