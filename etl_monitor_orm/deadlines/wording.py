"""How a breach is told: a sentence that stays the same while it is open, and what waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from etl_monitor_orm.deadlines.facts import ProcessFacts, Slot, TaskFacts
from etl_monitor_orm.printable import named
from etl_monitor_orm.vocabulary import INITIATION_ID

_UNITS: Final = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))


def subject(process: ProcessFacts, task: TaskFacts | None, day: date | None = None) -> str:
    """Name a process or a task, on one of its dates."""
    what = str(process.key)
    if task is not None:
        what = f"{named(task.name)} (task {task.task_id}, workflow {task.workflow_id}) of {what}"
    return what if day is None else f"{what} for {day}"


def moment(at: datetime) -> str:
    """Say when."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def span(length: timedelta) -> str:
    """Say how long, in the largest unit of which there are at least two, or a whole number."""
    seconds = length // timedelta(seconds=1)
    for size, unit in _UNITS:
        if seconds and seconds % size == 0:
            count = seconds // size
            return f"{count} {unit if count != 1 else unit[:-1]}"
    return f"{seconds} seconds"


def waiting(tasks: Sequence[TaskFacts]) -> str | None:
    """Name the first of the tasks that wait, and say how many more; None if there is none."""
    work = sorted((task for task in tasks if task.slot != (INITIATION_ID, INITIATION_ID)), key=_order)
    if not work:
        return None
    more = f" and {len(work) - 1} more" if len(work) > 1 else ""
    return f"{named(work[0].name)}{more}"


def _order(task: TaskFacts) -> tuple[tuple[int, int], Slot]:
    return task.place, task.slot
