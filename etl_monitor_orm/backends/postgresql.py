"""PostgreSQL as the monitor's database: engines, conflicts, errors."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Final, cast

import psycopg
import sqlalchemy
from sqlalchemy import Table, event, text
from sqlalchemy.engine import URL, Connection, Dialect, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from etl_monitor_orm.backends import lakebase
from etl_monitor_orm.backends.base import Backend, Capabilities, Holding
from etl_monitor_orm.backends.forks import refuse_inherited, watch, watch_theirs
from etl_monitor_orm.backends.libpq import (
    ABOUT_OPTIONS,
    PREPARE_THRESHOLD,
    anchored,
    prepare_threshold,
    require_known,
    service_file,
)
from etl_monitor_orm.backends.own_engine import own_engine
from etl_monitor_orm.backends.privileges import missing_privilege
from etl_monitor_orm.backends.wording import lacking, place, shown
from etl_monitor_orm.errors import (
    ConfigurationError,
    ConflictError,
    ConnectionBroken,
    DatabaseError,
    EtlMonitorError,
    InvalidInput,
)
from etl_monitor_orm.printable import quoted
from etl_monitor_orm.sql.lock import LockTable

OLDEST: Final = 15
"""The first major version that has MERGE."""
_MERGE_RETURNING: Final = 17
"""The first major version whose MERGE returns rows."""

_CONNECTING: Final = {
    "application_name": "etl-monitor-orm",
    "client_encoding": "utf8",  # whatever PGCLIENTENCODING says
    "connect_timeout": 10,  # seconds
    "keepalives_idle": 30,  # a peer that is gone is noticed after a minute, not after two hours
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""libpq's options unless the URL sets them."""

_LIMITS: Final = {"statement_timeout": "60s", "idle_in_transaction_session_timeout": "60s"}
"""The server's limits for the monitor's connections unless the URL sets them; each call takes milliseconds."""

_PREPARE: Final = (
    "SELECT set_config('TimeZone', 'UTC', false), set_config('statement_timeout', %(statement_timeout)s, false), "
    "set_config('idle_in_transaction_session_timeout', %(idle_in_transaction_session_timeout)s, false)"
)

_CONFLICTS: Final = ("40001", "40P01", "23505")
"""Serialisation failure, deadlock, and the key of a row that somebody else inserted first."""

_NOT_ALLOWED: Final = "42501"
"""A privilege is missing, or ownership."""

_MISSING: Final = ("42P01", "3F000")
"""A table or a schema is not there."""

_NO_COLUMN: Final = "42703"

_OTHERS: Final = text(
    "SELECT relname, relkind::text FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace "
    "WHERE nspname = :schema AND relname = ANY(:names) AND relkind NOT IN ('r', 'p', 'f', 'v') UNION ALL "
    "SELECT typname, 'T' FROM pg_catalog.pg_type JOIN pg_catalog.pg_namespace n ON n.oid = typnamespace "
    "WHERE nspname = :schema AND typname = ANY(:names) AND typrelid = 0"
)
_KINDS: Final = {
    "m": "a materialized view",
    "S": "a sequence",
    "i": "an index",
    "I": "an index",
    "c": "a type",
    "T": "a type",
}

_OF_OPTIONS: Final = (None, "22023", "42704")
"""No state, if libpq or psycopg itself refuses an option; else an invalid value, and an unknown parameter."""


