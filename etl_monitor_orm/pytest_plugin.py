"""Fixtures for tests of pipelines: a fresh monitor in memory, and its clock. Found by pytest by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from etl_monitor_orm import ETLMonitor, ManualClock


@pytest.fixture
def etl_clock() -> ManualClock:
    """The clock of `etl_monitor`: it stands at 2026-01-01 06:00 UTC until the test moves it."""
    from etl_monitor_orm import ManualClock

    return ManualClock("2026-01-01 06:00")


@pytest.fixture
def etl_monitor(etl_clock: ManualClock) -> Iterator[ETLMonitor]:
    """A fresh, migrated monitor on a DuckDB database in memory of its own."""
    from etl_monitor_orm import ETLMonitor

    monitor = ETLMonitor("duckdb:///:memory:", clock=etl_clock, actor="pytest").setup()
    yield monitor
    monitor.close()
