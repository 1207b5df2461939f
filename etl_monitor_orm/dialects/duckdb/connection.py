"""Connections whose cursors keep their rows apart: our own, and those of duckdb-engine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from weakref import WeakKeyDictionary

import duckdb
import duckdb_engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.pool import PoolProxiedConnection

from etl_monitor_orm.dialects.duckdb.cursor import NATIVE, DuckDBCursor, Parameters
from etl_monitor_orm.dialects.duckdb.interrupts import interruptible
from etl_monitor_orm.dialects.duckdb.results import DriverResults

_OF_LATEST: Final = NATIVE | {"description", "fetchall", "fetchmany", "fetchone", "rowcount"}
"""Attributes of the driver's connection about its last statement."""


class DuckDBConnection(duckdb_engine.ConnectionWrapper):
    """A DB-API connection, in one transaction with all of its cursors."""

    def __init__(self, driver: duckdb.DuckDBPyConnection) -> None:
        super().__init__(driver)
        self._driver = driver
        self._results = DriverResults(driver)
        self._own_cursor: DuckDBCursor | None = None

    def cursor(self, *, streams: bool = False) -> DuckDBCursor:
        """A new cursor on this connection, in its transaction."""
        return DuckDBCursor(self._driver, self, self._results, streams=streams)

    def execute(self, statement: str, parameters: Parameters | None = None) -> DuckDBCursor:
        """Run one statement; the cursor that comes back has its rows."""
        self._own_cursor = self.cursor()
        self._own_cursor.execute(statement, parameters)
        return self._own_cursor

    def executemany(self, statement: str, parameters: Iterable[Parameters] | None = None) -> DuckDBCursor:
        """Run one statement for each set of parameters."""
        self._own_cursor = self.cursor()
        self._own_cursor.executemany(statement, parameters)
        return self._own_cursor

    def begin(self) -> None:
        """Begin a transaction."""
        self._results.begin()

    def commit(self) -> None:
        """Commit the transaction."""
        self._results.commit()

    def rollback(self) -> None:
        """Roll the transaction back, which ends its streams; nothing is sent where certainly none is open."""
        self._results.roll_back()
        if self._results.is_idle:
            return
        with interruptible:
            self._driver.rollback()
        self._results.note(idle=True)

    def close(self) -> None:
        """Close the connection."""
        self._results.roll_back()
        super().close()

    def __getattr__(self, name: str) -> Any:
        """Other attributes of the driver's connection."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name in _OF_LATEST:
            latest = self._results.latest and self._results.latest()
            if latest is None:
                raise AttributeError(f"{name}: no statement on this connection has rows")
            return getattr(latest, name)
        return self._results.attribute(name)


_stock: WeakKeyDictionary[duckdb_engine.ConnectionWrapper, DriverResults] = WeakKeyDictionary()
"""The state of connections that are not ours and must not change."""


def results_of(connection: DBAPIConnection | PoolProxiedConnection) -> DriverResults:
    """Return the state of a DB-API connection, ours or duckdb-engine's.

    Raises:
        InvalidRequestError: It is neither.
    """
    plain = connection.dbapi_connection if isinstance(connection, PoolProxiedConnection) else connection
    if isinstance(plain, DuckDBConnection):
        return plain._results
    if not isinstance(plain, duckdb_engine.ConnectionWrapper):
        raise InvalidRequestError(
            f"The pool returned a {type(plain).__name__}, but the dialect needs a connection of duckdb-engine. "
            "Make the engine without a creator."
        )
    try:
        return _stock[plain]
    except KeyError:
        return _stock.setdefault(plain, DriverResults(plain._ConnectionWrapper__c, foreign=True))


def cursor_on(connection: DBAPIConnection | PoolProxiedConnection, *, streams: bool = False) -> DuckDBCursor:
    """Return a cursor with its own rows on a DB-API connection, ours or duckdb-engine's."""
    results = results_of(connection)
    plain = connection.dbapi_connection if isinstance(connection, PoolProxiedConnection) else connection
    return DuckDBCursor(results.driver, plain, results, streams=streams)
