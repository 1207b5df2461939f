"""Steps whose worker has gone quiet: found by their last sign of life, and failed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.services.call import Call
from etl_monitor_orm.services.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.services.steps import Claim, Ending, finish
from etl_monitor_orm.views.attempts import is_running
from etl_monitor_orm.vocabulary import Status

STALE: Final = "STALE"
"""LogCode of a step that was failed because its worker had gone quiet."""


def stale_steps(
    session: Session, call: Call, older_than: timedelta, process: ProcessKey | None
) -> list[ProcessingStep]:
    """Return the running steps that nobody has touched for `older_than`, quietest first (`ETLProcessingSteps`)."""
    later = aliased(ProcessingStep)
    newest = select(func.max(later.attempts)).where(
        later.processing_date == ProcessingStep.processing_date,
        later.project_code == ProcessingStep.project_code,
        later.process_load == ProcessingStep.process_load,
        later.execution_id == ProcessingStep.execution_id,
        later.workflow_id == ProcessingStep.workflow_id,
        later.task_id == ProcessingStep.task_id,
    )
    query = select(ProcessingStep).where(
        is_running(),
        ProcessingStep.last_updated_on <= call.now - older_than,
        ProcessingStep.attempts == newest.scalar_subquery(),
    )
    if process is not None:
        query = query.where(*process.matches(ProcessingStep))
    order = (
        ProcessingStep.last_updated_on,
        ProcessingStep.processing_date,
        ProcessingStep.workflow_id,
        ProcessingStep.task_id,
    )
    return list(session.scalars(query.order_by(*order)))


def fail_stale(session: Session, call: Call, older_than: timedelta, process: ProcessKey | None) -> list[ProcessingStep]:
    """Fail the stale steps with LogCode STALE, each as `fail_task` would; return them as they now are."""
    stale = stale_steps(session, call, older_than, process)
    for step in stale:
        quiet = f"No sign of life since {step.last_updated_on:%Y-%m-%d %H:%M:%S} UTC"
        key = StepKey(
            RunKey(ProcessKey(step.project_code, step.process_load), step.execution_id, step.processing_date),
            step.task_id,
            step.workflow_id,
            step.sequence_id,
            step.attempts,
        )
        assert step.start_time is not None
        claim = Claim(step.start_time, step.attempts, step.source_system_code, step.task_mandatory, known=True)
        finish(session, call, key, Ending(Status.FAIL, None, quiet, log_code=STALE), claim)
        session.refresh(step)
    return stale
