"""Which run a task belongs to when nobody names one: the date's latest unfinished run, else the run of the date."""

from __future__ import annotations

import json
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm.errors import StepNotFound
from etl_monitor_orm.keys import ProcessKey, RunKey, TaskKey
from etl_monitor_orm.models import Process, ProcessingStep, Task
from etl_monitor_orm.models.attempts import current_attempts, is_blocking, is_unfinished, recency
from etl_monitor_orm.models.selecting import of_process, of_task, task_of
from etl_monitor_orm.services.context import Context, alone
from etl_monitor_orm.services.named import unknown_name
from etl_monitor_orm.services.runs import generate

_RUNS: Final = UUID("5b1d9f0e-0c1c-5d0b-9a57-3d1a6f3f2c11")
"""Namespace of the ids below. Another one would make other ids of the same dates."""


def run_of_date(process: ProcessKey, on: date) -> RunKey:
    """Return the run that everybody starts who needs one on this date: its id follows from process and date."""
    # As JSON, because any joining character may be part of a name.
    words = json.dumps([process.project_code, process.process_load, on.isoformat()])
    return RunKey(process, str(uuid5(_RUNS, words)), on)


@alone
def join(
    session: Session, context: Context, process: ProcessKey, on: date, task: TaskKey | str | None = None
) -> RunKey:
    """Return the date's latest unfinished run; where there is none, queue the run of the date.

    If all runs are finished, and none had the caller's task, it was registered since: the latest run can get it.

    Callers that do so at the same time get the same run. A run is unfinished while one of its steps is waiting or
    running, or has failed and is mandatory. Steps that a later run of the date has tried again do not count, nor do
    those of deactivated tasks.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        process: The process.
        on: The date.
        task: What the caller will do in the run, or its name.

    Raises:
        ProcessNotFound: The process is not registered.
        StepNotFound: The task is not registered, and a run would have to be started for it.
        ProcessInactive: It is deactivated, or has no active task.
    """
    latest = session.scalar(_latest_unfinished(process, on))
    if latest is not None:
        return RunKey(process, latest, on)
    if task is not None:
        if (latest := session.scalar(_latest_without(process, on, task))) is not None:
            return RunKey(process, latest, on)
        _require(session, process, task)
    run = run_of_date(process, on)
    generate(session, context, run)
    return run


def _require(session: Session, process: ProcessKey, task: TaskKey | str) -> None:
    """Refuse a task that is not registered, before a run is started for it; who lacks the process is told so later."""
    has_process = exists().where(*of_process(process, Process))
    process_is, task_is = session.execute(select(has_process, exists().where(*_named(process, task)))).one()
    if task_is or not process_is:
        return
    if isinstance(task, str):
        raise unknown_name(session, process, process, task)
    raise StepNotFound(f"{task} is not registered. Register it with register_task().", task=task, asked="start")


def _named(process: ProcessKey, task: TaskKey | str) -> tuple[ColumnElement[bool], ...]:
    """Select a task in the catalogue, by its numbers or by its name."""
    return (*of_process(process, Task), Task.task_name == task) if isinstance(task, str) else of_task(task)


def _latest_without(process: ProcessKey, on: date, task: TaskKey | str) -> Select[str]:
    """Select the latest run of a date, if the task is registered and active, and no run of the date had it."""
    steps = ProcessingStep
    of_date = (*of_process(process, steps), steps.processing_date == on)
    other = aliased(ProcessingStep)
    wanted = _named(process, task)
    registered = exists().where(*wanted, Task.is_active.is_(True))
    had = exists().where(*of_process(process, other), other.processing_date == on, task_of(other), *wanted)
    return select(steps.execution_id).where(*of_date, registered, ~had).order_by(*recency(steps)).limit(1)


def _latest_unfinished(process: ProcessKey, on: date) -> Select[str]:
    steps, current = current_attempts(
        *of_process(process, ProcessingStep),
        ProcessingStep.processing_date == on,
    )
    task = aliased(Task)
    failed = is_blocking(steps) & task.is_active.is_(True)
    return (
        select(steps.execution_id)
        .outerjoin(task, task_of(steps, task))
        .where(current, or_(is_unfinished(steps, task), failed))
        .order_by(*recency(steps))
        .limit(1)
    )
