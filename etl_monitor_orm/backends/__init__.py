"""Databases that the monitor works on: one package each, found by URL."""

from __future__ import annotations

from etl_monitor_orm.backends.base import Backend, Capabilities
from etl_monitor_orm.backends.registry import backend_for, register_dialects

__all__ = ["Backend", "Capabilities", "backend_for", "register_dialects"]
