"""For tests of pipelines: assertions that show how the steps stand, and builders of processes and their history.

All of them are plain functions over a monitor: they work in pytest, in unittest and in a notebook. The package itself
never imports them.
"""

from __future__ import annotations

from etl_monitor_orm.testing.assertions import assert_done, assert_failed, assert_queued
from etl_monitor_orm.testing.histories import history
from etl_monitor_orm.testing.processes import process
from etl_monitor_orm.testing.watermarks import assert_watermark

__all__ = ["assert_done", "assert_failed", "assert_queued", "assert_watermark", "history", "process"]
