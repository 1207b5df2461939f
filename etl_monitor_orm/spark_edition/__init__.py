"""The Spark edition's class over this library: code that was written for its release 1.0.0 changes its import only.

from etl_monitor_orm.spark_edition import ETLMonitorFramework
"""

from __future__ import annotations

from etl_monitor_orm.spark_edition.frames import Frame, Row
from etl_monitor_orm.spark_edition.framework import ETLMonitorFramework
from etl_monitor_orm.spark_edition.guard import TaskGuard

__all__ = ["ETLMonitorFramework", "Frame", "Row", "TaskGuard"]
