"""Databases that the monitor works on: one package each, found by URL."""

from __future__ import annotations

from etl_monitor_orm.backends.base import Backend, Capabilities, place
from etl_monitor_orm.backends.registry import backend_for, register_dialects

__all__ = ["Backend", "Capabilities", "backend_for", "place", "register_dialects"]
