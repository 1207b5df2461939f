"""Finds the backend of a database URL; each is imported only when its URL is used."""

from __future__ import annotations

from importlib import import_module
from typing import Final, cast

from sqlalchemy.dialects import registry

from etl_monitor_orm.backends.base import Backend
from etl_monitor_orm.errors import ConfigurationError

_BACKENDS: Final = {
    "duckdb": ("etl_monitor_orm.backends.duckdb.backend", "DuckDBBackend"),
    "databricks": ("etl_monitor_orm.backends.databricks.backend", "DatabricksBackend"),
}


def register_dialects() -> None:
    """Make each URL mean the safe dialect wherever SQLAlchemy meets it in this process; nothing is imported yet."""
    registry.register("duckdb", "etl_monitor_orm.backends.duckdb.dialect", "DuckDBDialect")
    registry.register("databricks", "etl_monitor_orm.backends.databricks.dialect", "WarehouseDialect")


def backend_for(name: str) -> Backend:
    """Return the backend of a URL's first word.

    Args:
        name: The URL's backend name, such as `duckdb`.

    Raises:
        ConfigurationError: No backend has this name, or its driver is not installed.
    """
    try:
        module, kind = _BACKENDS[name]
    except KeyError:
        known = ", ".join(f"{word}://" for word in _BACKENDS)
        raise ConfigurationError(f"The monitor has no backend for {name}:// URLs. It works on {known}.") from None
    try:
        return cast(Backend, getattr(import_module(module), kind)())
    except ImportError as error:
        raise ConfigurationError(
            f"The driver for {name}:// URLs is not installed: {error}. Run: pip install 'etl-monitor-orm[{name}]'"
        ) from error
