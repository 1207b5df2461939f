"""Finds the backend of a database URL. A backend is imported only when its URL is used."""

from __future__ import annotations

from importlib import import_module
from typing import Final, cast

from sqlalchemy import Engine

from etl_monitor_orm.backends.base import Backend
from etl_monitor_orm.errors import ConfigurationError

_BACKENDS: Final = {
    "duckdb": ("etl_monitor_orm.backends.duckdb", "DuckDBBackend"),
    "databricks": ("etl_monitor_orm.backends.databricks", "DatabricksBackend"),
    "postgresql": ("etl_monitor_orm.backends.postgresql", "PostgreSQLBackend"),
}

_MEANT: Final = {"postgres": "postgresql"}
"""URL prefixes that people still write, and the backend that they mean."""


def backend_of(engine: Engine) -> Backend:
    """Return the backend of an engine.

    Raises:
        ConfigurationError: The monitor does not work on this kind of database, or its driver is not installed.
    """
    return backend_for(engine.dialect.name.partition("+")[0])


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
        if name in _MEANT:
            raise ConfigurationError(
                f"SQLAlchemy has no {name}:// URLs any more. Write {_MEANT[name]}://… instead."
            ) from None
        known = ", ".join(f"{word}://" for word in _BACKENDS)
        raise ConfigurationError(f"The monitor has no backend for {name}:// URLs. It works on {known}.") from None
    try:
        return cast(Backend, getattr(import_module(module), kind)())
    except ImportError as error:
        raise ConfigurationError(
            f"The driver for {name}:// URLs is not installed: {error}. Run: pip install 'etl-monitor-orm[{name}]'"
        ) from error
