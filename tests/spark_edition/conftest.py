"""The Spark edition's class on every backend, over the contract's databases."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock
from etl_monitor_orm.spark_edition import ETLMonitorFramework
from tests.contract.conftest import (
    clock,
    database,
    databases,
    databricks_database,
    duckdb_database,
    monitor,
    postgresql_database,
)

__all__ = ["clock", "database", "databases", "databricks_database", "duckdb_database", "monitor", "postgresql_database"]

HR = ("CORP", "HR_DAILY")
DAY = "2026-01-01"
FIRST, SECOND = "run-1", "run-2"

Step = dict[str, int]
INITIATION: Step = {"task_id": 0, "workflow_id": 0, "sequence_id": 0}
LOAD: Step = {"task_id": 1, "workflow_id": 1, "sequence_id": 2}
EVENTS: Step = {"task_id": 2, "workflow_id": 1, "sequence_id": 2}
MART: Step = {"task_id": 3, "workflow_id": 1, "sequence_id": 6}


@pytest.fixture
def edition(monitor: ETLMonitor) -> ETLMonitorFramework:
    """The class on an empty database; its clock stands at 2026-01-01 06:00 UTC."""
    return ETLMonitorFramework(monitor)


@pytest.fixture
def hr(edition: ETLMonitorFramework) -> ETLMonitorFramework:
    """CORP/HR_DAILY: an initiation, two parallel loads (one optional), a dependent mart, and their watermarks."""
    edition.register_process(*HR, name="HR daily load")
    edition.register_parameter(*HR, "SYSDT", "SYSTEM")
    edition.register_parameter(*HR, "LoadEmployees", "DELTA_DATE")
    edition.register_parameter(*HR, "LoadEvents", "DELTA_ID", value_int=0)
    edition.register_task(*HR, **INITIATION, task_name="Initiation")
    edition.register_task(*HR, **LOAD, task_name="Load employees", source_system_code="LoadEmployees")
    edition.register_task(*HR, **EVENTS, task_name="Load events", source_system_code="LoadEvents", task_mandatory=False)
    edition.register_task(*HR, **MART, task_name="Build mart")
    return edition


@pytest.fixture
def run(hr: ETLMonitorFramework) -> ETLMonitorFramework:
    """A queued run of it, none of its steps started."""
    hr.generate_execution_steps(FIRST, *HR, DAY)
    return hr


@pytest.fixture
def work(hr: ETLMonitorFramework, clock: ManualClock) -> Callable[..., None]:
    """Do tasks of a run, ten seconds each."""

    def do(*tasks: Step, execution_id: str = FIRST, day: str = DAY) -> None:
        for task in tasks:
            with hr.task(execution_id, *HR, **task, processing_date=day) as guard:
                assert guard.active
                clock.advance(10)

    return do


@pytest.fixture
def fail(hr: ETLMonitorFramework) -> Callable[..., None]:
    """Start a task of a run, and fail."""

    def do(task: Step, execution_id: str = FIRST) -> None:
        with suppress(OSError), hr.task(execution_id, *HR, **task, processing_date=DAY):
            raise OSError("source is down")

    return do


@pytest.fixture
def states(hr: ETLMonitorFramework) -> Callable[..., dict[int, str]]:
    """Read the status of each task of a run: its current attempt's."""

    def read(execution_id: str = FIRST) -> dict[int, str]:
        return {row.TaskID: row.Status for row in hr.get_status(*HR, DAY, execution_id=execution_id)}

    return read
