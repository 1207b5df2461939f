"""Why a reset queued nothing: a name does not exist, a failed step's task is deactivated, or nothing has failed."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, false, select
from sqlalchemy.orm import Session

from etl_monitor_orm.keys import RunKey, TaskKey
from etl_monitor_orm.models import Process, ProcessingStep, Task
from etl_monitor_orm.models.attempts import current_attempts
from etl_monitor_orm.models.selecting import Conditions, of_process, task_of
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.dates import OnDate, date_to_change, require_steps
from etl_monitor_orm.services.empty_runs import of_empty_run, receipt_of
from etl_monitor_orm.services.refusals import unknown_process, unknown_run_of, unknown_task_id
from etl_monitor_orm.services.reset import is_wanted
from etl_monitor_orm.services.scopes import Scope


def _require_names(session: Session, scope: Scope, within: Conditions) -> None:
    """Refuse a process, a run or a task that does not exist, so that a typing mistake does not look like good news.

    Raises:
        ProcessNotFound: The process is not registered, and has no steps on the date.
        NotFoundError: It has no such run, on the date if one is named.
        TaskNotFound: It has no such task.
    """
    process, only = scope.process, scope.only
    has_task = exists().where(*of_process(process, Task), Task.task_id == only.task_id)
    has_task_step = exists().where(*within, ProcessingStep.task_id == only.task_id)
    registered, has_steps, was_empty, task_known = session.execute(
        select(
            exists().where(*of_process(process, Process)),
            exists().where(*within),
            _was_empty(scope),
            has_task | has_task_step,
        )
    ).one()
    if not registered and not has_steps:
        raise unknown_process(process)
    if scope.execution_id is not None and not has_steps and not was_empty:
        raise unknown_run_of(session, process, scope.execution_id, scope.processing_date)
    if only.task_id is not None and not task_known:
        raise unknown_task_id(process, only.task_id)


def why_nothing(
    session: Session, context: Context, scope: Scope, *, named: bool, replay: bool, attempts: int | None
) -> list[TaskKey]:
    """Say why a reset of a scope queued nothing: return the deactivated tasks whose steps it would have queued.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        scope: What was reset, with a date or a run.
        named: Whether the caller named the date or the run.
        replay: Whether DONE steps count too.
        attempts: Only steps whose current attempt has this number.

    Raises:
        NotFoundError: The process, the run or the task does not exist; or nobody named the date, and it has no steps.
    """
    known = context.seen.has_no_failure(scope.process, on=scope.processing_date, execution_id=scope.execution_id)
    if known and scope.only.task_id is None and not replay:
        return []
    on = date_to_change(session, context, scope)
    if not named:
        require_steps(session, context, scope.process, on)
    within = _within(scope, on)
    if named or scope.only.task_id is not None:
        _require_names(session, scope, within)
    return _deactivated(session, scope, within, replay=replay, attempts=attempts)


def _deactivated(
    session: Session, scope: Scope, within: Conditions, *, replay: bool, attempts: int | None
) -> list[TaskKey]:
    """The tasks of the scope's failed steps that are not active."""
    step, current = current_attempts(*within)
    query = select(step.task_id, step.workflow_id).where(
        current,
        is_wanted(step, replay=replay),
        ~exists().where(task_of(step), Task.is_active.is_(True)),
        *scope.only.conditions(step),
    )
    if attempts is not None:
        query = query.where(step.attempts == attempts)
    found = session.execute(query.order_by(step.workflow_id, step.sequence_id, step.task_id))
    return [TaskKey(scope.process, task_id, workflow_id) for task_id, workflow_id in found]


def _within(scope: Scope, on: OnDate) -> Conditions:
    """Conditions on process, date and run."""
    run = () if scope.execution_id is None else (ProcessingStep.execution_id == scope.execution_id,)
    return (*of_process(scope.process, ProcessingStep), ProcessingStep.processing_date == on, *run)


def _was_empty(scope: Scope) -> ColumnElement[bool]:
    """The scope's run has left the trace of a run that found nothing to do."""
    if scope.execution_id is None:
        return false()
    if scope.processing_date is None:
        return exists().where(*of_empty_run(scope.process, scope.execution_id))
    return exists().where(*receipt_of(RunKey(scope.process, scope.execution_id, scope.processing_date)))
