"""Keeps a database in memory: DuckDB ends it with its last connection, and Ctrl-C makes SQLAlchemy drop one."""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, Pool, QueuePool

_kept: Final[WeakKeyDictionary[Pool, DBAPIConnection]] = WeakKeyDictionary()
"""For pools of others: a connection that lives as long as the pool."""


class KeepingPool(QueuePool):
    """A pool with one more connection, which nobody uses, until the pool is disposed.

    Attributes:
        keeper: That connection.
    """

    keeper: DBAPIConnection | None = None

    def _create_connection(self) -> ConnectionPoolEntry:
        entry = super()._create_connection()
        if self.keeper is None:
            self.keeper = self._invoke_creator(entry)  # closing a connection closes its duplicates, so not one of those
        return entry

    def dispose(self) -> None:
        """Close the connections that nobody uses."""
        super().dispose()
        keeper, self.keeper = self.keeper, None
        if keeper is not None:
            keeper.close()


def keep_in_memory(engine: Engine) -> None:
    """Keep the database in memory of somebody else's engine as long as the engine keeps its pool."""

    @event.listens_for(engine, "engine_connect")
    def keep(connection: Connection) -> None:
        pool = engine.pool
        if pool not in _kept:
            _kept[pool] = pool._invoke_creator(connection.connection._connection_record)
