"""A pool that lets go of its DuckDB file when nobody uses a connection."""

from __future__ import annotations

from typing import Any, Final, cast

from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from etl_monitor_orm.backends.duckdb_files import forget, remember
from etl_monitor_orm.backends.duckdb_sharing import SharedFile, Use

_USE: Final = "etl_monitor_use"


class SharingPool(QueuePool):
    """A pool of connections to a file that other processes use too.

    Args:
        creator: Opens a connection.
        shared: The file. All pools on it let go of it together.
        options: As for `QueuePool`.
    """

    def __init__(self, creator: Any, shared: SharedFile | None = None, **options: Any) -> None:
        super().__init__(creator, **options)
        if shared is not None:
            self._share(shared)

    def _share(self, shared: SharedFile) -> None:
        self.shared = shared
        shared.add(self)

    def recreate(self) -> SharingPool:
        """Return a new pool on the same file."""
        pool = cast(SharingPool, super().recreate())
        pool._share(self.shared)
        return pool

    def let_go(self) -> None:
        """Close the connections that nobody uses, and remember which file they had open."""
        if self.checkedin():
            remember(self.shared.database, self)
            super().dispose()

    def dispose(self) -> None:
        """Close the connections that nobody uses, for good."""
        super().dispose()
        forget(self.shared.database, self)
        self.shared.disposed()

    def _do_get(self) -> ConnectionPoolEntry:
        use = Use()
        try:
            self.shared.enter(use)
            record = super()._do_get()
            use.connected = True
            cast(dict[str, Any], record.record_info)[_USE] = use
        except BaseException:
            self.shared.leave(use)
            raise
        finally:
            self.shared.has_connected()
        return record

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        use = record.record_info.pop(_USE, None) if record.record_info else None
        try:
            super()._do_return_conn(record)
        finally:
            if use is not None:
                self.shared.leave(use)
