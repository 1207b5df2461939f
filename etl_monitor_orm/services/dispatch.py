"""What may run next: the pending steps of a run, and the ready ones among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.orm import Session

from etl_monitor_orm.keys import RunKey
from etl_monitor_orm.models import Parameter, ProcessingStep, Task
from etl_monitor_orm.models.attempts import current_in_run, is_taking_part
from etl_monitor_orm.models.catalogue import active_value as value_of
from etl_monitor_orm.models.results import is_at_work
from etl_monitor_orm.models.selecting import of_process, same_task
from etl_monitor_orm.services.context import Context, alone
from etl_monitor_orm.services.prepared import (
    BLANK_RUN,
    blank_narrowing,
    built_once,
    filled_narrowing,
    filled_run,
)
from etl_monitor_orm.services.runs import EVERYTHING, Choice, generate
from etl_monitor_orm.services.scopes import EVERY_STEP, Narrowing
from etl_monitor_orm.vocabulary import ParameterType, SourceType, Status


@dataclass(frozen=True)
class PendingTask:
    """A step that is not DONE, with everything that a dispatcher needs to run it.

    Attributes:
        execution_id: The run.
        processing_date: The run's date.
        project_code: The project.
        process_load: The process.
        workflow_id: The pass.
        sequence_id: The stage.
        sequence_code: The stage's code.
        task_id: The task within the pass.
        task_name: The task's name when it was queued.
        attempts: Number of the current attempt.
        status: NQUE, RQUE or FAIL.
        is_running: Whether it was started and has not ended.
        task_mandatory: Whether its failure blocks what follows.
        source_type: Kind of job.
        source_identifier: Which job.
        source_system_code: Name of its watermark parameter.
        watermark_type: Type of that parameter; None without one.
        watermark: Its active value.
        active_value: Its active value as `v_watermarks` writes it.
        start_time: When the current attempt began (UTC).
        log_message: Message of the current attempt.
        full_file_name: File of the date that the task waits for.
        in_file_path: Folder in which it arrives.
        out_file_path: Folder for what is made of it.
    """

    execution_id: str
    processing_date: date
    project_code: str
    process_load: str
    workflow_id: int
    sequence_id: int
    sequence_code: str | None
    task_id: int
    task_name: str | None
    attempts: int
    status: Status
    is_running: bool
    task_mandatory: bool
    source_type: SourceType | None
    source_identifier: str | None
    source_system_code: str | None
    watermark_type: ParameterType | None
    watermark: datetime | int | bool | None
    active_value: str | None
    start_time: datetime | None
    log_message: str | None
    full_file_name: str | None = None
    in_file_path: str | None = None
    out_file_path: str | None = None


def pending(
    session: Session,
    context: Context,
    run: RunKey,
    only: Narrowing = EVERY_STEP,
) -> list[PendingTask]:
    """Return the run's current attempts that are not DONE, whose task is active and not skipped, in running order.

    Reads `ETLProcessingSteps`, `ETLconfigTasks` and `ETLconfigParameters` in one statement.
    """
    query = _pending(BLANK_RUN, blank_narrowing(only))
    rows = session.execute(query, {**filled_run(run), **filled_narrowing(only)})
    steps = [_pending_task(run, row) for row in rows]
    if not context.capabilities.transactions:
        context.seen.note(steps)
    elif any(step.status is Status.FAIL for step in steps):
        context.seen.note_run(run, failed=True)
    return steps


@built_once
def _pending(run: RunKey, only: Narrowing) -> Select[*tuple[Any, ...]]:
    """Select the pending steps of a run: plain rows, because mapped objects cost more than their statement."""
    from etl_monitor_orm.views.watermarks import active_value  # maps the view: only when it is needed

    read = (
        ProcessingStep.sequence_id,
        ProcessingStep.sequence_code,
        ProcessingStep.task_name,
        ProcessingStep.attempts,
        ProcessingStep.status,
        ProcessingStep.start_time,
        ProcessingStep.end_time,
        ProcessingStep.task_mandatory,
        ProcessingStep.source_type,
        ProcessingStep.source_system_code,
        ProcessingStep.log_message,
        ProcessingStep.full_file_name,
        ProcessingStep.in_file_path,
        ProcessingStep.out_file_path,
    )
    steps, current = current_in_run(run, *read, ProcessingStep.force_skip)
    return (
        select(
            steps.workflow_id,
            steps.task_id,
            *(getattr(steps, column.key) for column in read),
            Task.source_identifier,
            Parameter.parameter_type,
            Parameter.value_int,
            Parameter.value_datetime,
            Parameter.value_bit,
            active_value().label("ActiveValue"),
        )
        .join(Task, same_task(steps, run.process))
        .outerjoin(
            Parameter,
            and_(*of_process(run.process, Parameter), Parameter.parameter_name == steps.source_system_code),
        )
        .where(
            current,
            steps.status != Status.DONE,
            Task.is_active.is_(True),
            is_taking_part(steps),
            *only.conditions(steps),
        )
        .order_by(steps.workflow_id, steps.sequence_id, steps.task_id)
    )


@alone
def pending_or_generate(
    session: Session,
    context: Context,
    run: RunKey,
    only: Narrowing = EVERY_STEP,
    choice: Choice = EVERYTHING,
) -> list[PendingTask]:
    """Like `pending`, but queue the steps first when the run has none; one statement when it has pending ones.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        run: The run.
        only: Which of its steps to return.
        choice: Which tasks to queue.

    Raises:
        ProcessNotFound: The process is not registered.
        ProcessInactive: It is deactivated, or has no active task.
    """
    steps = pending(session, context, run, only)
    if not steps:
        generate(session, context, run, choice)
        steps = pending(session, context, run, only)
    return steps


def ready(session: Session, context: Context, run: RunKey) -> list[PendingTask]:
    """Return the steps that may start now: the queued ones of the earliest stage that has work left.

    Empty while a mandatory failure blocks, and while the rest of the stage is running.
    """
    steps = pending(session, context, run)
    if any(step.status is Status.FAIL and step.task_mandatory for step in steps):
        return []
    unfinished = [step for step in steps if step.status is not Status.FAIL]
    if not unfinished:
        return []
    stage = (unfinished[0].workflow_id, unfinished[0].sequence_id)
    return [step for step in unfinished if (step.workflow_id, step.sequence_id) == stage and not step.is_running]


def _pending_task(run: RunKey, row: Row[*tuple[Any, ...]]) -> PendingTask:
    kind = row.parameter_type
    return PendingTask(
        execution_id=run.execution_id,
        processing_date=run.processing_date,
        project_code=run.process.project_code,
        process_load=run.process.process_load,
        workflow_id=row.workflow_id,
        sequence_id=row.sequence_id,
        sequence_code=row.sequence_code,
        task_id=row.task_id,
        task_name=row.task_name,
        attempts=row.attempts,
        status=row.status,
        is_running=is_at_work(row.status, row.start_time, row.end_time),
        task_mandatory=bool(row.task_mandatory),
        source_type=row.source_type,
        source_identifier=row.source_identifier,
        source_system_code=row.source_system_code,
        watermark_type=kind,
        watermark=None if kind is None else value_of(kind, row.value_int, row.value_datetime, row.value_bit),
        active_value=None if kind is None else row.ActiveValue,
        start_time=row.start_time,
        log_message=row.log_message,
        full_file_name=row.full_file_name,
        in_file_path=row.in_file_path,
        out_file_path=row.out_file_path,
    )
