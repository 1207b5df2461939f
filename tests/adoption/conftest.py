"""A schema on each backend in which the Spark edition's tables are made."""

from __future__ import annotations

from tests.migrations.conftest import engine, lakehouse, on_server, place

__all__ = ["engine", "lakehouse", "on_server", "place"]