class PostgreSQLBackend(Backend):
    """A database on a PostgreSQL server. Each call is one transaction."""

    name = "postgresql"
    drivername = "postgresql+psycopg"
    most_calls = 40  # a server allows 100 connections by default
    capabilities = Capabilities(
        transactions=True,
        transactional_ddl=True,
        returning=False,
        counts_inserts=True,
        users=True,
        catalogs=False,
        layouts=False,
        folds_names=False,
        max_bound_values=10_000,
    )

    def capabilities_of(self, engine: Engine) -> Capabilities:
        """From PostgreSQL 17 on, MERGE returns the rows that it wrote."""
        version: tuple[int, ...] | None = getattr(engine.dialect, "server_version_info", None)
        if version is None:
            with engine.connect():  # the first connection asks for it
                version = getattr(engine.dialect, "server_version_info", None)
        return _RETURNING if version is not None and version[0] >= _MERGE_RETURNING else self.capabilities

    def create_engine(
        self,
        url: URL,
        *,
        catalog: str | None,
        schemas: Collection[str] = (),
        connect_args: Mapping[str, object] | None = None,
        holding: Holding | None = None,
    ) -> Engine:
        """Return a pooled engine whose sessions are in UTC and have time limits; broken ones are replaced silently."""
        if catalog is not None:
            raise ConfigurationError(
                f"PostgreSQL has no catalogs, but catalog={quoted(catalog)} was given. Name the database in the URL, "
                "leave out catalog=, and unset ETL_MONITOR_CATALOG."
            )
        require_known(url, [*_LIMITS, lakebase.OPTION])
        limits = {name: str(url.query.get(name, standard)) for name, standard in _LIMITS.items()}
        plain = self.translated(url).difference_update_query([*_LIMITS, lakebase.OPTION, PREPARE_THRESHOLD])
        if lakebase.OPTION in url.query and "sslmode" not in url.query:
            plain = plain.update_query_dict({"sslmode": "require"})
        known = {name: value for name, value in _CONNECTING.items() if name not in url.query}
        engine = sqlalchemy.create_engine(
            plain,
            pool_size=8,
            max_overflow=-1,  # a session that somebody holds takes no connection away from the monitor's calls
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={**known, **prepare_threshold(url), **anchored(url, connect_args or {})},
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: psycopg.Connection[Any], record: ConnectionPoolEntry) -> None:
            try:
                require_version(connection.info.server_version, engine)
                connection.autocommit = True  # what is set in a transaction is gone with its rollback
                connection.execute(_PREPARE, limits)
                connection.autocommit = False
            except BaseException:
                connection.close()  # the pool does not know it yet
                raise

        if url.query.get("service") or os.environ.get("PGSERVICE"):
            _keep_service(engine)
        if lakebase.OPTION in url.query:
            lakebase.sign_in(engine, url)
        return watch(engine)

    def translated(self, url: URL) -> URL:
        """Accept `postgresql://` and `postgresql+psycopg://`."""
        if url.drivername not in (self.name, self.drivername):
            raise ConfigurationError(
                f"The monitor works with psycopg 3, but the URL begins with {url.drivername}://. "
                f"Write {self.name}://… instead."
            )
        return url.set(drivername=self.drivername)

    def adopt(self, engine: Engine) -> Engine:
        """Accept an engine of psycopg 3; what its pool does not check is checked when a call begins."""
        if engine.dialect.driver != "psycopg" or engine.dialect.is_async:
            raise ConfigurationError(
                f"This engine's driver is {engine.url.get_driver_name()}; the monitor works with psycopg 3. "
                "Make the engine with etl_monitor_orm.create_engine(url)."
            )
        if not isinstance(engine.pool, QueuePool | NullPool):
            raise ConfigurationError(
                f"This engine's {type(engine.pool).__name__} hands one connection to several sessions at once, or none "
                "to the second. Make the engine with etl_monitor_orm.create_engine(url), or without poolclass=."
            )
        return watch_theirs(engine)

    def for_services(self, engine: Engine) -> Engine:
        """Transactions on one snapshot, counted inserts, and a connection that is alive when the call begins."""
        ours = own_engine(engine, isolation_level="REPEATABLE READ", preserve_rowcount=True)
        if not getattr(engine.pool, "_pre_ping", False):
            event.listen(ours, "engine_connect", _replace_broken)
        return ours

    def wait_for_others(self, session: Session, table: Table) -> None:
        """Lock a table against others that do the same, and against nobody else.

        A snapshot prevents overwriting unseen changes, but two transactions that write different rows do not see each
        other: a reset and a run would read the same number, and neither of two steps that share a watermark would count
        as the last. LOCK TABLE is the only statement that waits before the snapshot is taken.
        """
        session.execute(LockTable(table))

    def refuse_to_write(self, connection: Connection) -> None:
        """Begin a transaction that cannot write; nothing within it can undo that."""
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    def others_named(self, connection: Connection, schema: str, names: Collection[str]) -> Mapping[str, str]:
        """A table shares its name with an index, a sequence and a type: each makes a CREATE fail."""
        found = connection.execute(_OTHERS, {"schema": schema, "names": list(names)})
        return {name: _KINDS.get(kind, "something called") for name, kind in found}

    def is_conflict(self, error: DBAPIError) -> bool:
        """The server rolled back the transaction because of what others wrote meanwhile."""
        return _state(error) in _CONFLICTS

    def is_column_missing(self, error: DBAPIError) -> bool:
        """The server says so by its SQLSTATE."""
        return _state(error) == _NO_COLUMN

    def explain(self, error: DBAPIError, engine: Engine) -> EtlMonitorError:
        """Find out what happened by SQLSTATE; libpq gives none when it cannot connect, so then by its words."""
        if _state(error) == _NOT_ALLOWED:
            return missing_privilege(place(engine.url), _words(error, engine), engine, statement=error.statement or "")
        if _state(error) in _MISSING:
            return lacking(_words(error, engine), engine, "PostgreSQL")
        if ABOUT_OPTIONS.search(words := _words(error, engine)) and _state(error) in _OF_OPTIONS:
            return ConfigurationError(
                f"{place(engine.url)} cannot be used with an option. Check the options in the URL, in connect_args and "
                f"in variables such as PGSSLMODE. {words}"
            )
        return _explain(error, engine)


_RETURNING: Final = replace(PostgreSQLBackend.capabilities, returning=True)


def _keep_service(engine: Engine) -> None:
    """Refuse to read another file of services than the one that was meant when the engine was made."""
    meant = service_file()

    @event.listens_for(engine, "do_connect")
    def check(dialect: Dialect, record: object, arguments: object, options: object) -> None:
        if service_file() != meant:
            raise ConfigurationError(
                f"PGSERVICEFILE named {meant} when the engine of {place(engine.url)} was made, and names "
                f"{service_file()} now. Write the whole path into the variable."
            )


