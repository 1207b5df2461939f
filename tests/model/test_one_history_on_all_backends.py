"""The six views over one history: the same rows on DuckDB, where it was played, and on every other backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Table, insert

from etl_monitor_orm import ETLMonitor, ManualClock, Parameter, Process, ProcessingStep, Task
from tests import databases
from tests.databases import Rows, migrated, monitor_url
from tests.postgres import Server
from tests.warehouse import Warehouse

from .budgets import budget
from .machine import machine_for
from .observe import differences, read
from .reference.content import VIEW_KEYS
from .reference.content import Table as Content
from .test_state_machine import duckdb_in_memory

BACKENDS = ("postgresql", "databricks")  # the history is DuckDB's
KINDS = (Process, Task, Parameter, ProcessingStep)
"""What the views read."""
AT_ONCE = 10
"""Rows of a statement: it takes 255 bound values."""


class History:
    """The longest of some games.

    Attributes:
        tables: The rows of what the views read.
        views: The rows that the views gave.
    """

    def __init__(self) -> None:
        self.tables: dict[Table, Rows] = {}
        self.views: dict[str, Content] = {}
        self._worth = (0, 0)

    @contextmanager
    def remembered(self, clock: ManualClock) -> Iterator[ETLMonitor]:
        """A monitor for a game, which is remembered when more kinds of things happened than in those before."""
        with duckdb_in_memory(clock) as monitor:
            yield monitor
            fail_and_try_again(monitor)
            found = {kind.__table__: databases.read(monitor.engine, kind.__table__) for kind in KINDS}
            steps = found[ProcessingStep.__table__]
            views = read(monitor, VIEW_KEYS)
            worth = len({step["Status"] for step in steps}) + sum(map(bool, views.values())), len(steps)
            if worth > self._worth:
                self.tables, self.views, self._worth = found, views, worth


def fail_and_try_again(monitor: ETLMonitor) -> None:
    """One run more, with what few games come to: a failure that stands, beside one that is queued again."""
    monitor.register_process("CORP", "LAST")
    for task_id in (1, 2):
        monitor.register_task("CORP", "LAST", task_id, 1, 2, f"Load {task_id}")
    run = monitor.start_run("CORP", "LAST", "2025-01-07", execution_id="last")
    for task_id in (1, 2):
        monitor.fail_task(run.execution_id, "CORP", "LAST", task_id)
    monitor.status_reset("CORP", "LAST", execution_id=run.execution_id, task_id=1)


@pytest.fixture
def history() -> History:
    """A history of many runs, played by the model-based test's rules."""
    history = History()
    machine = machine_for(history.remembered)
    run_state_machine_as_test(machine, settings=settings(budget("quick"), max_examples=8, stateful_step_count=60))
    return history


@pytest.fixture
def elsewhere(backend: str, request: pytest.FixtureRequest) -> Iterator[ETLMonitor]:
    """An empty monitor on a backend that did not see the history."""
    monitor: ETLMonitor = request.getfixturevalue(f"{backend}_elsewhere")
    yield monitor
    monitor.close()


@pytest.fixture
def databricks_elsewhere(warehouse: Warehouse) -> ETLMonitor:
    migrated(warehouse)
    return ETLMonitor(monitor_url(warehouse))


@pytest.fixture
def postgresql_elsewhere(postgres: Server) -> ETLMonitor:
    return ETLMonitor(postgres.url(postgres.new_database())).setup()


def test_given_one_history_when_the_views_are_read_elsewhere_then_the_rows_are_equal(
    history: History, elsewhere: ETLMonitor
) -> None:
    with elsewhere.engine.begin() as connection:
        for table, rows in history.tables.items():
            for start in range(0, len(rows), AT_ONCE):
                connection.execute(insert(table).values(rows[start : start + AT_ONCE]))

    found = read(elsewhere, VIEW_KEYS)
    assert {step["Status"].value for step in history.tables[ProcessingStep.__table__]} == {
        "NQUE",
        "RQUE",
        "DONE",
        "FAIL",
    }
    assert all(found.values())
    assert differences(history.views, found) == []
