"""The pack's pipelines on a stand-in for Data Factory, over the contract's databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, ManualClock, ProcessingStep, Status, widgets
from tests.adf.factory import Factory, start_factory, succeeded
from tests.adf.factory.dotnet import missing
from tests.adf.services import Services
from tests.contract.conftest import (
    _own_task,
    clock,
    database,
    databases,
    databricks_database,
    duckdb_database,
    hr,
    monitor,
    postgresql_database,
)
from tests.databases import Database

__all__ = [
    "_own_task",
    "clock",
    "database",
    "databases",
    "databricks_database",
    "duckdb_database",
    "hr",
    "monitor",
    "postgresql_database",
]


@pytest.fixture(scope="session")
def factory() -> Iterator[Factory]:
    """Microsoft's testing framework, in a process of its own."""
    if lacking := missing():
        pytest.skip(lacking)
    with start_factory() as running:
        yield running


HR = {"project_code": "CORP", "process_load": "HR_DAILY"}
DAY = "2026-04-09"


@pytest.fixture
def corp(monitor: ETLMonitor) -> ETLMonitor:
    """CORP/HR_DAILY: an initiation, two loads side by side (one optional), a mart, and a task 1 of a second pass."""
    monitor.register_process(**HR)
    monitor.register_parameter(**HR, parameter_name="LoadEmployees", parameter_type="DELTA_DATE")
    monitor.register_parameter(**HR, parameter_name="LoadEvents", parameter_type="DELTA_ID", value_int=0)
    monitor.register_task(**HR, task_id=0, workflow_id=0, sequence_id=0, task_name="Initiation", **WAIT)
    monitor.register_task(
        **HR,
        task_id=1,
        workflow_id=1,
        sequence_id=2,
        task_name="Load employees",
        source_identifier="incremental-copy:dbo.Employees:ModifiedOn",
        source_system_code="LoadEmployees",
    )
    monitor.register_task(
        **HR, task_id=2, workflow_id=1, sequence_id=2, task_name="Load events", task_mandatory=False, **WAIT
    )
    monitor.register_task(**HR, task_id=3, workflow_id=1, sequence_id=6, task_name="Build mart", **WAIT)
    monitor.register_task(**HR, task_id=1, workflow_id=2, sequence_id=6, task_name="Publish", **WAIT)
    return monitor


WAIT = {"source_identifier": "wait"}


@pytest.fixture
def services(
    corp: ETLMonitor, database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Services]:
    """What the pipelines ask of others, done on the monitor; a source with three employees and two events."""

    def notebooks_monitor(url: str) -> ETLMonitor:
        """A notebook's own, on the test's database and clock: a database in memory has no URL."""
        return ETLMonitor(database.engine.execution_options(), clock=clock)

    monkeypatch.setenv("ETL_MONITOR_URL", "duckdb:///:memory:")
    monkeypatch.setattr(widgets, "ETLMonitor", notebooks_monitor)
    services = Services(corp)
    services.source.execute("CREATE SCHEMA dbo")
    services.source.execute("CREATE TABLE dbo.Employees (EmployeeID INTEGER, ModifiedOn TIMESTAMP)")
    services.source.execute(
        "INSERT INTO dbo.Employees VALUES (1, '2026-01-01 05:00:00'), (2, '2026-01-01 06:00:00'), (3, '2026-02-01')"
    )
    services.source.execute("CREATE TABLE dbo.Events (EventID BIGINT)")
    services.source.execute("INSERT INTO dbo.Events VALUES (11), (12)")
    if corp.engine.dialect.name == "postgresql":  # it keeps the case of quoted names only, and the pack quotes none
        first = {"Found": 1, "ParameterType": "DELTA_DATE", "ActiveValue": ""}
        services.instead("incremental-copy.Watermark", lambda activity: succeeded({"firstRow": first}))
    yield services
    services.close()


@pytest.fixture
def steps(corp: ETLMonitor) -> Callable[..., list[tuple[str, str]]]:
    """Read the steps of CORP/HR_DAILY as `pass.task` and status, in running order; those never started are `waits`."""

    def read(**values: object) -> list[tuple[str, str]]:
        order = (
            ProcessingStep.attempts,
            ProcessingStep.workflow_id,
            ProcessingStep.sequence_id,
            ProcessingStep.task_id,
        )
        with corp.session() as session:
            found = session.scalars(select(ProcessingStep).filter_by(**{**HR, **values}).order_by(*order))
            return [(f"{step.workflow_id}.{step.task_id}", _standing(step)) for step in found]

    return read


def _standing(step: ProcessingStep) -> str:
    if step.status not in (Status.NQUE, Status.RQUE):
        return str(step.status)
    return "waits" if step.start_time is None else "runs"
