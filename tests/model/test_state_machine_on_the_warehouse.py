"""The same machine on the local warehouse, with fewer steps: each reads twelve tables and views through Spark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import settings

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.databases import migrated, monitor_url
from tests.warehouse import Warehouse

from .budgets import budget
from .machine import machine_for
from .reference.state import ACTOR

_running: list[Warehouse] = []


@contextmanager
def local_warehouse(clock: ManualClock) -> Iterator[ETLMonitor]:
    (warehouse,) = _running
    warehouse.restore("empty")
    monitor = ETLMonitor(monitor_url(warehouse), clock=clock, actor=ACTOR)
    yield monitor
    monitor.close()


@pytest.fixture(scope="module", autouse=True)
def _warehouse(warehouse: Warehouse) -> Iterator[None]:
    migrated(warehouse)
    _running.append(warehouse)
    yield
    _running.clear()


TestMonitorOnTheWarehouse = machine_for(local_warehouse).TestCase
TestMonitorOnTheWarehouse.settings = settings(budget("quick"), max_examples=2, stateful_step_count=15)
