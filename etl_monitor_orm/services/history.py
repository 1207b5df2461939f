"""The past of one task, and how long processes and tasks took, date by date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from etl_monitor_orm import views
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import ProcessingStep, Task
from etl_monitor_orm.models.selecting import of_process
from etl_monitor_orm.services.context import Context, recent
from etl_monitor_orm.services.dated import process_status
from etl_monitor_orm.services.named import unknown_name
from etl_monitor_orm.services.periods import Period
from etl_monitor_orm.services.queries import require_registered
from etl_monitor_orm.services.refusals import unknown_task_id
from etl_monitor_orm.services.scopes import Processes
from etl_monitor_orm.services.status import is_current, judge
from etl_monitor_orm.vocabulary import RunState, state_of

if TYPE_CHECKING:
    from etl_monitor_orm.views import ProcessStatus, TaskDetail

_SHOWN: Final = timedelta(days=9)
"""Of so many days before today, durations are shown: ten days, today's included."""


@dataclass(frozen=True)
class TaskChoice:
    """Which task of a process is meant.

    Attributes:
        process: The process.
        task: Its number, or its name.
        workflow_id: The pass; None means any that has the task.
    """

    process: ProcessKey
    task: int | str
    workflow_id: int | None = None

    def steps(self) -> ColumnElement[bool]:
        """The rows of `v_taskDetail` that are of the task; by a name, also under the one it had when it was queued."""
        view = views.TaskDetail
        if isinstance(self.task, int):
            return view.task_id == self.task
        same = exists().where(
            *of_process(self.process, Task),
            Task.workflow_id == view.workflow_id,
            Task.task_id == view.task_id,
            Task.task_name == self.task,
        )
        return or_(view.task_name == self.task, same)

    def require(self, session: Session, context: Context) -> None:
        """Refuse a task that is not registered.

        Raises:
            ProcessNotFound: There is no such process.
            NotFoundError: It has no such task.
        """
        require_registered(session, context, Processes(self.process.project_code, self.process.process_load))
        column: ColumnElement[bool] = Task.task_id == self.task
        if isinstance(self.task, str):
            column = Task.task_name == self.task
        query = exists().where(*of_process(self.process, Task), column)
        if self.workflow_id is not None:
            query = query.where(Task.workflow_id == self.workflow_id)
        if session.scalar(select(query)):
            return
        if isinstance(self.task, str):
            raise unknown_name(session, self.process, self.process, self.task)
        raise unknown_task_id(self.process, self.task)


@dataclass(frozen=True)
class Duration:
    """How long a process, or one of its tasks, took on a date.

    Attributes:
        processing_date: The date.
        project_code: The project.
        process_load: The process.
        workflow_id: The pass of the task; None for a process.
        task_id: The task; None for a process.
        task_name: The task's name when it was queued; None for a process.
        start_time: When the work began (UTC); of a process, its first step's current attempt.
        end_time: When it ended (UTC); None while it runs, or while steps of the process wait.
        duration_seconds: Whole seconds from start to end; while it runs, until the call, by its clock; None while steps
            of the process wait.
        state: How it stands: of a process its RunState, of a task its status, or RUNNING.
        attempts: The number of the current attempt; of a process the highest of its steps.
    """

    processing_date: date
    project_code: str
    process_load: str
    workflow_id: int | None
    task_id: int | None
    task_name: str | None
    start_time: datetime | None
    end_time: datetime | None
    duration_seconds: int | None
    state: str
    attempts: int


def attempts_of_task(
    session: Session, context: Context, choice: TaskChoice, period: Period, *, current: bool = False, limit: int
) -> list[TaskDetail]:
    """Return a task's attempts, the latest date and attempt first, at most `limit` (`v_taskDetail`).

    Without dates: those of the last 35 days.

    Raises:
        ProcessNotFound: There is no such process.
        NotFoundError: It has no such task.
    """
    view = views.TaskDetail
    period = period or Period(recent(context.today))
    query = select(view).where(
        view.project_code == choice.process.project_code,
        view.process_load == choice.process.process_load,
        *period.conditions(view.processing_date),
        choice.steps(),
    )
    if choice.workflow_id is not None:
        query = query.where(view.workflow_id == choice.workflow_id)
    if current:
        within = of_process(choice.process, ProcessingStep)
        query = query.where(is_current(*within, *period.conditions(ProcessingStep.processing_date)))
    order = (view.processing_date.desc(), view.workflow_id, view.attempts.desc(), view.execution_id.desc())
    found = list(session.scalars(query.order_by(*order).limit(limit)))
    if not found:
        choice.require(session, context)
    for step in found:
        judge(step, context.now)
    return found


def durations(
    session: Session, context: Context, processes: Processes, choice: TaskChoice | None, period: Period, *, limit: int
) -> list[Duration]:
    """Return how long processes took on each date, or one task of one of them, the latest first.

    Without dates: those of the last ten days (`v_processStatus`, `v_taskDetail`).

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
        NotFoundError: The process has no such task.
    """
    period = period or Period(context.today - min(_SHOWN, context.today - date.min))
    if choice is None:
        return [
            duration_of_process(row, context.now) for row in process_status(session, context, processes, period)[:limit]
        ]
    steps = attempts_of_task(session, context, choice, period, current=True, limit=limit)
    return [_of_step(step) for step in steps]


def duration_of_process(row: ProcessStatus, now: datetime) -> Duration:
    """Return how long a process took on a date."""
    runs = bool(row.running) and row.run_start is not None
    elapsed = max(0, (now - row.run_start) // timedelta(seconds=1)) if runs and row.run_start else None
    over = not runs and row.run_state != RunState.WAITING
    return Duration(
        row.processing_date,
        row.project_code,
        row.process_load,
        None,
        None,
        None,
        row.run_start,
        row.run_end if over else None,
        row.wall_clock_seconds if over else elapsed,
        str(row.run_state),
        row.latest_attempt,
    )


def _of_step(step: TaskDetail) -> Duration:
    return Duration(
        step.processing_date,
        step.project_code,
        step.process_load,
        step.workflow_id,
        step.task_id,
        step.task_name,
        step.start_time,
        step.end_time,
        step.elapsed_seconds,
        state_of(step.status, is_running=step.is_running, is_skipped=bool(step.force_skip)),
        step.attempts,
    )
