"""Engines and the unit of work: sessions, retries of conflicts, and the monitor's errors for the driver's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar, cast

from sqlalchemy import Engine, Table
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from etl_monitor_orm import foreign_views, inputs
from etl_monitor_orm.backends import Backend, Capabilities, Holding, RetryPolicy, backend_for, backend_of, our_error
from etl_monitor_orm.errors import ConflictError
from etl_monitor_orm.models import SequenceStage
from etl_monitor_orm.schemas import in_schema, views_schema_of
from etl_monitor_orm.settings import Settings

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

_MEETING_PLACE: Final = cast(Table, SequenceStage.__table__)
"""The table that is written least often."""


def create_engine(
    url: str | URL | None = None,
    *,
    schema: str | None = None,
    views_schema: str | None = None,
    catalog: str | None = None,
    connect_args: Mapping[str, object] | None = None,
    lock_wait: float | None = None,
    exclusive: bool = False,
) -> Engine:
    """Return a SQLAlchemy engine like the monitor's, for your own queries on the mapped classes.

    It has the monitor's dialect, and its error texts hide values. On DuckDB all threads share one in-memory database.
    On Databricks its sessions use the catalog and the monitor's limits, and retry conflicting statements.
    A DuckDB file is let go while no connection is in use, so that other processes can use it.

    Args:
        url: A SQLAlchemy URL; else `ETL_MONITOR_URL`, else `duckdb:///etl_monitor.duckdb`.
        schema: Schema of the tables and views; else `ETL_MONITOR_SCHEMA`, else `etl`.
        views_schema: Another schema for the views; else `ETL_MONITOR_VIEWS_SCHEMA`, else beside the tables.
        catalog: Unity Catalog catalog, where the database has catalogs; else `ETL_MONITOR_CATALOG`.
        connect_args: Driver arguments that a URL cannot express, such as `session_configuration`.
        lock_wait: Seconds to wait while another process holds a DuckDB file; else the URL's `?lock_wait=`, else
            `ETL_MONITOR_LOCK_WAIT`, else 30.
        exclusive: Whether to hold a DuckDB file until the engine is disposed.

    Raises:
        ConfigurationError: The settings do not lead to a usable database.

    Example:
        ```python
        engine = create_engine("duckdb:///etl_monitor.duckdb")
        with Session(engine) as session:
            session.scalars(select(Watermark)).all()
        ```
    """
    settings = Settings.read(url, schema=schema, views_schema=views_schema, catalog=catalog, lock_wait=lock_wait)
    return engine_for(settings, connect_args, exclusive=exclusive)


def engine_for(
    settings: Settings, connect_args: Mapping[str, object] | None = None, *, exclusive: bool = False
) -> Engine:
    """Return an engine for the settings' database, its schema mapped to the settings' schema."""
    backend = backend_for(settings.url.get_backend_name())
    if inputs.boolean("exclusive", exclusive):
        backend.refuse_exclusive()
    engine = backend.create_engine(
        settings.url,
        catalog=settings.catalog,
        schemas=(settings.schema, settings.views_schema or settings.schema),
        connect_args=connect_args,
        holding=Holding(settings.lock_wait, exclusive),
    )
    there = in_schema(engine, settings.schema, settings.views_schema)
    backend.refuse_schema(there, views_schema_of(there))
    return there


def reading_engine(
    url: str | None,
    *,
    schema: str | None,
    catalog: str | None,
    views_schema: str | None = None,
    lock_wait: float | None = None,
) -> Engine:
    """Return an engine for a program that only reads; a DuckDB file is opened read-only.

    Arguments as for `create_engine`.

    Raises:
        ConfigurationError: The settings do not lead to a usable database.
    """
    settings = Settings.read(url, schema=schema, views_schema=views_schema, catalog=catalog, lock_wait=lock_wait)
    return engine_for(settings, backend_for(settings.url.get_backend_name()).arguments_to_read(settings.url))


def adopted(engine: Engine, settings: Settings) -> Engine:
    """Return an engine for the monitor that uses the connections of the caller's engine.

    An engine that has the views in another schema than its tables keeps them there, unless the settings name one.

    Raises:
        ConfigurationError: The monitor does not support its database, or its connections cannot be made safe.
    """
    backend = backend_of(engine)
    ours = backend.adopt(engine)
    there = in_schema(ours, settings.schema, settings.views_schema)
    for schema in (settings.schema, views_schema_of(there)):
        backend.refuse_schema(ours, schema)
    return there


class Turns:
    """Lets only some threads work at a time; one that is at work may begin more.

    Args:
        most: How many; None means all.
    """

    def __init__(self, most: int | None) -> None:
        self._free = None if most is None else threading.BoundedSemaphore(most)
        self._here = threading.local()

    def __enter__(self) -> None:
        if self._free is None:
            return
        depth = getattr(self._here, "depth", 0)
        if not depth:
            self._free.acquire()
        self._here.depth = depth + 1

    def __exit__(self, *error: object) -> None:
        if self._free is None:
            return
        self._here.depth -= 1
        if not self._here.depth:
            self._free.release()


class UnitOfWork:
    """Runs work in a fresh session. It commits, or it rolls back and raises an error.

    Args:
        engine: The database.
        retry: How conflicts are retried.
    """

    def __init__(self, engine: Engine, retry: RetryPolicy | None = None) -> None:
        self.engine = engine
        self.backend: Backend = backend_of(engine)
        self._sessions = sessionmaker(engine, expire_on_commit=False)
        self._service_sessions = sessionmaker(self.backend.for_services(engine), expire_on_commit=False)
        self._turns = Turns(self.backend.most_calls)
        self._retry = retry or RetryPolicy()

    @property
    def capabilities(self) -> Capabilities:
        """What the database can do."""
        return self.backend.capabilities_of(self.engine)

    def session(self) -> Session:
        """Return a session for the caller's own work; the caller commits."""
        self.backend.before_work_in_tables(self.engine)
        return self._sessions()

    def run(self, work: Callable[[Session], T], *, alone: bool = False) -> T:
        """Run `work` in a session and commit; after a conflict, run it again from its beginning.

        Args:
            work: What to do.
            alone: Whether the work must see what other work of its kind wrote: it numbers attempts, or ends steps.

        Raises:
            ConflictError: Conflicts continued until the retries ran out.
            EtlMonitorError: The monitor or the database refused the work.
        """
        self.backend.before_work_in_tables(self.engine)
        try:
            return self._retry.run(lambda: self._once(work, alone), self._may_run_again, _give_up)
        except SQLAlchemyError as error:
            if isinstance(error, DBAPIError) and self.backend.is_conflict(error):
                raise ConflictError(
                    "Others kept writing the same rows until the retries ran out. Make the call again: it continues."
                ) from error
            raise foreign_views.noticed(error, self.engine) or our_error(error, self.engine) from error

    def _may_run_again(self, error: BaseException) -> bool:
        # Without transactions, part of the work is already written, so the dialect retries the statement instead.
        if not (isinstance(error, DBAPIError) and self.backend.capabilities.transactions):
            return False
        return self.backend.is_conflict(error)

    def _once(self, work: Callable[[Session], T], alone: bool) -> T:
        if not alone:
            with self._turns, self._service_sessions.begin() as session:
                return work(session)
        # The guard covers one try at a time: others continue while this one pauses.
        with self._turns, self.backend.alone(self.engine), self._service_sessions.begin() as session:
            self.backend.wait_for_others(session, _MEETING_PLACE)
            return work(session)


def _give_up(state: RetryCallState) -> NoReturn:
    cause = state.outcome.exception() if state.outcome else None
    raise ConflictError(
        f"Others kept writing the same rows during {state.attempt_number} tries in {state.seconds_since_start:.1f} s; "
        "nothing was written. Make the call again."
    ) from cause
