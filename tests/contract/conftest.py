"""The contract's suite runs on every backend: a test asks for `monitor` and gets one on each of them in turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from etl_monitor_orm import ETLMonitor, ManualClock

BACKENDS = ("duckdb",)


@pytest.fixture
def clock(etl_clock: ManualClock) -> ManualClock:
    return etl_clock


@pytest.fixture(params=BACKENDS)
def monitor(request: pytest.FixtureRequest, clock: ManualClock) -> ETLMonitor:
    """A fresh, migrated monitor on each backend, its clock in the test's hands."""
    return request.getfixturevalue("etl_monitor")


class Statements:
    """Counts what reaches the database."""

    def __init__(self, engine: Engine) -> None:
        self.sql: list[str] = []
        event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, parameters, context, executemany) -> None:
        self.sql.append(statement)

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """Yield the list of statements that the block executes."""
        self.sql.clear()
        executed: list[str] = []
        yield executed
        executed.extend(self.sql)


@pytest.fixture
def statements(monitor: ETLMonitor) -> Statements:
    return Statements(monitor.engine)


@pytest.fixture
def hr(monitor: ETLMonitor) -> ETLMonitor:
    """CORP/HR_DAILY: an initiation, two parallel loads (one optional), a dependent mart, and their watermarks."""
    monitor.register_process("CORP", "HR_DAILY", name="HR daily load", owner="HR team")
    monitor.register_parameter("CORP", "HR_DAILY", "SYSDT", "SYSTEM")
    monitor.register_parameter("CORP", "HR_DAILY", "LoadEmployees", "DELTA_DATE")
    monitor.register_parameter("CORP", "HR_DAILY", "LoadEvents", "DELTA_ID", value_int=0)
    monitor.register_task("CORP", "HR_DAILY", 0, 0, 0, "Initiation")
    monitor.register_task("CORP", "HR_DAILY", 1, 1, 2, "Load employees", source_system_code="LoadEmployees")
    monitor.register_task(
        "CORP", "HR_DAILY", 2, 1, 2, "Load events", source_system_code="LoadEvents", task_mandatory=False
    )
    monitor.register_task("CORP", "HR_DAILY", 3, 1, 6, "Build mart", expected_duration_seconds=60)
    return monitor
