"""Databases that the monitor works on: one module each, found by URL."""

from __future__ import annotations

from etl_monitor_orm.backends.base import Backend, Capabilities, Holding, Storage
from etl_monitor_orm.backends.explaining import our_error
from etl_monitor_orm.backends.reading import refuse_writing
from etl_monitor_orm.backends.registry import backend_for, backend_of
from etl_monitor_orm.backends.wording import cleaned, place, pointed, pointing, repeatable, shown
from etl_monitor_orm.dialects.retrying import REPEATABLE, RetryPolicy

__all__ = [
    "REPEATABLE",
    "Backend",
    "Capabilities",
    "Holding",
    "RetryPolicy",
    "Storage",
    "backend_for",
    "backend_of",
    "cleaned",
    "our_error",
    "place",
    "pointed",
    "pointing",
    "refuse_writing",
    "repeatable",
    "shown",
]
