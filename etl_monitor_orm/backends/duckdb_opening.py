"""How the connections of a DuckDB engine are opened: in which folder, and under which name."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection
from typing import Any, Final, cast
from weakref import ReferenceType, ref

import duckdb
from sqlalchemy import DDL, literal
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.pool import Pool

from etl_monitor_orm.backends import forks
from etl_monitor_orm.backends.duckdb_files import refuse_another
from etl_monitor_orm.backends.duckdb_paths import MEMORY, OF_MEMORY, absolute, is_ambiguous, is_file
from etl_monitor_orm.backends.duckdb_shared_files import shared_file
from etl_monitor_orm.backends.duckdb_trouble import is_closing, is_configured_differently
from etl_monitor_orm.backends.duckdb_turns import Turn, is_locked
from etl_monitor_orm.backends.file_locks import held_elsewhere, held_here
from etl_monitor_orm.backends.wording import place
from etl_monitor_orm.dialects.duckdb.connection import DuckDBConnection
from etl_monitor_orm.dialects.duckdb.dialect import DuckDBDialect
from etl_monitor_orm.errors import ConfigurationError

ALIAS: Final = "etl_monitor_file"
"""The name under which a database is attached whose own name is ambiguous."""
_attached: Final[set[str]] = set()
"""Files that this process attached: opened in any other way, DuckDB would refuse them and drop their lock."""
_attaching = threading.Lock()


class Opening:
    """How the connections of one engine are opened.

    DuckDB calls a database by its file's name up to the first dot. In `etl.duckdb`, `etl.x` would be a table of the
    schema etl, or of the database etl. Such a file is attached under another name instead.

    Args:
        url: The database. A relative path means the current folder, wherever the process goes later.
        schemas: The monitor's schemas in it, as far as they are known.
        theirs: Whether somebody else's engine opens the connections.
        lock_wait: Seconds to wait while another process holds the file.

    Attributes:
        path: Its file's whole path, or what stands for one.
        database: What two engines on the same database have in common.
        follows_folder: Whether connections are opened in the folder where the process is by then.
        lock_wait: Seconds to wait while another process holds the file.
        shared: What the engines of this process on one file have in common; None in memory, and on engines of others.
    """

    def __init__(
        self, url: URL, schemas: Collection[str] = (), *, theirs: bool = False, lock_wait: float = 0.0
    ) -> None:
        self._url = url
        self._given = str(url.database)
        self.path = absolute(self._given)
        self.database = os.path.realpath(self.path) if is_file(self.path) else self.path
        self.follows_folder = theirs and self.path != self._given
        self._ambiguous = any(is_ambiguous(url, schema) for schema in schemas)
        self._pool: ReferenceType[Pool] | None = None
        self.lock_wait = lock_wait
        self.shared = None if theirs or not is_file(self.path) else shared_file(self.database)

    def lives_in(self, pool: Pool) -> None:
        """Remember the pool whose connections keep a database in memory."""
        self._pool = ref(pool)

    def ended(self, pool: Pool) -> bool:
        """Whether a database in memory went with its connections, because the engine was disposed since."""
        return self._given.startswith(MEMORY) and self._pool is not None and self._pool() is not pool

    @property
    def attaches(self) -> bool:
        """Whether the database is attached under `ALIAS`."""
        return self._ambiguous or self.database in _attached

    def connect(self, dialect: Dialect, record: object, arguments: Any, options: dict[str, Any]) -> DuckDBConnection:
        """Open a connection; what SQLAlchemy's `do_connect` event asks for."""
        end = time.monotonic() + _TO_CLOSE
        since = None if self.shared is None else self.shared.queued_since
        turn = Turn(self.path, self.lock_wait, reads=_takes_read_only(options), since=since)
        if self.shared is not None and self.shared.is_wanted:
            turn.let_others_go_first()
        while True:
            try:
                return self._connect_at_once(cast(DuckDBDialect, dialect), arguments, options, waited=turn.waited)
            except (_OpenHere, duckdb.Error) as error:
                if is_locked(error) or self._is_open_differently(error):
                    if not turn.wait():
                        raise
                    continue
                if time.monotonic() >= end or not (isinstance(error, _OpenHere) or is_closing(error)):
                    raise
            _pause()

    def _connect_at_once(
        self, duck: DuckDBDialect, arguments: Any, options: dict[str, Any], *, waited: bool
    ) -> DuckDBConnection:
        """Open a connection, or raise what keeps it from being opened now."""
        if self.shared is None:
            return self._connect(duck, arguments, {**options})
        with self.shared.lock:
            refuse_another(self._url, self.path, self.database)
            try:
                connection = self._connect(duck, arguments, {**options})
            except duckdb.ConnectionException as error:
                # DuckDB takes no file both ways in one process. Connections that nobody uses need not be in the way.
                if not (is_configured_differently(error) and self.shared.let_go_if_idle()):
                    raise
                connection = self._connect(duck, arguments, {**options})
            self.shared.opened(waited=waited)
            return connection

    def _is_open_differently(self, error: BaseException) -> bool:
        """Whether other threads of this process use the file in another way, such as to read it only."""
        return is_configured_differently(error) and self.shared is not None and self.shared.is_used_by_other_threads()

    def _connect(self, duck: DuckDBDialect, arguments: Any, options: dict[str, Any]) -> DuckDBConnection:
        if self.attaches:
            return self._attach(duck, options)
        if str(options["database"]).startswith(self._given):  # duckdb-engine may have added the URL's user
            options["database"] = self.path + str(options["database"])[len(self._given) :]
        connection = duck.connect(*arguments, **options)
        if is_file(self.path) and held_elsewhere(self.path):
            # DuckDB opens a file once in a process; a forked one got what its parent has open, without the lock.
            forks.keep_for_ever([connection])
            raise forks.refusal(self._url)
        return connection

    def _attach(self, dialect: DuckDBDialect, options: dict[str, Any]) -> DuckDBConnection:
        file, read_only = is_file(self.path), _take_read_only(options)
        options["database"] = MEMORY + ALIAS + self.database
        connection = dialect.connect(**options)
        try:
            with _attaching:
                if not _uses(connection, _text(dialect, "USE %(name)s", name=ALIAS)):
                    if file and held_here(self.path):
                        raise _open_already(self._url)
                    text = _ATTACH_TO_READ if read_only else _ATTACH
                    path = literal(self.path if file else MEMORY)
                    quoted = path.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
                    connection.execute(_text(dialect, text, path=quoted, name=ALIAS))
                    _attached.add(self.database)
                    connection.execute(_text(dialect, "USE %(name)s", name=ALIAS))
                if _has(connection, OF_MEMORY):
                    connection.execute(_text(dialect, "DETACH %(name)s", name=OF_MEMORY))
        except BaseException:
            connection.close()
            raise
        return connection


