"""What the concurrency tests share: a database in a file, many threads that begin together, a count of conflicts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.engine import ExceptionContext

from etl_monitor_orm import ETLMonitor, ProcessingStep
from etl_monitor_orm.backends.duckdb import DuckDBBackend
from tests.databases import migrated, monitor_url
from tests.patience import PATIENT

if TYPE_CHECKING:
    from tests.postgres import Server
    from tests.warehouse import Warehouse

WORKERS = 8
DAY = "2026-04-09"
HR = ("CORP", "HR_DAILY")


@pytest.fixture
def url(backend: str, request: pytest.FixtureRequest) -> str:
    """A database that is empty."""
    place: str = request.getfixturevalue(f"{backend}_url")
    return place


@pytest.fixture
def duckdb_url(tmp_path: Path) -> str:
    return f"duckdb:///{tmp_path / 'monitor.duckdb'}"


@pytest.fixture
def postgresql_url(postgres: Server) -> Iterator[str]:
    name = postgres.new_database()
    yield postgres.url(name).render_as_string(hide_password=False)
    postgres.drop_database(name)


@pytest.fixture
def databricks_url(warehouse: Warehouse) -> str:
    migrated(warehouse)
    return monitor_url(warehouse).render_as_string(hide_password=False)


@pytest.fixture
def monitor(url: str) -> Iterator[ETLMonitor]:
    """A monitor on a file, with the process CORP/HR_DAILY: its initiation and nothing else yet."""
    monitor = ETLMonitor(url, actor="pytest").setup()
    monitor.register_process(*HR).register_task(*HR, 0, 0, 0, "Initiation")
    yield monitor
    monitor.close()


@pytest.fixture
def steps(monitor: ETLMonitor) -> Callable[..., list[ProcessingStep]]:
    """Read the steps that have these values, by task, run and attempt."""

    def read(**values: object) -> list[ProcessingStep]:
        order = (ProcessingStep.task_id, ProcessingStep.execution_id, ProcessingStep.attempts)
        with monitor.session() as session:
            return list(session.scalars(select(ProcessingStep).filter_by(**values).order_by(*order)))

    return read


@pytest.fixture
def at_once() -> Callable[[Sequence[Callable[[], object]]], list[object]]:
    """Run jobs on a thread each, all of them released together, and return what each returned or raised."""

    def run(jobs: Sequence[Callable[[], object]]) -> list[object]:
        together = threading.Barrier(len(jobs))
        results: list[object] = [None] * len(jobs)

        def work(number: int) -> None:
            together.wait(timeout=PATIENT)
            try:
                results[number] = jobs[number]()
            except Exception as error:
                results[number] = error

        threads = [threading.Thread(target=work, args=(number,)) for number in range(len(jobs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    return run


class Conflicts:
    """Counts the conflicts that the database reports on an engine, and tells when the first one has come."""

    def __init__(self, engine: Engine) -> None:
        self.count = 0
        self.first = threading.Event()
        event.listen(engine, "handle_error", self._note)

    def _note(self, context: ExceptionContext) -> None:
        error = context.sqlalchemy_exception
        if error is not None and DuckDBBackend().is_conflict(error):
            self.count += 1
            self.first.set()


@pytest.fixture
def conflicts(monitor: ETLMonitor) -> Conflicts:
    return Conflicts(monitor.engine)
