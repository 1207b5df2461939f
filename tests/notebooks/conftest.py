"""A database for the notebooks, which they find by ETL_MONITOR_URL, and the test's own look at it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, Parameter, Process, ProcessingStep, Task
from tests.concurrency.conftest import databricks_url, url
from tests.databases import TABLES, read

__all__ = ["databricks_url", "url"]

HR = {"project_code": "CORP", "process_load": "HR_DAILY"}
DAY = "2026-04-09"
RUN = {**HR, "execution_id": "run-1", "processing_date": DAY}

Steps = Callable[..., list[ProcessingStep]]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file with the monitor's tables: a copy takes far less time than the migrations."""
    file = tmp_path_factory.mktemp("migrated") / "monitor.duckdb"
    ETLMonitor(f"duckdb:///{file}").setup().close()
    return file


@pytest.fixture
def duckdb_url(migrated_file: Path, tmp_path: Path) -> str:
    return f"duckdb:///{shutil.copy(migrated_file, tmp_path / 'monitor.duckdb')}"


@pytest.fixture
def monitor(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ETLMonitor]:
    """A monitor on the notebooks' database, its tables made and empty."""
    monkeypatch.setenv("ETL_MONITOR_URL", url)
    with ETLMonitor(url, actor="pytest") as monitor:
        yield monitor.setup()


@pytest.fixture
def hr(monitor: ETLMonitor) -> ETLMonitor:
    """CORP/HR_DAILY: an initiation, two parallel loads, a mart, and a task 1 of a second pass."""
    first, second = {**HR, "workflow_id": 1}, {**HR, "workflow_id": 2}
    return monitor.register(
        [
            Process(**HR),
            Parameter(**HR, parameter_name="LoadEvents", parameter_type="DELTA_ID", value_int=41),
            Task(**HR, workflow_id=0, task_id=0, sequence_id=0, task_name="Initiation"),
            Task(**first, task_id=1, sequence_id=2, task_name="Load employees"),
            Task(**first, task_id=2, sequence_id=2, task_name="Load events", source_system_code="LoadEvents"),
            Task(**first, task_id=3, sequence_id=6, task_name="Build mart"),
            Task(**second, task_id=1, sequence_id=6, task_name="Publish"),
        ]
    )


@pytest.fixture
def run(hr: ETLMonitor) -> ETLMonitor:
    """A queued run of it, called run-1."""
    hr.start_run(**HR, processing_date=DAY, execution_id="run-1")
    return hr


@pytest.fixture
def steps(monitor: ETLMonitor) -> Steps:
    """Read the steps that have these values, in order."""

    def find(**values: object) -> list[ProcessingStep]:
        order = (ProcessingStep.workflow_id, ProcessingStep.task_id, ProcessingStep.execution_id)
        with monitor.session() as session:
            query = select(ProcessingStep).filter_by(**values).order_by(*order, ProcessingStep.attempts)
            return list(session.scalars(query))

    return find


@pytest.fixture
def unchanged(monitor: ETLMonitor) -> Callable[[], AbstractContextManager[None]]:
    """Make a block that must leave all tables as they were."""

    def tables() -> list[list[str]]:
        return [sorted(map(repr, read(monitor.engine, kind.__table__))) for kind in TABLES]

    @contextmanager
    def check() -> Iterator[None]:
        before = tables()
        yield
        assert tables() == before

    return check
