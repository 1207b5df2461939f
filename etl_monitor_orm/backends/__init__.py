"""Databases that the monitor works on: one package each, found by URL."""

from __future__ import annotations

from etl_monitor_orm.backends.base import REPEATABLE, Backend, Capabilities, Storage, place
from etl_monitor_orm.backends.registry import backend_for, register_dialects
from etl_monitor_orm.backends.retry import RetryPolicy

__all__ = [
    "REPEATABLE",
    "Backend",
    "Capabilities",
    "RetryPolicy",
    "Storage",
    "backend_for",
    "place",
    "register_dialects",
]
