"""The door over a monitor on each backend: clients that hold a token, and what the tables say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from etl_monitor_orm import ETLMonitor, ProcessingStep, SysLog, Task
from etl_monitor_orm.server.app import make_app
from etl_monitor_orm.server.limits import Limits
from tests.concurrency.conftest import at_once, databricks_url, duckdb_url, postgresql_url, url
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
    prepare,
    row,
    rows,
    run,
    step,
    tables,
)

from .serving import Served, served

__all__ = [
    "_own_task",
    "at_once",
    "clock",
    "database",
    "databases",
    "databricks_database",
    "databricks_url",
    "duckdb_database",
    "duckdb_url",
    "hr",
    "monitor",
    "postgresql_database",
    "postgresql_url",
    "prepare",
    "row",
    "rows",
    "run",
    "step",
    "tables",
    "url",
]

DAY = "2026-04-09"
HR = {"project_code": "CORP", "process_load": "HR_DAILY"}
OF_RUN = {**HR, "execution_id": "run-1"}
OF_THE_DOOR = ("ETLtokens", "ETLrequests")
"""Tables in which the door notes its own affairs."""


@pytest.fixture
def door(hr: ETLMonitor) -> Iterator[Callable[..., TestClient]]:
    """Make a client with a token; each one's server is another process's, as it were."""
    with ExitStack() as open_clients:

        def make(scope: str = "report", *, limits: Limits | None = None, **token: object) -> TestClient:
            text = hr.make_token(f"client {len(hr.tokens())}", scope, **token).text
            app = make_app(hr, limits or Limits(rate=1e6, burst=10**6))
            return open_clients.enter_context(TestClient(app, headers={"Authorization": f"Bearer {text}"}))

        yield make


@pytest.fixture
def client(door: Callable[..., TestClient]) -> TestClient:
    """A client that may report."""
    return door()


@pytest.fixture
def unwritten(tables: Callable[[], dict[str, object]]) -> Callable[[], AbstractContextManager[None]]:
    """Make a block that must leave all tables as they were, except the door's own."""

    def of_the_monitor() -> dict[str, object]:
        return {name: found for name, found in tables().items() if name not in OF_THE_DOOR}

    @contextmanager
    def check() -> Iterator[None]:
        before = of_the_monitor()
        yield
        assert of_the_monitor() == before

    return check


@pytest.fixture
def tasks() -> int:
    """How many tasks the run has that the real server serves."""
    return 1


@pytest.fixture
def token(url: str, tasks: int) -> str:
    """A token on a database where one run is queued."""
    with ETLMonitor(url, actor="pytest") as monitor:
        monitor.setup().register_process("CORP", "HR_DAILY")
        monitor.register(
            Task(
                project_code="CORP",
                process_load="HR_DAILY",
                workflow_id=1,
                sequence_id=2,
                task_id=task_id,
                task_name=f"Load {task_id}",
            )
            for task_id in range(1, tasks + 1)
        )
        monitor.start_run("CORP", "HR_DAILY", DAY, execution_id="run-1")
        return monitor.make_token("tests", "report").text


@pytest.fixture
def server(url: str, token: str) -> Iterator[Served]:
    with served(url) as running:
        yield running


@pytest.fixture
def stored(url: str) -> Callable[[], tuple[list[ProcessingStep], list[str]]]:
    """Read the steps and the receipts, when no server holds them."""

    def read() -> tuple[list[ProcessingStep], list[str]]:
        with ETLMonitor(url) as monitor, monitor.session() as session:
            steps = session.scalars(select(ProcessingStep).order_by(ProcessingStep.task_id)).all()
            return list(steps), [str(one) for one in session.scalars(select(SysLog.message))]

    return read
