"""Days of two processes that share all names, on the local warehouse: what the dashboard and the alerts look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.concurrency.conftest import databricks_url, url
from tests.databases import migrated, monitor_url
from tests.warehouse import Warehouse

from .jobs import JobRun
from .jobs import migrated as with_tables
from .kit import Kit

__all__ = ["databricks_url", "url"]

HR, OPS = ("CORP", "HR_DAILY"), ("CORP", "OPS_DAILY")
MESSAGE = 'it\'s `odd`, "quoted" 🚚'

Rows = list[dict[str, Any]]


class Past:
    """What was played, up to now: a warehouse's `current_timestamp()` is in nobody's hands.

    Attributes:
        now: When it ended.
        today: The date of the last runs.
    """

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.today = self.now.date()

    def day(self, back: int) -> str:
        """Return an earlier date."""
        return str(self.today - timedelta(days=back))

    def play(self, monitor: ETLMonitor, clock: ManualClock) -> None:
        """Three earlier days that go well; today HR_DAILY fails twice, and OPS_DAILY has two steps at work."""
        for process in (HR, OPS):
            monitor.register_process(*process, name=f"{process[1]} load", owner="Data team")
            monitor.register_parameter(*process, "Load", "DELTA_DATE")
            monitor.register_parameter(*process, "Events", "DELTA_ID", value_int=7)
            monitor.register_parameter(*process, "Strict", "FLAG", value_bit=True)
            monitor.register_task(*process, 0, 0, 0, "Initiation")
            monitor.register_task(*process, 1, 1, 2, "Load", source_system_code="Load", expected_duration_seconds=3600)
            monitor.register_task(*process, 2, 1, 2, "Extras", task_mandatory=False)
            monitor.register_task(*process, 1, 2, 6, "Load")  # the same number and name, in another pass
        for back, (first, second) in zip((3, 2, 1), ((10, 5), (20, 5), (60, 5)), strict=True):
            clock.set(self.now - timedelta(days=back, hours=3))
            run = monitor.start_run(*HR, self.day(back), execution_id=f"hr-{back}")
            for task_id, workflow_id, seconds in ((0, 0, 0), (1, 1, first), (2, 1, 1), (1, 2, second)):
                with run.task(task_id, workflow_id):
                    clock.advance(seconds)
        self._fail_today(monitor, clock)
        self._work_today(monitor, clock)

    def _fail_today(self, monitor: ETLMonitor, clock: ManualClock) -> None:
        clock.set(self.now - timedelta(hours=2))
        run = monitor.start_run(*HR, self.day(0), execution_id="hr-0")
        with run.task(0):
            clock.advance(2)
        with run.task(1, 1):
            clock.advance(100)
        with suppress(ValueError), run.task(2, 1):
            clock.advance(30)
            raise ValueError("optional")
        for attempt in range(2):
            with suppress(ValueError), run.task(1, 2, retry_failed=attempt > 0):
                clock.advance(0.5)
                raise ValueError(MESSAGE)

    def _work_today(self, monitor: ETLMonitor, clock: ManualClock) -> None:
        clock.set(self.now - timedelta(hours=3))
        run = monitor.start_run(*OPS, self.day(0), execution_id="ops-0")
        with run.task(0):
            pass
        run_key = ("ops-0", *OPS)
        monitor.start_task(*run_key, 1, processing_date=self.day(0))  # expected to take an hour, and gives no sign
        clock.set(self.now - timedelta(minutes=5))
        monitor.start_task(*run_key, 2, processing_date=self.day(0))  # gave a sign of life just now
        clock.set(self.now)
        monitor.heartbeat_task(*run_key, 2, processing_date=self.day(0))


@pytest.fixture(scope="session")
def played(warehouse: Warehouse) -> Past:
    """The past, saved on the warehouse."""
    migrated(warehouse)
    past, clock = Past(), ManualClock("2026-01-01")
    monitor = ETLMonitor(monitor_url(warehouse), clock=clock, actor="pytest")
    past.play(monitor, clock)
    monitor.close()
    warehouse.save("databricks_kit")
    return past


@pytest.fixture
def past(warehouse: Warehouse, played: Past) -> Past:
    """The past, as it was played."""
    warehouse.restore("databricks_kit")
    return played


@pytest.fixture
def clock(past: Past) -> ManualClock:
    """The monitor's clock; it stands where the past ended."""
    return ManualClock(past.now)


@pytest.fixture
def monitor(warehouse: Warehouse, past: Past, clock: ManualClock) -> Iterator[ETLMonitor]:
    """A monitor on the past."""
    monitor = ETLMonitor(monitor_url(warehouse), clock=clock, actor="pytest")
    yield monitor
    monitor.close()


@pytest.fixture
def ask(warehouse: Warehouse) -> Iterator[Callable[..., Rows]]:
    """Run a query as the warehouse gets it of a dashboard or an alert: its schema said by the session."""
    engine = warehouse.engine("etl")

    def query(sql: str, **parameters: str) -> Rows:
        with engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(text(sql), parameters)]

    yield query
    engine.dispose()


@pytest.fixture
def shown(past: Past, ask: Callable[..., Rows]) -> Callable[..., Rows]:
    """Return the rows of a dataset of the dashboard."""
    datasets = Kit().datasets
    return lambda name, **parameters: ask(datasets[name], **parameters)


@pytest.fixture
def duckdb_url(tmp_path: Path) -> str:
    """A file that is not there yet."""
    return f"duckdb:///{tmp_path / 'monitor.duckdb'}"


@pytest.fixture
def job(url: str) -> JobRun:
    """A run of the daily load that has not begun, with tables that the migration made."""
    return with_tables(url)


@pytest.fixture
def local(duckdb_url: str) -> JobRun:
    """The same, on DuckDB."""
    return with_tables(duckdb_url)
