"""Databricks as the monitor's database: engines, conflicts, errors.

Engines made here have what the monitor needs: sessions in UTC, limits, credentials from the environment, and retried
statements. The dialect itself adds none of this.
"""

from __future__ import annotations

import atexit
import os
import re
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any, Final
from weakref import WeakKeyDictionary, WeakSet

import sqlalchemy
from sqlalchemy import Result, event
from sqlalchemy.engine import URL, Connection, Dialect, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from etl_monitor_orm.backends.base import Backend, Capabilities, Holding, Storage
from etl_monitor_orm.backends.forks import after_fork, watch
from etl_monitor_orm.backends.own_engine import own_engine
from etl_monitor_orm.backends.wording import cleaned, lacking, place, shown
from etl_monitor_orm.dialects.databricks import trouble
from etl_monitor_orm.dialects.databricks.connection import HINT, UnusableArguments, refuse_other_protocols
from etl_monitor_orm.dialects.databricks.credentials import completed
from etl_monitor_orm.dialects.databricks.dialect import WarehouseDialect, was_sent_again
from etl_monitor_orm.dialects.databricks.trouble import ConnectionLost
from etl_monitor_orm.dialects.retrying import REPEATABLE, RetryPolicy
from etl_monitor_orm.dialects.variables import SECRETS
from etl_monitor_orm.errors import (
    ConfigurationError,
    ConnectionBroken,
    DatabaseError,
    EtlMonitorError,
)

_LIMITS: Final[Mapping[str, object]] = {
    # By default the driver waits 15 minutes for a reply, and just as long for a busy warehouse.
    "_socket_timeout": 120,
    "_retry_stop_after_attempts_count": 6,
    "_retry_stop_after_attempts_duration": 60,
    "_retry_delay_min": 0.5,
    "_retry_delay_max": 5,
    # A library does not send telemetry for its users.
    "enable_telemetry": False,
    "user_agent_entry": "etl-monitor-orm",
}
"""The driver's arguments, unless the caller gives others in the URL's query or in `connect_args`."""

_CONFLICTS: Final = RetryPolicy(first=0.1, longest=8.0, patience=180.0)
_BREAKS: Final = RetryPolicy(first=0.2, longest=5.0, patience=60.0)
_OPENING: Final = RetryPolicy(first=1.0, longest=10.0, patience=600.0)
"""How long a session waits for a warehouse that is starting: a classic one takes minutes."""

_SESSION_AGE: Final = 900
"""Seconds after which a pooled session is replaced: the warehouse forgets sessions that were idle for long."""

_SHORTEST_WAIT: Final = 1.0

_ours: Final[WeakKeyDictionary[Dialect, threading.RLock]] = WeakKeyDictionary()
"""The dialects of engines that were made here, each with a lock for work that would only conflict."""
_open: Final[WeakSet[Any]] = WeakSet()
"""Sessions of engines that were made here."""