_TO_CLOSE: Final = 2.0
"""How many seconds another thread may take to close the file."""


class _OpenHere(ConfigurationError):
    """This process has the file open under another name."""


def _pause() -> None:
    time.sleep(0.01)


_KNOWN: Final = "SELECT 1 FROM duckdb_databases() WHERE database_name = $1"
_ATTACH: Final = "ATTACH %(path)s AS %(name)s"
_ATTACH_TO_READ: Final = "ATTACH %(path)s AS %(name)s (READ_ONLY)"


def _has(connection: DuckDBConnection, database: str) -> bool:
    return bool(connection.execute(_KNOWN, [database]).fetchall())


def _uses(connection: DuckDBConnection, statement: str) -> bool:
    """Choose the attached database, if it is there; DuckDB 1.5 can do nothing else once `memory` is detached."""
    try:
        connection.execute(statement)
    except (duckdb.BinderException, duckdb.CatalogException):
        return False
    return True


def _text(dialect: Dialect, statement: str, **names: object) -> str:
    return str(DDL(statement, context=names).compile(dialect=dialect))  # type: ignore[no-untyped-call]


def _takes_read_only(options: dict[str, Any]) -> bool:
    """Whether a connection will only read; leaves the options as they are."""
    return _take_read_only({**options})


def _take_read_only(options: dict[str, Any]) -> bool:
    """Whether a connection only reads; a database in memory, to which others are attached, cannot be made so."""
    asked = [bool(options.pop("read_only", False))]
    for name in ("url_config", "config"):
        if name in options:
            options[name] = {**options[name]}
            asked.append(str(options[name].pop("access_mode", "")).upper() == "READ_ONLY")
    return any(asked)


def _open_already(url: URL) -> _OpenHere:
    return _OpenHere(
        f"This process has {place(url)} open already, as by duckdb.connect(), under a name that is also the monitor's "
        "schema. Close that connection, or use the monitor's for both: monitor.engine, or "
        "etl_monitor_orm.create_engine(url)."
    )
