"""The layout of the three results tables on Delta: the requested one, the existing one, and differences.

The layout is chosen when the tables are created, and stays: Delta cannot turn a partitioned table into a clustered one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Engine

from etl_monitor_orm.backends import Backend, Storage, backend_of
from etl_monitor_orm.errors import ConfigurationError
from etl_monitor_orm.models import Metric, ProcessingStep, SysLog
from etl_monitor_orm.settings import Layout, read_layout

DEFAULT_LAYOUT: Final = Layout.PARTITIONED

_RESULTS: Final = (ProcessingStep.__tablename__, SysLog.__tablename__, Metric.__tablename__)
_PARTITION: Final = ("ProcessingDate",)


def asked_layout(backend: Backend, word: str | None) -> Layout | None:
    """Return the layout of the argument, or else of `ETL_MONITOR_LAYOUT`; None without either.

    Raises:
        ConfigurationError: The layout does not exist, or the database has no choice of layouts.
    """
    asked = read_layout(word)
    if asked not in (None, DEFAULT_LAYOUT) and not backend.capabilities.layouts:
        raise ConfigurationError(
            f"This database has no layouts, but the layout {asked} was requested. "
            "Leave it out, and unset ETL_MONITOR_LAYOUT: layouts are for Databricks."
        )
    return asked


def found_layout(backend: Backend, connection: Connection, schema: str) -> Layout | None:
    """Return the layout of the results tables; None when they do not exist, or have neither layout."""
    found = (backend.storage(connection, table, schema) for table in _RESULTS)
    return next((layout for storage in found if storage and (layout := _layout(storage))), None)


def changed_layouts(engine: Engine, schema: str, asked: Layout | None) -> Iterator[str]:
    """Return which results tables differ from the requested layout, or else from the first table's layout."""
    backend = backend_of(engine)
    if not backend.capabilities.layouts:
        return
    with backend.for_services(engine).connect() as connection:
        wanted = asked or found_layout(backend, connection, schema) or DEFAULT_LAYOUT
        for table in _RESULTS:
            storage = backend.storage(connection, table, schema)
            if storage is None:
                continue  # a missing table is reported already
            if _layout(storage) != wanted:
                yield f"Table {table} is not {wanted}, but {_layout(storage) or 'neither partitioned nor clustered'}."
            if table == SysLog.__tablename__ and not storage.numbers_rows:
                yield f"Table {table} does not number its rows."


def _layout(storage: Storage) -> Layout | None:
    if storage.partitioned_by == _PARTITION:
        return Layout.PARTITIONED
    # The owner may choose the columns.
    return Layout.CLUSTERED if storage.clustered_by else None