class DatabricksBackend(Backend):
    """Delta tables in Unity Catalog, behind a SQL warehouse or a cluster. Each statement commits by itself."""

    name = "databricks"
    drivername = "databricks+monitor"
    capabilities = Capabilities(
        transactions=False,
        transactional_ddl=False,
        returning=False,
        counts_inserts=False,
        users=True,
        catalogs=True,
        layouts=True,
        folds_names=True,
        max_bound_values=250,
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
        """Return a pooled engine whose sessions use the catalog and whose error texts hide parameters."""
        url = self.translated(url)
        there = catalog or url.query.get("catalog")
        if not there:
            raise ConfigurationError(f"No catalog is given. Pass catalog=, or set ETL_MONITOR_CATALOG. {HINT}")
        # The dialect refuses repeated options, so they stay. The schema belongs to the tables, not to the session.
        if isinstance(there, str):
            url = url.update_query_dict({"catalog": there})
        if isinstance(url.query.get("schema"), str):
            url = url.difference_update_query(["schema"])
        try:
            engine = sqlalchemy.create_engine(
                url,
                pool_size=8,
                max_overflow=-1,  # a session that somebody holds takes no connection away from the monitor's calls
                pool_recycle=_SESSION_AGE,
                hide_parameters=True,
                connect_args=dict(connect_args or {}),
                conflicts=_CONFLICTS,
                breaks=_BREAKS,
                opening=_OPENING,
                prepare=_prepared,
            )
        except UnusableArguments as error:
            raise ConfigurationError(str(error)) from error
        event.listen(engine, "connect", _wait_briefly)
        _ours[engine.dialect] = threading.RLock()
        return watch(engine)

    def adopt(self, engine: Engine) -> Engine:
        """Refuse an engine that was not made here: it lacks what the monitor needs."""
        if engine.dialect not in _ours:
            raise ConfigurationError(
                "This engine has no time limits, its sessions are not in UTC, and it does not retry after a conflict "
                "or a lost reply. Make the engine with etl_monitor_orm.create_engine(url)."
            )
        return engine

    def for_services(self, engine: Engine) -> Engine:
        """Let statements be resent: each of the services' statements guards itself or recognises its own write."""
        return own_engine(engine, **{REPEATABLE: True})

    def is_conflict(self, error: DBAPIError) -> bool:
        """A statement that lost a conflict was not applied; the dialect has already retried it."""
        return trouble.is_conflict(error.orig)

    def was_sent_again(self, result: Result[Any]) -> bool:
        """The dialect marks a statement's execution when its first reply was lost."""
        return was_sent_again(result)

    def is_reply_lost(self, error: DBAPIError) -> bool:
        """The connection broke during a statement that is not resent automatically."""
        return isinstance(error.orig, trouble.ConnectionLost)

    def is_column_missing(self, error: DBAPIError) -> bool:
        """The warehouse cannot resolve a name, or the columns of a view."""
        return trouble.is_column_missing(error.orig)

    def explain(self, error: DBAPIError, engine: Engine) -> EtlMonitorError:
        """Distinguish credentials, addresses, privileges, missing tables and a lost connection."""
        return _explain(error.orig, engine)

    def alone(self, engine: Engine) -> AbstractContextManager[object]:
        """One lock per engine: Delta refuses the later of two statements on one date, so threads take turns.

        The lock is only for speed. Between processes, Delta's refusal and the retry have the same effect.
        """
        return _ours[engine.dialect]

    def storage(self, connection: Connection, table: str, schema: str) -> Storage | None:
        """The layout that Delta reports for a table."""
        dialect = connection.dialect
        if not isinstance(dialect, WarehouseDialect):
            return None
        found = dialect.detail(connection, table, schema)
        if found is None:
            return None
        return Storage(found.partition_columns, found.clustering_columns, _NUMBERS_ROWS in found.features)


def _prepared(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the driver's arguments with limits and UTC; the environment supplies what they lack."""
    told = {**_LIMITS, **{name: value for name, value in arguments.items() if value is not None}}
    told["session_configuration"] = {"TIMEZONE": "UTC", **told.get("session_configuration", {})}
    try:
        refuse_other_protocols(told)
        return completed(told)
    except ArgumentError as error:
        raise ConfigurationError(cleaned(str(error), *map(os.environ.get, SECRETS))) from error


def _wait_briefly(connection: Any, record: ConnectionPoolEntry) -> None:
    """Let the dialect retry a warehouse that cannot be reached, instead of the driver."""
    policy = connection.session.backend.retry_policy
    policy.connect = False
    # The driver always waits for its longest pause, even if the warehouse asks for a shorter one.
    policy.delay_max = _SHORTEST_WAIT
    _open.add(connection)


@atexit.register
def _close_sessions() -> None:
    # At interpreter shutdown half of Python is already gone, and the driver would complain on stderr.
    for connection in list(_open):
        with suppress(Exception):
            connection.close()


def _leave_to_the_parent() -> None:
    """In a forked child, close no session of the parent's, and wait for no thread that is not there."""
    _open.clear()
    for dialect in list(_ours):
        _ours[dialect] = threading.RLock()


after_fork(_leave_to_the_parent)

_NUMBERS_ROWS: Final = "identityColumns"
"""The Delta feature of a table with an identity column; its metadata does not say which column it is."""

_Reading = tuple[re.Pattern[str], Callable[[str, str], EtlMonitorError]]

_READINGS: Final[tuple[_Reading, ...]] = (
    (
        re.compile(r"NO_SUCH_CATALOG|CATALOG_NOT_FOUND|Catalog '.*' (?:not found|does not exist)", re.IGNORECASE),
        lambda where, words: ConfigurationError(
            f"{where} has no such catalog, or you may not see it. Check catalog= or ETL_MONITOR_CATALOG, or ask for "
            f"CREATE CATALOG and GRANT USE CATALOG. The warehouse says: {words}"
        ),
    ),
    (
        re.compile(r"\b401\b|UNAUTHENTICATED|Invalid access token|invalid_client|Unauthorized", re.IGNORECASE),
        lambda where, words: ConfigurationError(
            f"{where} refuses the credentials. Check the token in the URL or in DATABRICKS_TOKEN, or the Databricks "
            f"SDK's profile: they may have expired, or belong to another workspace. The driver says: {words}"
        ),
    ),
    (
        re.compile(
            r"INSUFFICIENT_PERMISSIONS|PERMISSION_DENIED|does not have .*(?:privilege|permission)", re.IGNORECASE
        ),
        lambda where, words: ConfigurationError(
            f"Missing privilege on {where}: {words}. Ask for: GRANT USE CATALOG on the catalog, and GRANT USE SCHEMA, "
            "SELECT and MODIFY on the schema; migrations also need CREATE SCHEMA and CREATE TABLE."
        ),
    ),
    (
        re.compile(r"\b403\b|Forbidden", re.IGNORECASE),
        lambda where, words: ConfigurationError(
            f"{where} does not let you use this warehouse. Ask for CAN USE on it, and check the workspace's IP access "
            f"list. The driver says: {words}"
        ),
    ),
    (
        re.compile(r"\b404\b|ENDPOINT_NOT_FOUND|RESOURCE_DOES_NOT_EXIST", re.IGNORECASE),
        lambda where, words: ConfigurationError(
            f"{where} has no warehouse at this http_path. Copy it from the warehouse's page, under Connection details. "
            f"The driver says: {words}"
        ),
    ),
    (
        re.compile(r"NameResolutionError|Name or service not known|nodename nor servname|getaddrinfo"),
        lambda where, words: ConfigurationError(
            f"The host of {where} cannot be found. Use the workspace's host, without https://. The driver says: {words}"
        ),
    ),
)


def _explain(cause: BaseException | None, engine: Engine) -> EtlMonitorError:
    """Return our error for the driver's."""
    where = place(engine.url)
    words = shown(str(cause), engine.url, *map(os.environ.get, SECRETS))
    if trouble.is_missing(cause):
        return lacking(words, engine, "The warehouse")
    for pattern, error in _READINGS:
        if pattern.search(words):
            return error(where, words)
    if isinstance(cause, ConnectionLost) and not cause.sent:
        return ConnectionBroken(f"{where} cannot be reached, and nothing was sent. Make the call again later. {words}")
    if isinstance(cause, ConnectionLost):
        return ConnectionBroken(
            f"The connection to {where} broke, and nobody knows whether the last statement was executed. "
            f"Make the call again when the warehouse is back. {words}"
        )
    return DatabaseError(f"The warehouse refused a statement on {where}: {words}")
