"""The status of steps and runs: the step detail and the run rollup, filtered (`v_taskDetail`, `v_runSummary`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.attributes import set_committed_value

from etl_monitor_orm import views
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.models.attempts import current_attempts
from etl_monitor_orm.models.selecting import Conditions, of_process
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.dates import OnDate, date_to_read
from etl_monitor_orm.services.scopes import Attempts, Scope

if TYPE_CHECKING:
    from etl_monitor_orm.views import RunSummary, TaskDetail


def detail(session: Session, context: Context, scope: Scope, attempts: Attempts) -> list[TaskDetail]:
    """Return the steps of a scope, in running order; for a run, the attempts that are current in it."""
    on = date_to_read(session, context, scope.process, given=scope.processing_date, execution_id=scope.execution_id)
    view = views.TaskDetail
    query = select(view).where(*_within(scope, on, view), *scope.only.conditions(view))
    if isinstance(attempts, int):
        query = query.where(view.attempts == attempts)
    elif attempts is None:
        within = [*of_process(scope.process, ProcessingStep), ProcessingStep.processing_date == on]
        if scope.execution_id is not None:
            within.append(ProcessingStep.execution_id == scope.execution_id)
        query = query.where(is_current(*within))
    found = list(session.scalars(query.order_by(view.processing_date, *running_order())))
    for step in found:
        judge(step, context.now)
    return found


def running_order() -> tuple[InstrumentedAttribute[int] | InstrumentedAttribute[str], ...]:
    """The order in which the steps of a date run, earlier attempts first."""
    view = views.TaskDetail
    return (view.workflow_id, view.sequence_id, view.task_id, view.attempts, view.execution_id)


def judge(step: TaskDetail, now: datetime) -> None:
    """Judge a running step's time and deadline by the monitor's clock; the view knows the database's only."""
    if step.is_running and step.start_time is not None:
        elapsed = max(0, (now - step.start_time) // timedelta(seconds=1))
        step.set_elapsed(elapsed)
        if step.expected_duration_seconds is not None:
            set_committed_value(step, "sla_breached", elapsed > step.expected_duration_seconds)


def summary(session: Session, context: Context, scope: Scope, attempts: Attempts) -> list[RunSummary]:
    """Return the rollup of each attempt of each run in a scope, oldest first.

    A scope that names a pass, stage or task keeps the attempts that include it; their counts stay whole.
    """
    on = date_to_read(session, context, scope.process, given=scope.processing_date, execution_id=scope.execution_id)
    view = views.RunSummary
    query = select(view).where(*_within(scope, on, view))
    if isinstance(attempts, int):
        query = query.where(view.attempts == attempts)
    narrowed = scope.only.conditions(ProcessingStep)
    if narrowed:
        query = query.where(
            exists().where(
                ProcessingStep.processing_date == view.processing_date,
                ProcessingStep.project_code == view.project_code,
                ProcessingStep.process_load == view.process_load,
                ProcessingStep.execution_id == view.execution_id,
                ProcessingStep.attempts == view.attempts,
                *narrowed,
            )
        )
    return list(session.scalars(query.order_by(view.processing_date, view.attempts, view.execution_id)))


def _within(scope: Scope, on: OnDate, kind: type[TaskDetail | RunSummary]) -> Conditions:
    """Conditions on process, date and run."""
    conditions = (
        kind.project_code == scope.process.project_code,
        kind.process_load == scope.process.process_load,
        kind.processing_date == on,
    )
    return conditions if scope.execution_id is None else (*conditions, kind.execution_id == scope.execution_id)


def is_current(*within: ColumnElement[bool]) -> ColumnElement[bool]:
    """The row of `v_taskDetail` is current among the attempts of its step in a scope: a run, or dates."""
    step, current = current_attempts(*within)
    view = views.TaskDetail
    return exists().where(
        current,
        step.processing_date == view.processing_date,
        step.project_code == view.project_code,
        step.process_load == view.process_load,
        step.execution_id == view.execution_id,
        step.workflow_id == view.workflow_id,
        step.task_id == view.task_id,
        step.sequence_id == view.sequence_id,
        step.attempts == view.attempts,
    )
