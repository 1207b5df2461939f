"""How Delta lays out the two results tables: what is asked for, what is there, and where that differs.

The layout is chosen when the tables are made, and stays: Delta turns no partitioned table into a clustered one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Engine

from etl_monitor_orm.backends import Backend, Storage, backend_for
from etl_monitor_orm.errors import ConfigurationError
from etl_monitor_orm.models import ProcessingStep, SysLog
from etl_monitor_orm.settings import Layout, read_layout

DEFAULT_LAYOUT: Final = Layout.PARTITIONED

_RESULTS: Final = (ProcessingStep.__tablename__, SysLog.__tablename__)
_PARTITION: Final = ("ProcessingDate",)


def asked_layout(backend: Backend, word: str | None) -> Layout | None:
    """Return the layout that an argument, or else `ETL_MONITOR_LAYOUT`, asks for; None when neither does.

    Raises:
        ConfigurationError: There is no such layout, or the database has none but its own.
    """
    asked = read_layout(word)
    if asked not in (None, DEFAULT_LAYOUT) and not backend.capabilities.layouts:
        raise ConfigurationError(
            f"This database lays its tables out in its own way, but the layout {asked} was asked for. "
            "Leave it out, and unset ETL_MONITOR_LAYOUT; it is for Databricks."
        )
    return asked


def found_layout(backend: Backend, connection: Connection, schema: str) -> Layout | None:
    """Return the layout of the results tables; None when there are none, or they have neither layout."""
    found = (backend.storage(connection, table, schema) for table in _RESULTS)
    return next((layout for storage in found if storage and (layout := _layout(storage))), None)


def changed_layouts(engine: Engine, schema: str, asked: Layout | None) -> Iterator[str]:
    """Say which of the results tables are not laid out as asked, or else as the first of them."""
    backend = backend_for(engine.dialect.name)
    if not backend.capabilities.layouts:
        return
    with engine.connect() as connection:
        wanted = asked or found_layout(backend, connection, schema) or DEFAULT_LAYOUT
        for table in _RESULTS:
            storage = backend.storage(connection, table, schema)
            if storage is None:
                continue  # a missing table is told already
            if _layout(storage) != wanted:
                yield f"Table {table} is not {wanted}, but {_layout(storage) or 'neither partitioned nor clustered'}."
            if table == SysLog.__tablename__ and not storage.numbers_rows:
                yield f"Table {table} does not number its rows."


def _layout(storage: Storage) -> Layout | None:
    if storage.partitioned_by == _PARTITION:
        return Layout.PARTITIONED
    # By which columns is the owner's to tune.
    return Layout.CLUSTERED if storage.clustered_by else None
