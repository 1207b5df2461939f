"""DuckDB as the monitor's database: engines, conflicts, errors."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final
from uuid import uuid4
from weakref import WeakKeyDictionary, WeakValueDictionary

import duckdb
import duckdb_engine
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Dialect, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from etl_monitor_orm.backends.base import Backend, Capabilities, Holding
from etl_monitor_orm.backends.duckdb_files import is_by_url, is_open, refused_options, removed, watch_file
from etl_monitor_orm.backends.duckdb_keeping import KeepingPool, keep_in_memory
from etl_monitor_orm.backends.duckdb_opening import Opening
from etl_monitor_orm.backends.duckdb_paths import MEMORY, absolute, is_ambiguous, is_file, with_whole_paths
from etl_monitor_orm.backends.duckdb_pool import SharingPool
from etl_monitor_orm.backends.duckdb_trouble import explained, is_column_missing, is_conflict, is_fatal
from etl_monitor_orm.backends.forks import after_fork, is_theirs, is_watched, keep_for_ever, watch, watch_theirs
from etl_monitor_orm.backends.own_engine import own_engine
from etl_monitor_orm.backends.wording import place, pointed
from etl_monitor_orm.dialects.duckdb.borrowing import engine_over
from etl_monitor_orm.dialects.duckdb.dialect import DuckDBDialect
from etl_monitor_orm.errors import ConfigurationError, EtlMonitorError, SchemaMissing
from etl_monitor_orm.printable import quoted

_UNNAMED: Final = frozenset({None, "", MEMORY})

_openings: Final[WeakKeyDictionary[Dialect, Opening]] = WeakKeyDictionary()
"""How the connections of each engine are opened, by its dialect."""


class _Locks:
    """One lock for each database, as long as somebody uses it."""

    def __init__(self) -> None:
        self.start_over()

    def start_over(self) -> None:
        """Forget all locks."""
        self._guard = threading.Lock()
        self._of: WeakValueDictionary[str, threading.RLock] = WeakValueDictionary()

    def of(self, database: str) -> threading.RLock:
        """Return the lock of a database."""
        with self._guard:
            return self._of.setdefault(database, threading.RLock())


_locks: Final = _Locks()


def _continue_in_child() -> None:
    """In a forked child, wait for no lock of the parent's threads, and leave its default connection alone."""
    _locks.start_over()
    # duckdb-engine uses it. DuckDB 2.0 crashes if a child closes it, as Python does at its end.
    keep_for_ever([duckdb.default_connection()])


after_fork(_continue_in_child)


