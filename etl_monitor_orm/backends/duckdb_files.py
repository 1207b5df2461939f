"""Notices that a DuckDB file was removed, renamed or replaced while this process has it open.

DuckDB goes on writing into the file that it opened, wherever its name leads by then. On a file without a name, every
commit succeeds and all of it is lost.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, Pool

from etl_monitor_orm.backends.wording import place
from etl_monitor_orm.errors import ConfigurationError

Identity = tuple[int, int] | None
"""Device and number of a file; None where the system does not tell."""

_GONE: Final = (-1, -1)
"""The identity of no file."""

_connections: Final[dict[str, WeakKeyDictionary[Any, Identity]]] = {}
"""For each database, its connections in this process, and the file that they have open.

A pool that let go of its connections stands for them.
"""
_noting: Final = threading.RLock()


def watch_file(engine: Engine, path: str, database: str) -> None:
    """Refuse the connections of an engine once the path leads to another file than the one that they have open.

    Args:
        engine: The engine; each connection costs one look at the path.
        path: The file's whole path.
        database: What all engines on the file have in common.
    """

    @event.listens_for(engine, "engine_connect")
    def check(connection: Connection) -> None:
        driver, there = connection.connection.dbapi_connection, _identity(path)
        if not _moved(_opened(driver, database, there), there):
            return
        if driver not in _connections[database]:
            connection.invalidate()  # it was opened just now, and would keep the old file open
        connection.close()  # back to the pool, where dispose() finds it
        raise removed(engine.url)


def remember(database: str, pool: Pool) -> None:
    """Remember which file the connections of a pool have open, before they are closed to let others in."""
    with _noting:
        known = _connections.get(database)
        if known is not None and (file := _first(known)) is not None:
            known[pool] = file


def forget(database: str, pool: Pool) -> None:
    """Forget the file of a pool: whatever has its name by then is opened."""
    with _noting:
        _connections.get(database, WeakKeyDictionary()).pop(pool, None)


def refuse_another(url: URL, path: str, database: str) -> None:
    """Refuse to open a path that leads to another file than the one that was let go.

    Raises:
        ConfigurationError: It does.
    """
    with _noting:
        known = _connections.get(database)
        before = None if known is None else _first(known)
    if _moved(before, _identity(path)):
        raise removed(url)


def is_open(database: str) -> bool:
    """Whether this process has a database open, or let go of it only to let others in."""
    with _noting:
        return any(not _is_closed(one) for one in list(_connections.get(database, ())))


def is_by_url(engine: Engine) -> bool:
    """Whether an engine's connections lead where its URL says, and not where somebody's `creator` leads."""
    return getattr(engine.pool._creator, "__module__", None) == sqlalchemy.create_engine.__module__


def refused_options(url: URL) -> DBAPIError | None:
    """Return what DuckDB says of the options of a URL that it refuses; makes no file.

    Args:
        url: The database, with the monitor's driver.
    """
    options = {name: value for name, value in url.query.items() if name != "access_mode"}  # memory cannot be read-only
    if not options:
        return None
    try:
        sqlalchemy.create_engine(url.set(database=":memory:", query=options), poolclass=NullPool).connect().close()
    except DBAPIError as error:
        return error
    return None


def removed(url: URL) -> ConfigurationError:
    """Return the error of a file that was removed or replaced while it is open."""
    return ConfigurationError(
        f"The file of {place(url)} was removed, renamed or replaced while this process has it open, so nothing "
        "was written. Put that file back, or call close() on every monitor and dispose() on every engine of it, and "
        "make the call again."
    )


def _opened(driver: Any, database: str, there: Identity) -> Identity:
    """The file that a connection has open: DuckDB opens a path once, so that of the connections before it."""
    known = _connections.get(database)
    if known is not None and driver in known:
        return known[driver]
    with _noting:
        known = _connections.setdefault(database, WeakKeyDictionary())
        before = _first(known, there)
        if not _moved(before, there):
            known[driver] = before
        return before


def _first(known: WeakKeyDictionary[Any, Identity], default: Identity = None) -> Identity:
    """The file of the connections that are open."""
    return next((file for one, file in list(known.items()) if not _is_closed(one)), default)


def _is_closed(driver: Any) -> bool:
    return bool(getattr(driver, "closed", False))


def _moved(before: Identity, now: Identity) -> bool:
    return now != before and now is not None and before is not None


def _identity(path: str) -> Identity:
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return _GONE
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found.st_ino else None
