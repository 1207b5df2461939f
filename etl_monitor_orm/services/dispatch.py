"""What may run next: the pending steps of a run, and the ready ones among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm.models import Parameter, ProcessingStep, Task
from etl_monitor_orm.services.call import Call
from etl_monitor_orm.services.keys import RunKey
from etl_monitor_orm.services.runs import generate
from etl_monitor_orm.views.watermarks import active_value
from etl_monitor_orm.vocabulary import ParameterType, SourceType, Status


@dataclass(frozen=True)
class PendingTask:
    """A step that is not DONE, with all that a dispatcher needs to run it.

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
        log_message: Last word of the current attempt.
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


def pending(
    session: Session,
    call: Call,
    run: RunKey,
    *,
    workflow_id: int | None = None,
    sequence_id: int | None = None,
    task_id: int | None = None,
) -> list[PendingTask]:
    """Return the run's current attempts that are not DONE and whose task is active, in running order.

    Reads `ETLProcessingSteps`, `ETLconfigTasks` and `ETLconfigParameters` in one statement.
    """
    latest = func.row_number().over(
        partition_by=(ProcessingStep.workflow_id, ProcessingStep.task_id),
        order_by=ProcessingStep.attempts.desc(),
    )
    attempts = select(ProcessingStep, latest.label("Recency")).where(*run.matches()).subquery("attempts")
    steps = aliased(ProcessingStep, attempts)
    query = (
        select(steps, Task.source_identifier, Parameter, active_value().label("ActiveValue"))
        .join(
            Task,
            (Task.project_code == steps.project_code)
            & (Task.process_load == steps.process_load)
            & (Task.workflow_id == steps.workflow_id)
            & (Task.task_id == steps.task_id),
        )
        .outerjoin(
            Parameter,
            (Parameter.project_code == steps.project_code)
            & (Parameter.process_load == steps.process_load)
            & (Parameter.parameter_name == steps.source_system_code),
        )
        .where(attempts.c.Recency == 1, steps.status != Status.DONE, Task.is_active.is_(True))
        .order_by(steps.workflow_id, steps.sequence_id, steps.task_id)
    )
    for column, wanted in (
        (steps.workflow_id, workflow_id),
        (steps.sequence_id, sequence_id),
        (steps.task_id, task_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    rows = session.execute(query).all()
    if not call.capabilities.returning:
        call.seen.note(row[0] for row in rows)
    return [_pending_task(*row) for row in rows]


def pending_or_generate(
    session: Session,
    call: Call,
    run: RunKey,
    *,
    workflow_id: int | None = None,
    sequence_id: int | None = None,
    task_id: int | None = None,
) -> list[PendingTask]:
    """As `pending`, but queue the run's steps first when it has none: one statement where it has pending ones.

    Raises:
        ProcessNotFound: The process is not registered.
        ProcessInactive: It is deactivated, or has no active task.
    """
    narrow = {"workflow_id": workflow_id, "sequence_id": sequence_id, "task_id": task_id}
    steps = pending(session, call, run, **narrow)
    if not steps:
        generate(session, call, run, resume=False, only_due=False)
        steps = pending(session, call, run, **narrow)
    return steps


def ready(session: Session, call: Call, run: RunKey) -> list[PendingTask]:
    """Return the steps that may start now: the queued ones of the earliest stage that has work left.

    Empty while a mandatory failure blocks, and while all that is left of the stage is running.
    """
    steps = pending(session, call, run)
    if any(step.status is Status.FAIL and step.task_mandatory for step in steps):
        return []
    unfinished = [step for step in steps if step.status is not Status.FAIL]
    if not unfinished:
        return []
    stage = (unfinished[0].workflow_id, unfinished[0].sequence_id)
    return [step for step in unfinished if (step.workflow_id, step.sequence_id) == stage and not step.is_running]


def _pending_task(
    step: ProcessingStep, source_identifier: str | None, parameter: Parameter | None, active: str | None
) -> PendingTask:
    return PendingTask(
        execution_id=step.execution_id,
        processing_date=step.processing_date,
        project_code=step.project_code,
        process_load=step.process_load,
        workflow_id=step.workflow_id,
        sequence_id=step.sequence_id,
        sequence_code=step.sequence_code,
        task_id=step.task_id,
        task_name=step.task_name,
        attempts=step.attempts,
        status=step.status,
        is_running=step.is_running,
        task_mandatory=bool(step.task_mandatory),
        source_type=step.source_type,
        source_identifier=source_identifier,
        source_system_code=step.source_system_code,
        watermark_type=parameter.parameter_type if parameter else None,
        watermark=parameter.value if parameter else None,
        active_value=active if parameter else None,
        start_time=step.start_time,
        log_message=step.log_message,
    )
