"""A run: the steps that it queues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import ColumnElement, Select, and_, exists, literal, or_, select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm import inputs
from etl_monitor_orm.deadlines.due import period
from etl_monitor_orm.keys import RunKey, StepKey
from etl_monitor_orm.models import Process, ProcessingStep, Task
from etl_monitor_orm.models.attempts import Steps, current_attempts, is_running, is_silent
from etl_monitor_orm.models.selecting import of_process, of_run, of_task, task_of
from etl_monitor_orm.services import queueing
from etl_monitor_orm.services.context import Context, alone
from etl_monitor_orm.services.empty_runs import REMARK, leave_receipt, receipt_of
from etl_monitor_orm.services.refusals import deactivated, in_progress, unknown_process, without_tasks
from etl_monitor_orm.vocabulary import INITIATION_ID, LoadFrequency, LogType, Status

IfRunning = Literal["raise", "skip", "queue"]
"""What a resumed run does about steps that are running: refuse, leave them out, or queue them too."""

PERIODS: Final = (LoadFrequency.WEEKLY, LoadFrequency.MONTHLY, LoadFrequency.YEARLY)
"""How often a task may be due that is due once in a longer period than a day."""


@dataclass(frozen=True)
class Choice:
    """Which of the process's tasks a run queues.

    Attributes:
        resume: Leave out steps whose current attempt is DONE on that date.
        only_due: Leave out W, M and Y tasks that are DONE in the date's ISO week, month or year.
        if_running: What a resumed run does about running steps.
        stale_after: A running step without a sign of life for this long is dead, and is queued.
        periods: Which of W, M and Y `only_due` is about.
    """

    resume: bool = False
    only_due: bool = False
    if_running: IfRunning = "raise"
    stale_after: timedelta = timedelta(hours=1)
    periods: Sequence[LoadFrequency] = PERIODS


EVERYTHING: Final = Choice()


@alone
def generate(
    session: Session, context: Context, run: RunKey, choice: Choice = EVERYTHING, *, is_new: bool = False
) -> None:
    """Queue the run's steps in `ETLProcessingSteps`: one NQUE row per active task, as the catalogue has it now.

    A run that has steps already gets no more. All of a run's steps get the same attempt number, one above the
    highest of the process and date. A run that finds nothing to do leaves a trace (`services/empty_runs.py`).

    Args:
        session: The unit of work.
        context: The call's circumstances.
        run: The run.
        choice: Which tasks.
        is_new: Nobody can have asked for this id before.

    Raises:
        ProcessNotFound: The process is not registered.
        ProcessInactive: It is deactivated, or has no active task.
        RunInProgress: A step that would be queued is running, and `choice.if_running` is `"raise"`.
        InvalidInput: `choice.stale_after` is longer than the calendar.
    """
    alive = _alive(context, run, choice)
    wanted = _wanted(run, choice, alive)
    new = queueing.rows(context, run, {}).where(*wanted)
    if choice.resume and choice.if_running == "raise":
        new = new.where(~_obstacles(run, choice, alive).exists())
    if not is_new:
        new = new.where(~exists().where(*receipt_of(run)))
    if queueing.queue(session, context, run, new) == 0:
        _settle(session, context, run, choice, alive)


@alone
def queue_missing(session: Session, context: Context, step: StepKey, *, again: bool = False) -> None:
    """Queue a task's step in a run that has none for it, because the task was registered after the run began.

    It is of the run's latest attempt. Nothing is queued if the run has no steps, or a step of the task in any run of
    the date waits, runs or is DONE.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        step: The step.
        again: Queue it whatever the date's other runs have done.
    """
    run = step.run
    steps, current = current_attempts(
        *of_process(run.process, ProcessingStep), ProcessingStep.processing_date == run.processing_date
    )
    in_the_way = exists().where(current, task_of(steps), steps.status != Status.FAIL)
    has_one = exists().where(*of_run(run), task_of(ProcessingStep))
    new = queueing.rows(context, run, {}, late=True).where(*of_task(step.task), ~has_one)
    if not again:
        new = new.where(~in_the_way)
    session.execute(queueing.insertion(new))


def _done_on(run: RunKey) -> ColumnElement[bool]:
    """The task's step is DONE on the run's date."""
    return _is_done(run, ProcessingStep.processing_date == run.processing_date)


def _done_in_period(run: RunKey, which: Sequence[LoadFrequency], task: type[Task] = Task) -> ColumnElement[bool]:
    """The task is due once in one of these periods, and one of its steps in the run's period is DONE."""
    done = or_(
        *(
            and_(
                task.load_frequency == frequency,
                _is_done(run, ProcessingStep.processing_date.between(*period(frequency, run.processing_date)), task),
            )
            for frequency in PERIODS
            if frequency in which
        )
    )
    # Without a frequency the comparisons would be NULL, and so would the caller's negation.
    return and_(task.load_frequency.is_not(None), done)


