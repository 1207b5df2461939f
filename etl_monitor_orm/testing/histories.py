"""Builds a history: what a process leaves in the tables over some days, written through the public calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, InvalidInput, ManualClock, ProcessingStep, Run, Task, inputs
from etl_monitor_orm.clocks import Clock, system_clock
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.testing.nights import Nights
from etl_monitor_orm.testing.plans import ByTask, read_dates, read_failures, read_seconds
from etl_monitor_orm.testing.standing import the_process

NIGHT: Final = "02:00"
"""When each day's run begins (UTC)."""
_NAME: Final = "history-"
"""How the runs' ids begin."""


def history(
    monitor: ETLMonitor,
    project_code: str | None = None,
    process_load: str | None = None,
    *,
    days: int = 14,
    until: date | str | None = None,
    failures: ByTask[Iterable[int | date | str]] | None = None,
    retries: int = 1,
    seconds: ByTask[int] | None = None,
    actor: str = "history",
    clock: Clock = system_clock,
) -> list[Run]:
    """Write one run a day of a registered process, as a load in production would (`ETLProcessingSteps`, `ETLsysLogs`).

    Each run begins at 02:00 UTC of its date and works through its active tasks stage by stage. A task takes its usual
    time, somewhat more or less. A DELTA_DATE moves by itself, a DELTA_ID by some hundred a day. A failure says
    `SourceHungUp: …` and leaves a receipt. The same arguments lead to the same history.

    Args:
        monitor: The monitor; its own clock is not used.
        project_code: The project; left out, that of the one process that is registered.
        process_load: The process; left out, the one that is registered.
        days: How many days, one after the other, at least 1.
        until: The last date; else the day before the clock's.
        failures: The days on which a task fails: dates, or numbers counted from 0, or from -1 backwards. A day that is
            listed twice fails twice. Tasks are written as for `assert_done`.
        retries: How often a run with failures is reset and continued, 20 minutes later.
        seconds: The usual time of a task, in seconds; else 60, and 1 for the initiation.
        actor: Name for the audit columns.
        clock: Says what today is; for a monitor with a clock of its own, that one.

    Returns:
        The runs, the oldest first: `history-2026-01-01` and so on.

    Raises:
        InvalidInput: An argument cannot be read, names an unknown task or another day, or the history is there already.
        ProcessNotFound: The process is not registered.
        ProcessInactive: It is deactivated, or has no active task.

    Example:
        `history(monitor, "SHOP", "ORDERS", days=7, failures={"Load orders": [2, -1, -1]})`
    """
    __tracebackhide__ = True
    if not isinstance(monitor, ETLMonitor):
        raise InvalidInput(f"The first argument is a {type(monitor).__name__}. Pass the monitor.")
    dates = read_dates(days, until, clock)
    again = inputs.integer("retries", retries, most=100)
    process = the_process(monitor, project_code, process_load)
    monitor.require_registered(process.project_code, process.process_load)
    tasks = _tasks(monitor, process)
    failing, usual = read_failures(failures or {}, tasks, dates), read_seconds(seconds or {}, tasks)
    _refuse_what_is_there(monitor, process, dates)
    # A monitor of its own over the same connections: its clock shows each night, whatever time the test has.
    time = ManualClock(f"{dates[0]} {NIGHT}")
    there = ETLMonitor(monitor.engine, schema=monitor.schema, actor=actor, clock=time)
    nights = Nights(there, time, failing, usual, again)
    for number, day in enumerate(dates):
        time.set(f"{day} {NIGHT}")
        nights.replay(_run(there, process, day), number)
    return [_run(monitor, process, day) for day in dates]


def _run(monitor: ETLMonitor, process: ProcessKey, day: date) -> Run:
    """Start the run of a day; when it is there already, this adds nothing."""
    return monitor.start_run(process.project_code, process.process_load, day, execution_id=f"{_NAME}{day}")


def _refuse_what_is_there(monitor: ETLMonitor, process: ProcessKey, dates: Sequence[date]) -> None:
    """Refuse to write a history twice: its runs would go on instead of beginning."""
    query = select(ProcessingStep.processing_date).where(
        ProcessingStep.project_code == process.project_code,
        ProcessingStep.process_load == process.process_load,
        ProcessingStep.processing_date.between(dates[0], dates[-1]),
        ProcessingStep.execution_id.like(f"{_NAME}%"),
    )
    with monitor.session() as session:
        there = session.scalars(query.order_by(ProcessingStep.processing_date.desc()).limit(1)).first()
    if there is not None:
        raise InvalidInput(f"The history of {process} has a run on {there} already. Pass other days with until=.")


def _tasks(monitor: ETLMonitor, process: ProcessKey) -> Sequence[Task]:
    query = (
        select(Task)
        .where(Task.project_code == process.project_code, Task.process_load == process.process_load)
        .where(Task.is_active.is_(True))
        .order_by(Task.workflow_id, Task.task_id)
    )
    with monitor.session() as session:
        return session.scalars(query).all()
