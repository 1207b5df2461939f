"""A local SQL warehouse: the real Databricks dialect and connector talk Thrift over http to Spark and Delta Lake.

`start_warehouse` starts one; `missing` says what this machine lacks for it. Nothing heavy is imported before that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.warehouse.requirements import missing

if TYPE_CHECKING:
    from tests.warehouse.warehouse import Warehouse, start_warehouse

__all__ = ["Warehouse", "missing", "start_warehouse"]


def __getattr__(name: str) -> Any:
    if name in ("Warehouse", "start_warehouse"):
        from tests.warehouse import warehouse

        return getattr(warehouse, name)
    raise AttributeError(name)