def _is_done(run: RunKey, when: ColumnElement[bool], task: type[Task] = Task) -> ColumnElement[bool]:
    """The task has a step in this time whose current attempt is DONE."""
    steps, current = current_attempts(*of_process(run.process, ProcessingStep), when)
    return exists().where(
        current,
        steps.status == Status.DONE,
        steps.workflow_id == task.workflow_id,
        steps.task_id == task.task_id,
    )


def _alive(context: Context, run: RunKey, choice: Choice) -> tuple[Steps, ColumnElement[bool]]:
    """The date's steps whose current attempt is running and has given a sign of life."""
    dead_since = inputs.shifted("stale_after", context.now, choice.stale_after, back=True)
    steps, current = current_attempts(
        *of_process(run.process, ProcessingStep), ProcessingStep.processing_date == run.processing_date
    )
    return steps, and_(current, is_running(steps), ~is_silent(dead_since, steps))


def _wanted(run: RunKey, choice: Choice, alive: tuple[Steps, ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """The conditions on a task to be queued."""
    steps, at_work = alive
    wanted = []
    if choice.resume:
        wanted.append(~_done_on(run))
    if choice.only_due:
        wanted.append(~_done_in_period(run, choice.periods))
    if choice.resume and choice.if_running == "skip":
        wanted.append(~exists().where(at_work, task_of(steps)))
    return wanted


def _obstacles(run: RunKey, choice: Choice, alive: tuple[Steps, ColumnElement[bool]]) -> Select[ProcessingStep]:
    """The steps at work that the run would queue a second time."""
    steps, at_work = alive
    task = aliased(Task)
    query = select(steps).join(task, task_of(steps, task)).where(at_work, task.is_active.is_(True))
    if choice.only_due:
        query = query.where(~_done_in_period(run, choice.periods, task))
    return query


def _settle(
    session: Session, context: Context, run: RunKey, choice: Choice, alive: tuple[Steps, ColumnElement[bool]]
) -> None:
    """Say why nothing was queued: an error, a run that was asked for before, or one that finds nothing to do."""
    steps, at_work = alive
    of_tasks = (*of_process(run.process, Task), Task.is_active.is_(True))
    initiation = (Task.workflow_id == INITIATION_ID, Task.task_id == INITIATION_ID)
    of_process_ = of_process(run.process, Process)
    facts = select(
        exists().where(*of_process_).label("is_registered"),
        select(Process.is_active).where(*of_process_).scalar_subquery().label("is_active"),
        exists().where(*of_tasks).label("has_tasks"),
        exists().where(*of_run(run)).label("has_steps"),
        exists().where(*receipt_of(run)).label("has_receipt"),
        exists().where(*of_tasks, *_wanted(run, choice, alive)).label("has_work"),
        exists().where(*of_tasks, *initiation, ~exists().where(at_work, task_of(steps))).label("has_initiation"),
    )
    found = session.execute(facts).one()
    if found.has_steps or found.has_receipt:
        return
    if not found.is_registered:
        raise unknown_process(run.process)
    if not found.is_active:
        raise deactivated(run.process)
    if not found.has_tasks:
        raise without_tasks(run.process)
    if not found.has_work:
        _leave_trace(session, context, run, has_initiation=found.has_initiation)
        return
    order = (steps.workflow_id, steps.sequence_id, steps.task_id)
    obstacle = session.scalars(_obstacles(run, choice, alive).order_by(*order).limit(1)).one_or_none()
    if obstacle is not None:
        raise in_progress(context, obstacle)
    # What was in the way has ended since, where others write between two statements.
    generate(session, context, run, choice)


def _leave_trace(session: Session, context: Context, run: RunKey, *, has_initiation: bool) -> None:
    """Write the run's initiation step DONE, or a receipt where it has none.

    The step has no start: it read nothing, and must not say that a source was read until now.
    """
    if not has_initiation:
        leave_receipt(session, context, run)
        return
    done = {
        ProcessingStep.status: literal(Status.DONE.value),
        ProcessingStep.end_time: literal(context.now, ProcessingStep.end_time.type),
        ProcessingStep.log_message: literal(REMARK),
        ProcessingStep.log_type: literal(LogType.INFO.value),
    }
    rows = queueing.rows(context, run, done).where(Task.workflow_id == INITIATION_ID, Task.task_id == INITIATION_ID)
    session.execute(queueing.insertion(rows))