class DuckDBBackend(Backend):
    """One file, or one named database in memory, written by one process at a time."""

    name = "duckdb"
    drivername = "duckdb+monitor"
    capabilities = Capabilities(
        transactions=True,
        transactional_ddl=True,
        returning=True,
        counts_inserts=True,
        users=False,
        catalogs=False,
        layouts=False,
        folds_names=False,
        max_bound_values=10_000,
        ignores_case=True,
    )

    def create_engine(
        self,
        url: URL,
        *,
        catalog: str | None,
        schemas: Collection[str] = (),
        connect_args: Mapping[str, object] | None = None,
        holding: Holding | None = None,
    ) -> Engine:
        """Return a pooled engine whose threads share one database, in memory too; it lets go of an idle file."""
        holding = holding or Holding()
        if catalog is not None:
            raise ConfigurationError(
                f"DuckDB has no catalogs, but catalog={quoted(catalog)} was given. "
                "Leave out catalog=, and unset ETL_MONITOR_CATALOG."
            )
        if url.host or url.username or url.password:
            raise ConfigurationError(
                "A DuckDB URL names a file, not a server. Write three slashes before it: duckdb:///etl_monitor.duckdb, "
                "or duckdb:////var/lib/etl_monitor.duckdb for a path from the root."
            )
        if url.database in _UNNAMED:
            # An unnamed database in memory would be a different one on every thread.
            url = url.set(database=MEMORY + uuid4().hex)
        opening, url = Opening(url, schemas, lock_wait=holding.lock_wait), with_whole_paths(url)
        engine = sqlalchemy.create_engine(
            self.translated(url),
            **_pool(url, opening, exclusive=holding.exclusive),
            pool_size=8,
            max_overflow=-1,  # a session that somebody holds takes no connection away from the monitor's calls
            hide_parameters=True,
            connect_args=dict(connect_args or {}),
        )
        watch(engine, opening.database)
        event.listen(engine, "do_connect", opening.connect)
        event.listen(engine, "connect", _speak_utc)
        return _opened_by(engine, opening)

    def adopt(self, engine: Engine) -> Engine:
        """Return an engine on the caller's connections that keeps the results of one connection apart."""
        if is_watched(engine):
            return engine
        ours = isinstance(engine.dialect, DuckDBDialect)
        if not ours and type(engine.dialect) is not duckdb_engine.Dialect:
            kind = type(engine.dialect)
            raise _refusal(f"The monitor does not know the dialect {kind.__module__}.{kind.__qualname__}")
        if engine.url.database in _UNNAMED:
            raise _refusal("This engine's in-memory database has no name, so each connection would get its own")
        if not isinstance(engine.pool, QueuePool | NullPool):
            raise _refusal(
                f"This engine's {type(engine.pool).__name__} hands one connection to several sessions at once, "
                "so one session would commit the work of another"
            )
        if not ours and engine.dialect._on_connect_isolation_level is not None:
            raise _refusal("duckdb-engine cannot connect with isolation_level=, which this engine was given")
        if isinstance(engine.pool, NullPool) and in_memory(engine.url):
            raise _refusal("This engine's NullPool closes every connection, which ends its in-memory database")
        opening = Opening(engine.url, theirs=True)
        adopted = watch_theirs(engine if ours else engine_over(engine), opening.database)
        if in_memory(engine.url):
            keep_in_memory(adopted)
        return _opened_by(adopted, opening)

    def refuse_schema(self, engine: Engine, schema: str) -> None:
        """Refuse a schema that is called like the database, unless the engine attaches its file under another name."""
        if not is_ambiguous(engine.url, schema):
            return
        opening = _openings.get(engine.dialect)
        if opening is None or not opening.attaches:
            raise ConfigurationError(
                f"On this engine, DuckDB cannot tell the schema {schema} from the database {place(engine.url)}: both "
                "have that name. Make the engine with etl_monitor_orm.create_engine(url, schema=…), or pass the URL to "
                "ETLMonitor."
            )

    def before_work(self, engine: Engine) -> None:
        """Somebody else's engine opens a relative path in the folder where the process is by then."""
        opening = _openings.get(engine.dialect)
        if opening is None or not opening.follows_folder or opening.path == absolute(str(engine.url.database)):
            return
        if isinstance(engine.pool, QueuePool) and engine.pool.checkedin():
            return
        raise ConfigurationError(
            f"The engine of {place(engine.url)} has a relative path, and this process has changed its folder: the file "
            f"is {opening.path}. Make the engine with etl_monitor_orm.create_engine(url), or with the whole path."
        )

    def for_services(self, engine: Engine) -> Engine:
        """Use transactions, even if the caller's engine is in AUTOCOMMIT."""
        return own_engine(engine, isolation_level="SNAPSHOT")

    def is_conflict(self, error: DBAPIError) -> bool:
        """DuckDB aborts the transaction that loses a conflict, at the statement or at COMMIT.

        Two transactions that both insert a new row collide on its key.
        """
        return is_conflict(error.orig)

    def is_column_missing(self, error: DBAPIError) -> bool:
        """DuckDB could not bind a name, or the columns of a view."""
        return is_column_missing(error.orig)

    def explain(self, error: DBAPIError, engine: Engine) -> EtlMonitorError:
        """Distinguish a locked file, a full disk, a missing schema and a refused statement."""
        if is_fatal(error.orig) and _openings.get(engine.dialect) is not None and not is_theirs(engine):
            engine.dispose()  # DuckDB opens the file again after its last connection is closed
        opening = _openings.get(engine.dialect)
        if opening is None:
            return explained(error, engine)
        return explained(error, engine, lock_wait=opening.lock_wait, ended=opening.ended(engine.pool))

    def refuse_exclusive(self) -> None:
        """Nothing: a process can hold a file, and has a database in memory for itself."""

    def arguments_to_read(self, url: URL) -> Mapping[str, object]:
        """Open a file read-only: DuckDB lets several processes read it, and none of them changes or makes it."""
        return {} if in_memory(url) or "access_mode" in url.query else {"read_only": True}

    @contextmanager
    def reading(self, engine: Engine) -> Iterator[Connection]:
        """Yield a connection in a transaction that cannot write; a file that does not exist is not made."""
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("BEGIN TRANSACTION READ ONLY")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def nothing_to_read(self, engine: Engine) -> EtlMonitorError | None:
        """Say that there is no file, before DuckDB makes one; a database in memory is empty when it is opened."""
        if in_memory(engine.url):
            return ConfigurationError(
                "A database in memory is empty whenever it is opened, so there is nothing to read. "
                "Name a file, such as duckdb:///etl_monitor.duckdb."
            )
        return self.absent(engine)

    def absent(self, engine: Engine) -> EtlMonitorError | None:
        """DuckDB makes a file that does not exist."""
        opening = _openings.get(engine.dialect) or Opening(engine.url)
        if not (is_file(opening.path) and is_by_url(engine)) or os.path.exists(opening.path):
            return None
        if is_open(opening.database):
            return removed(engine.url)
        if (error := refused_options(self.translated(engine.url))) is not None:
            return explained(error, engine)
        way = pointed("run `etl-monitor db upgrade`, or call monitor.setup()", engine)
        return SchemaMissing(f"There is no file {engine.url.database}. Check its name; or, to make its tables, {way}.")

    def alone(self, engine: Engine) -> AbstractContextManager[object]:
        """One lock per database and process.

        Two transactions that write different rows do not conflict in DuckDB, and neither sees the other's rows. A reset
        and a run would read the same number. Of two steps that share a watermark, neither would count as the last.
        One process writes a file at a time, so a lock in that process is enough.
        """
        opening = _openings.get(engine.dialect) or Opening(engine.url)
        if isinstance(engine.pool, SharingPool):
            engine.pool.shared.queue()
        return _locks.of(opening.database)

    def after_migration(self, connection: Connection) -> None:
        """Move the migration from the write-ahead log into the file.

        After a crash, DuckDB 1.5 cannot replay a comment on a column, or any other ALTER, of a table whose rows a
        sequence numbers. A process killed before the next checkpoint would leave a file that cannot be opened.
        """
        if (opening := _openings.get(connection.dialect)) is not None:
            opening.lives_in(connection.engine.pool)
        cursor = connection.connection.cursor()
        try:
            cursor.execute("CHECKPOINT")
        except duckdb.TransactionException:
            pass  # Others are writing. The checkpoint after them includes this.
        except duckdb.Error as error:
            wrapped = DBAPIError("CHECKPOINT", None, error)
            raise self.explain(wrapped, connection.engine) from error
        finally:
            cursor.close()


def _pool(url: URL, opening: Opening, *, exclusive: bool) -> dict[str, Any]:
    if in_memory(url):
        return {"poolclass": KeepingPool}
    if exclusive or opening.shared is None:
        return {"poolclass": QueuePool}
    return {"poolclass": SharingPool, "shared": opening.shared}


def _opened_by(engine: Engine, opening: Opening) -> Engine:
    """Remember how an engine opens its connections, and see to it that they lead to the file of their name."""
    _openings[engine.dialect] = opening
    opening.lives_in(engine.pool)
    if is_file(opening.path) and is_by_url(engine):
        watch_file(engine, opening.path, opening.database)
    return engine


def _speak_utc(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    """Make the driver return times in UTC: in another zone, the calendar's first or last day would overflow."""
    cursor = connection.cursor()
    cursor.execute("SET TimeZone = 'UTC'")
    cursor.close()


def in_memory(url: URL) -> bool:
    """Whether the database lives as long as its connections."""
    return str(url.database).startswith(MEMORY)


def _refusal(reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"{reason}. Make the engine with etl_monitor_orm.create_engine(url), or pass the URL to ETLMonitor."
    )
