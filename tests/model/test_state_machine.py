"""The monitor on DuckDB against the reference model: the same calls, the same tables, views, answers and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from etl_monitor_orm import ETLMonitor, ManualClock

from .budgets import budget
from .machine import machine_for
from .reference.state import ACTOR


@contextmanager
def duckdb_in_memory(clock: ManualClock) -> Iterator[ETLMonitor]:
    monitor = ETLMonitor(f"duckdb:///:memory:model_{uuid4().hex}", clock=clock, actor=ACTOR)
    yield monitor.setup()
    monitor.close()


TestMonitorOnDuckDB = machine_for(duckdb_in_memory).TestCase
TestMonitorOnDuckDB.settings = budget()