def require_version(version: int, engine: Engine) -> None:
    """Refuse a server that is too old.

    Args:
        version: In libpq's format: 150004 is 15.4.
        engine: The server's engine, for the message.
    """
    if version < OLDEST * 10_000:
        raise ConfigurationError(
            f"{place(engine.url)} is PostgreSQL {version // 10_000}; the monitor needs {OLDEST} or later. "
            "Upgrade the server, or use another one."
        )


def _replace_broken(connection: Connection) -> None:
    """Check whether a pooled connection is alive before a call uses it; discard each dead one and try the next."""
    for _ in range(_MOST_BROKEN):
        refuse_inherited(connection)
        try:
            driver = cast(Any, connection.connection.dbapi_connection)
            connection.dialect.do_ping(driver)
            require_version(driver.info.server_version, connection.engine)
            return
        except psycopg.OperationalError:
            connection.invalidate()


_MOST_BROKEN: Final = 100
"""How many connections are checked before the call finds out for itself."""


def _state(error: DBAPIError) -> str | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state


def _explain(error: DBAPIError, engine: Engine) -> EtlMonitorError:
    where, words = place(engine.url), _words(error, engine)
    for states, ours in _BY_STATE:
        if (_state(error) or "").startswith(states):
            return ours(where, words)
    if error.connection_invalidated and error.statement is None:
        return ConnectionBroken(
            f"The connection to {where} broke at COMMIT: either the whole call was written, or none of it. "
            f"Make the call again; it finds out which. {words}"
        )
    if error.connection_invalidated or isinstance(error.orig, psycopg.errors.AdminShutdown):
        return ConnectionBroken(
            f"The connection to {where} broke; the transaction was rolled back and nothing was written. "
            f"Make the call again. {words}"
        )
    if isinstance(error.orig, psycopg.OperationalError) and _state(error) is None:
        for pattern, ours in _BY_WORDS:
            if pattern.search(words):
                return ours(where, words)
        return ConnectionBroken(f"{where} cannot be reached; nothing was sent. Check that it is running. {words}")
    return DatabaseError(f"PostgreSQL refused a statement on {where}: {words}")


def _words(error: DBAPIError, engine: Engine) -> str:
    """What the server said in one line: its details may hold values, and libpq repeats itself for each address."""
    diagnosis = getattr(error.orig, "diag", None)
    words = getattr(diagnosis, "message_primary", None) or " ".join(str(error.orig).split())
    return shown(words, engine.url, os.environ.get("PGPASSWORD"), lakebase.token_of(engine))


_Reading = Callable[[str, str], EtlMonitorError]


_BY_STATE: Final[tuple[tuple[tuple[str, ...], _Reading], ...]] = (
    (
        ("25006",),
        lambda where, words: ConfigurationError(
            f"{where} is read-only, like a replica. Name the primary in the URL, or several hosts with "
            f"?target_session_attrs=read-write. PostgreSQL says: {words}"
        ),
    ),
    (
        ("54000",),
        lambda where, words: InvalidInput(
            f"A name is too long for {where}, which keeps about 2,600 bytes in a key: a project, process, run and "
            f"parameter together. Choose a shorter one. PostgreSQL says: {words}"
        ),
    ),
    (
        ("53100",),
        lambda where, words: DatabaseError(f"The disk of {where} is full. Free space on the server. {words}"),
    ),
    (
        ("57014", "55P03"),
        lambda where, words: ConflictError(
            f"A statement on {where} took longer than allowed, probably because it waited for others; nothing was "
            f"written. Make the call again, or raise ?statement_timeout= in the URL. PostgreSQL says: {words}"
        ),
    ),
    (
        ("53300", "57P03"),
        lambda where, words: ConnectionBroken(
            f"{where} accepts no connections now; nothing was sent. Make the call again later. PostgreSQL says: {words}"
        ),
    ),
)
"""By SQLSTATE: what the server says once there is a connection."""

_BY_WORDS: Final[tuple[tuple[re.Pattern[str], _Reading], ...]] = (
    (
        re.compile(r"password authentication failed|no password supplied|authentication failed", re.IGNORECASE),
        lambda where, words: ConfigurationError(
            f"{where} refuses the credentials. Check the user and password in the URL, PGPASSWORD or ~/.pgpass. {words}"
        ),
    ),
    (
        re.compile(r'(?:database|role) "[^"]*" does not exist|no pg_hba\.conf entry|SSL|certificate'),
        lambda where, words: ConfigurationError(
            f"{where} refuses the connection. Check the user, database and sslmode in the URL. The server says: {words}"
        ),
    ),
    (
        re.compile(r"resolve host|translate host name|Name or service not known|nodename nor servname"),
        lambda where, words: ConfigurationError(f"The host of {where} is not known. Check the URL. {words}"),
    ),
    (
        re.compile(r"too many (?:clients|connections)|connection slots are reserved|starting up|shutting down"),
        lambda where, words: ConnectionBroken(
            f"{where} accepts no connections now; nothing was sent. Make the call again later. The server says: {words}"
        ),
    ),
)
"""By words: libpq gives no SQLSTATE for a connection that failed."""
