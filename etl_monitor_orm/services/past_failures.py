"""Failures of a time, those that were queued again since too, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.models.attempts import is_newer
from etl_monitor_orm.services.conditions import Where, conditions
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.periods import Moments
from etl_monitor_orm.services.queries import require_registered
from etl_monitor_orm.services.scopes import Processes
from etl_monitor_orm.vocabulary import LogType, SourceType, Status, state_of

_MOST_DATES: Final = 100
"""Dates that a statement names one by one."""


@dataclass(frozen=True)
class PastFailure:
    """An attempt that failed within a time, and how its step stands now (`ETLProcessingSteps`).

    Attributes:
        processing_date: Business date of the run.
        project_code: The project.
        process_load: The process.
        execution_id: The run that failed.
        workflow_id: The pass.
        sequence_id: The stage.
        sequence_code: The stage's code when it was queued.
        task_id: The task.
        task_name: The task's name when it was queued.
        task_mandatory: Whether its failure blocked what follows.
        attempts: The number of the attempt that failed.
        start_time: When it began (UTC).
        end_time: When it failed (UTC).
        log_type: Severity of the message.
        log_code: Code of the message.
        log_message: Why it failed.
        source_type: Kind of job.
        source_run_id: The job's own run id.
        queued_again: Whether the step has a later attempt on the date, in this run or another.
        current_state: How the step stands now: FAIL, DONE, NQUE or RQUE, or RUNNING.
        current_attempts: The number of its current attempt.
        current_execution_id: The run of its current attempt.
    """

    processing_date: date
    project_code: str
    process_load: str
    execution_id: str
    workflow_id: int
    sequence_id: int
    sequence_code: str | None
    task_id: int
    task_name: str | None
    task_mandatory: bool | None
    attempts: int
    start_time: datetime | None
    end_time: datetime | None
    log_type: LogType | None
    log_code: str | None
    log_message: str | None
    source_type: SourceType | None
    source_run_id: str | None
    queued_again: bool
    current_state: str
    current_attempts: int
    current_execution_id: str

    @property
    def became(self) -> str | None:
        """What became of it since, in words; None if it was not queued again."""
        if not self.queued_again:
            return None
        words = {"DONE": "done", "FAIL": "failed again", "RUNNING": "runs", "NQUE": "waits", "RQUE": "waits"}
        return words.get(self.current_state, self.current_state)


def failures_of(
    session: Session,
    context: Context,
    processes: Processes,
    on: date | None,
    moments: Moments,
    where: Where | None,
    *,
    mandatory: bool,
    limit: int,
) -> list[PastFailure]:
    """Return the attempts that failed within a time, the latest first, at most `limit` (`ETLProcessingSteps`).

    A failure that has no end, because another tool wrote it, counts by its last change.

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    since, until = moments.at(context.now)
    query = select(ProcessingStep).where(
        ProcessingStep.status == Status.FAIL,
        *processes.narrow(ProcessingStep),
        *conditions(where, ProcessingStep),
    )
    ended, changed = ProcessingStep.end_time, ProcessingStep.last_updated_on
    if since is not None:
        query = query.where(or_(ended >= since, and_(ended.is_(None), changed >= since)))
    if until is not None:
        query = query.where(or_(ended < until, and_(ended.is_(None), changed < until)))
    if on is not None:
        query = query.where(ProcessingStep.processing_date == on)
    if mandatory:
        query = query.where(ProcessingStep.task_mandatory.is_(True))
    order = (ended.desc().nulls_last(), ProcessingStep.processing_date.desc(), ProcessingStep.attempts.desc())
    query = query.order_by(*order, ProcessingStep.execution_id, ProcessingStep.task_id).limit(limit)
    found = {one: one for one in session.scalars(query)}
    if not found:
        require_registered(session, context, processes)
        return []
    failed, newer = aliased(ProcessingStep, query.subquery("failed")), aliased(ProcessingStep, name="newer")
    # The dates are named, so that a database whose files are by date reads those only.
    dates = sorted({one.processing_date for one in found})
    span = newer.processing_date.between(dates[0], dates[-1])
    within = newer.processing_date.in_(dates) if len(dates) <= _MOST_DATES else span
    for one, later in session.execute(select(failed, newer).join(newer, is_newer(newer, failed)).where(within)):
        if one in found and _recency(later) > _recency(found[one]):
            found[one] = later
    return sorted((_told(one, current) for one, current in found.items()), key=_order)


def _recency(step: ProcessingStep) -> tuple[object, ...]:
    changed = step.last_updated_on
    return (step.attempts, changed is not None, changed, step.execution_id)


def _order(row: PastFailure) -> tuple[object, ...]:
    ended = row.end_time
    place = (row.project_code, row.process_load, row.workflow_id, row.task_id, -row.attempts, row.execution_id)
    return (ended is None, 0 if ended is None else -ended.timestamp(), -row.processing_date.toordinal(), *place)


def _told(failed: ProcessingStep, current: ProcessingStep) -> PastFailure:
    return PastFailure(
        processing_date=failed.processing_date,
        project_code=failed.project_code,
        process_load=failed.process_load,
        execution_id=failed.execution_id,
        workflow_id=failed.workflow_id,
        sequence_id=failed.sequence_id,
        sequence_code=failed.sequence_code,
        task_id=failed.task_id,
        task_name=failed.task_name,
        task_mandatory=failed.task_mandatory,
        attempts=failed.attempts,
        start_time=failed.start_time,
        end_time=failed.end_time,
        log_type=failed.log_type,
        log_code=failed.log_code,
        log_message=failed.log_message,
        source_type=failed.source_type,
        source_run_id=failed.source_run_id,
        queued_again=current is not failed,
        current_state=state_of(current.status, is_running=current.is_running),
        current_attempts=current.attempts,
        current_execution_id=current.execution_id,
    )
