"""Databricks as the monitor's database: engines, conflicts, errors."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Result
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.backends.base import REPEATABLE, Capabilities, Storage
from etl_monitor_orm.backends.databricks import explain, trouble
from etl_monitor_orm.backends.databricks.connection import HINT
from etl_monitor_orm.backends.databricks.dialect import WarehouseDialect, was_sent_again
from etl_monitor_orm.errors import ConfigurationError, EtlMonitorError

_SESSION_AGE: Final = 900
"""Seconds after which a pooled session is replaced: the warehouse forgets those that were long silent."""


class DatabricksBackend:
    """Delta tables in Unity Catalog, behind a SQL warehouse or a cluster. Each statement commits by itself."""

    capabilities: Final = Capabilities(
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

    def create_engine(self, url: URL, *, catalog: str | None) -> Engine:
        """Return a pooled engine whose sessions are in the catalog, its parameters hidden from error texts."""
        there = catalog or url.query.get("catalog")
        if not there:
            raise ConfigurationError(f"No catalog is named: pass catalog=, or set ETL_MONITOR_CATALOG. {HINT}")
        url = url.difference_update_query(["schema"]).update_query_dict({"catalog": there})
        return sqlalchemy.create_engine(
            url, pool_size=8, max_overflow=32, pool_recycle=_SESSION_AGE, hide_parameters=True
        )

    def accept(self, engine: Engine) -> None:
        """Refuse an engine of the stock dialect, which loses track of a write whose reply is lost."""
        if not isinstance(engine.dialect, WarehouseDialect):
            raise ConfigurationError(
                "This engine was made before etl_monitor_orm was imported, by a dialect that repeats nothing after "
                "a conflict. Import etl_monitor_orm first, or make it with etl_monitor_orm.create_engine(url)."
            )

    def for_services(self, engine: Engine) -> Engine:
        """Let statements be sent again: each of the services' either guards itself or is recognised."""
        return engine.execution_options(**{REPEATABLE: True})

    def is_conflict(self, error: DBAPIError) -> bool:
        """A statement that lost against another one did not apply; the dialect has repeated it with patience."""
        return trouble.is_conflict(error.orig)

    def was_sent_again(self, result: Result[Any]) -> bool:
        """The dialect notes on a statement's execution that its first reply was lost."""
        return was_sent_again(result)

    def is_reply_lost(self, error: DBAPIError) -> bool:
        """The connection broke under a statement that may not be sent again unasked."""
        return isinstance(error.orig, trouble.ConnectionLost)

    def explain(self, error: DBAPIError, engine: Engine) -> EtlMonitorError:
        """Tell credentials, places, privileges, missing tables and a lost connection apart."""
        return explain.explain(error.orig, engine)

    def alone(self, engine: Engine) -> AbstractContextManager[object]:
        """One lock per engine: of two statements on one date Delta refuses the later, so let threads not collide.

        It is for speed only. Between processes, Delta's refusal and the repetition after it do the same.
        """
        lock: threading.RLock = engine.dialect.alone  # type: ignore[attr-defined]
        return lock

    def storage(self, connection: Connection, table: str, schema: str) -> Storage | None:
        """What Delta tells of a table."""
        dialect = connection.dialect
        return dialect.storage(connection, table, schema) if isinstance(dialect, WarehouseDialect) else None

    def teach_alembic(self) -> None:
        """Importing the module is enough."""
        import_module("etl_monitor_orm.backends.databricks.alembic_impl")

    def after_migration(self, connection: Connection) -> None:
        """Nothing: each statement of a migration is committed when it ends."""
