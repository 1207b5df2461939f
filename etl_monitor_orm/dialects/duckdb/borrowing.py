"""An engine of this dialect on the connections of another engine, which does not change."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import Pool

from etl_monitor_orm.dialects.duckdb.dialect import NAME, DuckDBDialect


def engine_over(owner: Engine) -> Engine:
    """Return an engine of this dialect on the connections of an engine of duckdb-engine's own dialect."""
    # Some libraries, such as polars, recognise an engine by the package of its class, so the class is SQLAlchemy's.
    return _BorrowingEngine(owner).execution_options()


class _BorrowingEngine(Engine):
    """Works on the connections of another engine's current pool.

    Event listeners on the pool see its activity, those on the other engine do not. `dispose()` disposes the other
    engine's pool.

    Args:
        owner: An engine of duckdb-engine's own dialect.
    """

    def __init__(self, owner: Engine) -> None:
        self._owner = owner
        super().__init__(
            owner.pool,
            DuckDBDialect(dbapi=DuckDBDialect.import_dbapi()),
            owner.url.set(drivername=NAME),
            echo=owner.echo,
            execution_options=owner.get_execution_options(),
            hide_parameters=True,
        )
        event.listen(self, "engine_connect", self._initialize)

    @property
    def pool(self) -> Pool:
        """The owner's current pool: disposing an engine replaces its pool."""
        return self._owner.pool

    @pool.setter
    def pool(self, pool: Pool) -> None:
        """Keep the owner's pool."""

    def dispose(self, close: bool = True) -> None:
        """Dispose the owner's pool."""
        self._owner.dispose(close)

    def _initialize(self, connection: Connection) -> None:
        # SQLAlchemy initialises a dialect when its pool first connects; this pool may have connected long ago.
        if self.dialect.default_schema_name is None:
            self.dialect.initialize(connection)
            connection.rollback()
