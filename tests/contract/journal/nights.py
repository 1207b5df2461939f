"""A night's load, and what an undisturbed one leaves."""

from __future__ import annotations

from typing import NamedTuple

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.databases import Database

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"
EARLIER = "2026-04-08"

Rows = dict[str, list[dict[str, object]]]


class Night(NamedTuple):
    """An undisturbed load: where its tasks read from, what it sent, and the rows that it left."""

    read: list[object]
    statements: int
    transactions: int
    rows: dict[str, list[str]]


def load(monitor: ETLMonitor, clock: ManualClock, day: str, run_id: str) -> list[object]:
    """A run of two tasks with watermarks; returns what they read from."""
    run = monitor.start_run(*HR, day, execution_id=run_id)
    read: list[object] = []
    for task_id in (0, 1, 2):
        clock.advance(10)
        with run.task(task_id) as task:
            read.append(task.watermark)
            clock.advance(60)
            monitor.log(f"task {task_id} copied its rows", execution_id=run_id)
            if task_id == 2:
                task.advance(int(task.watermark or 0) + 10)
            task.log_message = "120 rows"
    clock.advance(10)
    monitor.end_task(run_id, *HR, 3, processing_date=day)
    return read


def comparable(rows: Rows) -> dict[str, list[str]]:
    """The rows to compare: all columns but the number that a database gives a receipt."""
    return {
        table: sorted(repr({name: value for name, value in row.items() if name != "_ID"}) for row in found)
        for table, found in rows.items()
    }


def check_same(hr: ETLMonitor, database: Database, expected: dict[str, list[str]], at: str) -> None:
    status = hr.journal.send()

    assert (status.waiting, status.lines) == (0, ()), at
    assert comparable(database.rows()) == expected, at
