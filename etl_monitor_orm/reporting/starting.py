"""The start of a step for a program that knows its process and its task: which run, which task, which attempt."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from sqlalchemy import select

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    InvalidTransition,
    ProcessInactive,
    ProcessNotFound,
    Run,
    Status,
    StepNotFound,
    StepNotQueued,
    Task,
    TaskHandle,
    inputs,
)
from etl_monitor_orm.keys import TaskKey
from etl_monitor_orm.models.selecting import of_task
from etl_monitor_orm.printable import named
from etl_monitor_orm.reporting.task_words import TaskWord
from etl_monitor_orm.vocabulary import FIRST_PASS, INITIATION_ID

T = TypeVar("T")

_STAGE: Final = 6
"""Where a task stands that nobody has described: PROCESS_DATA, after the loads."""
_FIRST_ID: Final = 100_000_000
_IDS: Final = 900_000_000
"""Nine digits: the numbers of tasks that are registered by their names alone."""


@dataclass(frozen=True)
class Wish:
    """What a program asks to be tracked as, by `exec` or a ping.

    Attributes:
        project: The project.
        process: The process.
        task: The task.
        on: The date; None means the run's, else the one that the process works on.
        execution_id: The run; None means the one to join.
        resume: Whether to start a run of what is not DONE.
        new: Whether to start a run of everything.
        register: Whether to register what is unknown.
        takeover: Whether to start the step although it is recorded as running.
        heartbeat: Seconds between two signs of life; None means none.
    """

    project: str
    process: str
    task: TaskWord
    on: date | None = None
    execution_id: str | None = None
    resume: bool = False
    new: bool = False
    register: bool = False
    takeover: bool = False
    heartbeat: float | None = None

    @property
    def joins(self) -> bool:
        """Whether any run of the date will do."""
        return self.execution_id is None and not (self.resume or self.new)


def start(monitor: ETLMonitor, wish: Wish) -> TaskHandle | None:
    """Start the step; return its handle, which is at work, or None where the step is DONE already.

    Raises:
        EtlMonitorError: It may not start, or the monitor cannot say.
    """
    try:
        return started(monitor, wish)
    except InvalidTransition as refusal:
        if refusal.state is Status.DONE:
            return None
        raise


def started(monitor: ETLMonitor, wish: Wish) -> TaskHandle:
    """Start the step; return its handle, which is at work.

    Raises:
        EtlMonitorError: It may not start, or the monitor cannot say.
    """

    def do() -> TaskHandle:
        handle = run_of(monitor, wish).task(
            wish.task.task,
            wish.task.workflow_id,
            takeover=wish.takeover,
            heartbeat=wish.heartbeat,
            queue_missing=True,
            retry_failed=True,
        )
        return handle.__enter__()

    return registering(monitor, wish, do)


def registering(monitor: ETLMonitor, wish: Wish, do: Callable[[], T]) -> T:
    """Do something about the step; where that is wished, register what is unknown, and do it again."""
    try:
        return do()
    except (ProcessNotFound, ProcessInactive, StepNotFound) as unknown:
        if not wish.register or isinstance(unknown, StepNotQueued):
            raise
    _register(monitor, wish)
    return do()


def run_of(monitor: ETLMonitor, wish: Wish) -> Run:
    """Return the run that is meant; it is started where that is needed."""
    process = (wish.project, wish.process)
    if wish.joins:
        return monitor.join_run(*process, wish.on, task_id=wish.task.task, workflow_id=wish.task.workflow_id)
    if wish.execution_id is None:
        return monitor.start_run(*process, wish.on, resume=wish.resume)
    on = wish.on or monitor.task(wish.execution_id, *process, INITIATION_ID).processing_date
    return monitor.start_run(*process, on, execution_id=wish.execution_id)


def _register(monitor: ETLMonitor, wish: Wish) -> None:
    """Register the process and the task, as far as they are unknown; what is known stays as it is described."""
    process = inputs.process(wish.project, wish.process)
    if isinstance(wish.task.task, int):
        workflow_id, number = wish.task.numbers
        name = f"Task {wish.task}" if workflow_id else "Initiation"
    else:
        # The number follows from the name: programs that register different tasks at the same time take different ones.
        workflow_id, number, name = FIRST_PASS, _FIRST_ID + zlib.crc32(wish.task.task.encode()) % _IDS, wish.task.task
    monitor.register_process(wish.project, wish.process)
    with monitor.session() as session:
        there = session.scalars(select(Task.task_name).where(*of_task(TaskKey(process, number, workflow_id)))).all()
    if not there:
        monitor.register_task(
            wish.project, wish.process, number, workflow_id, _STAGE if workflow_id else INITIATION_ID, name
        )
    elif isinstance(wish.task.task, str) and there[0] != name:
        raise InvalidInput(
            f"Task {named(name)} cannot be registered by its name: its number {number} is that of {named(there[0])}. "
            "Register it with `etl-monitor register task`."
        )
