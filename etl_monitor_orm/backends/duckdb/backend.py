"""DuckDB as the monitor's database: engines, conflicts, errors."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager, suppress
from importlib import import_module
from typing import Any, Final
from uuid import uuid4
from weakref import WeakValueDictionary

import duckdb
import sqlalchemy
from sqlalchemy import Result, event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from etl_monitor_orm.backends.base import Capabilities, place
from etl_monitor_orm.backends.duckdb.dialect import DuckDBDialect
from etl_monitor_orm.errors import ConfigurationError, DatabaseError, DatabaseLocked, EtlMonitorError, SchemaMissing

MEMORY: Final = ":memory:"

_locks: WeakValueDictionary[str, threading.RLock] = WeakValueDictionary()
_locks_guard = threading.Lock()


class DuckDBBackend:
    """One file, or one named database in memory, written by one process at a time."""

    capabilities: Final = Capabilities(
        transactions=True,
        transactional_ddl=True,
        returning=True,
        counts_inserts=True,
        users=False,
        catalogs=False,
        layouts=False,
        folds_names=False,
        max_bound_values=10_000,
    )

    def create_engine(self, url: URL, *, catalog: str | None) -> Engine:
        """Return a pooled engine whose threads share one database, in memory too."""
        if catalog is not None:
            raise ConfigurationError(
                f"DuckDB has no catalogs, but catalog={catalog!r} was given. "
                "Leave it out, and unset ETL_MONITOR_CATALOG."
            )
        if url.host or url.username or url.password:
            raise ConfigurationError(
                "A DuckDB URL names a file, not a server, so three slashes go before it: duckdb:///etl_monitor.duckdb, "
                "or duckdb:////var/lib/etl_monitor.duckdb for a path from the root."
            )
        if url.database in (None, "", MEMORY):
            # An unnamed database in memory would be another one on every thread.
            url = url.set(database=MEMORY + uuid4().hex)
        engine = sqlalchemy.create_engine(url, poolclass=QueuePool, pool_size=8, max_overflow=32, hide_parameters=True)
        event.listen(engine, "connect", _speak_utc)
        return engine

    def accept(self, engine: Engine) -> None:
        """Refuse an engine of the stock dialect, which lets results of one connection overwrite each other."""
        if not isinstance(engine.dialect, DuckDBDialect):
            raise ConfigurationError(
                "This engine was made before etl_monitor_orm was imported, by a DuckDB dialect that mixes up results. "
                "Import etl_monitor_orm first, or make it with etl_monitor_orm.create_engine(url)."
            )

    def for_services(self, engine: Engine) -> Engine:
        """All work is treated alike."""
        return engine

    def is_conflict(self, error: DBAPIError) -> bool:
        """DuckDB aborts the transaction that loses, at the statement or at COMMIT.

        Two transactions that insert the same row first collide on its key.
        """
        cause = error.orig
        if isinstance(cause, duckdb.TransactionException):
            return True
        return isinstance(cause, duckdb.ConstraintException) and "duplicate key" in str(cause).lower()

    def was_sent_again(self, result: Result[Any]) -> bool:
        """There is no wire on which a reply could be lost."""
        return False

    def is_reply_lost(self, error: DBAPIError) -> bool:
        """A statement that failed was not executed."""
        return False

    def explain(self, error: DBAPIError, engine: Engine) -> EtlMonitorError:
        """Tell a held file, a missing schema and a refused statement apart."""
        cause, words = error.orig, str(error.orig)
        where = place(engine.url)
        if isinstance(cause, duckdb.IOException) and "lock" in words:
            return DatabaseLocked(
                f"Another process holds {where}: DuckDB lets one process write a file at a time. "
                f"End that process, or give the monitor a file of its own. DuckDB says: {words}"
            )
        if isinstance(cause, duckdb.CatalogException) and "does not exist" in words:
            return SchemaMissing(
                f"{where} lacks a table or view of the monitor. Run `etl-monitor db upgrade --url {where}`, "
                f"or call monitor.setup(). DuckDB says: {words}"
            )
        if isinstance(cause, duckdb.IOException):
            return ConfigurationError(f"{where} cannot be opened or written. DuckDB says: {words}")
        return DatabaseError(f"DuckDB refused a statement on {where}: {words}")

    def alone(self, engine: Engine) -> AbstractContextManager[object]:
        """One lock per database and process.

        Two transactions that write different rows do not conflict in DuckDB, and neither sees the other's: a reset and
        a run would read one number, and of two steps that share a watermark neither would find itself the last.
        One process writes a file at a time, so a lock in that process is enough.
        """
        database = str(engine.url.database)
        key = database if database.startswith(MEMORY) else os.path.abspath(database)
        with _locks_guard:
            return _locks.setdefault(key, threading.RLock())

    def storage(self, connection: Connection, table: str, schema: str) -> None:
        """Nothing to tell: all of a database is one file."""

    def teach_alembic(self) -> None:
        """Importing the module is enough."""
        import_module("etl_monitor_orm.backends.duckdb.alembic_impl")

    def after_migration(self, connection: Connection) -> None:
        """Move the migration from the log into the file.

        After a crash, DuckDB 1.5 cannot replay a comment on a column, or any other ALTER, of a table whose rows a
        sequence numbers: a process killed before the next checkpoint would leave a file that cannot be opened.
        """
        cursor = connection.connection.cursor()
        with suppress(duckdb.TransactionException):  # Others are writing. The checkpoint after them includes this.
            cursor.execute("CHECKPOINT")
        cursor.close()


def _speak_utc(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    """Have the driver hand out times in UTC: in another zone, the calendar's first or last day would be beyond it."""
    cursor = connection.cursor()
    cursor.execute("SET TimeZone = 'UTC'")
    cursor.close()
