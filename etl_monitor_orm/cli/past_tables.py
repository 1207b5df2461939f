"""The columns of tables about the past. Times are UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from etl_monitor_orm.cli.output import Column
from etl_monitor_orm.cli.tables import process, state, task, took
from etl_monitor_orm.printable import duration

if TYPE_CHECKING:
    from etl_monitor_orm import Duration, PastFailure, TaskDetail

PAST_FAILURES: Sequence[Column[PastFailure]] = (
    Column("Failed", lambda row: row.end_time),
    Column("Process", process),
    Column("Date", lambda row: row.processing_date),
    Column("Task", task),
    Column("Blocks", lambda row: row.task_mandatory),
    Column("Queued again", lambda row: row.became),
)


def _took(row: Duration) -> str | None:
    """How long something took, or has taken so far."""
    words = duration(row.duration_seconds)
    return words if words is None or row.end_time is not None else f"{words} so far"


DURATIONS: Sequence[Column[Duration]] = (
    Column("Process", process),
    Column("Date", lambda row: row.processing_date),
    Column("Task", lambda row: None if row.task_id is None else task(row)),
    Column("Started", lambda row: row.start_time),
    Column("Took", _took),
    Column("State", lambda row: row.state),
    Column("Attempt", lambda row: row.attempts),
)

HISTORY: Sequence[Column[TaskDetail]] = (
    Column("Date", lambda row: row.processing_date),
    Column("Task", task),
    Column("Attempt", lambda row: row.attempts),
    Column("Status", state),
    Column("Started", lambda row: row.start_time),
    Column("Took", took),
)
