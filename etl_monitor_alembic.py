"""Registers the dialects `duckdb+monitor` and `databricks+monitor` with Alembic, whatever is imported first.

Alembic imports this module whenever it is imported itself, in every program of an environment with etl-monitor-orm. So
the module is outside the package, whose import takes half a second, and imports nothing until one of the two is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from alembic.runtime.plugins import Plugin

IMPLEMENTATIONS: Final = {
    "duckdb+monitor": ("etl_monitor_orm.dialects.duckdb.alembic_impl", "DuckDBImpl"),
    "databricks+monitor": ("etl_monitor_orm.dialects.databricks.alembic_impl", "WarehouseImpl"),
}
"""For each dialect's name: the module and class of Alembic's implementation."""


def setup(plugin: Plugin) -> None:
    """Register a stand-in for each dialect that has none; Alembic calls this."""
    from alembic.ddl import impl

    there: dict[str, object] = getattr(impl, "_impls", {})  # an import of alembic must not fail because of this
    for dialect in IMPLEMENTATIONS.keys() - there.keys():
        _stand_in(dialect)


def _stand_in(dialect: str) -> None:
    from alembic.ddl.impl import DefaultImpl

    module, name = IMPLEMENTATIONS[dialect]

    class StandIn(DefaultImpl):
        """Becomes the implementation when it is first used."""

        __dialect__ = dialect

        def __new__(cls, *arguments: Any, **options: Any) -> Any:
            return getattr(import_module(module), name)(*arguments, **options)
