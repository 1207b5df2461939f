"""Loading databricks-sqlalchemy, which this dialect builds on, as a guest in somebody's process.

Its import registers SQL for SQLAlchemy's types and an implementation for alembic, under the name `databricks`. Earlier
registrations under that name stay.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any, Final

from sqlalchemy import types

_STOCK: Final = "databricks.sqlalchemy"
_NAME: Final = "databricks"


def load_stock_dialect() -> None:
    """Import databricks-sqlalchemy, unless it is imported already; registrations made before stay as they are."""
    if _STOCK in sys.modules:
        return
    before = [(registry, registry[_NAME]) for registry in _registries() if _NAME in registry]
    import_module(_STOCK)
    for registry, theirs in before:
        registry[_NAME] = theirs


def _registries() -> Iterator[MutableMapping[str, Any]]:
    """What is registered under a dialect's name. Neither alembic nor `@compiles` has a public way to look it up."""
    if alembic := sys.modules.get("alembic.ddl.impl"):
        yield alembic._impls
    for kind in vars(types).values():
        if isinstance(kind, type) and (rules := vars(kind).get("_compiler_dispatcher")):
            yield rules.specs
