"""How a run went: what failed in it, and whether anything is left to do."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm.failures import FailedTask
from etl_monitor_orm.keys import RunKey
from etl_monitor_orm.models import ProcessingStep, Task
from etl_monitor_orm.models.attempts import current_in_run, is_taking_part, is_unfinished
from etl_monitor_orm.models.selecting import same_task
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.empty_runs import receipt_of
from etl_monitor_orm.vocabulary import Status


@dataclass(frozen=True)
class Outcome:
    """How a run went, by the current attempts of its steps; tasks that are deactivated or skipped do not count.

    Attributes:
        failures: The steps that are failed now, in running order.
        is_over: Whether no step is left that waits or runs. A run of which nothing is known is not over.
    """

    failures: list[FailedTask]
    is_over: bool

    @property
    def blocking(self) -> list[FailedTask]:
        """The failures of mandatory tasks."""
        return [failure for failure in self.failures if failure.task_mandatory]


def outcome(session: Session, context: Context, run: RunKey) -> Outcome:
    """Return how a run went (`ETLProcessingSteps`, `ETLconfigTasks`)."""
    read = (
        ProcessingStep.sequence_id,
        ProcessingStep.task_name,
        ProcessingStep.attempts,
        ProcessingStep.status,
        ProcessingStep.start_time,
        ProcessingStep.end_time,
        ProcessingStep.task_mandatory,
        ProcessingStep.log_message,
        ProcessingStep.force_skip,
    )
    steps, current = current_in_run(run, *read)
    task = aliased(Task)
    rows = session.execute(
        select(
            steps.workflow_id,
            steps.task_id,
            steps.task_name,
            steps.attempts,
            steps.status,
            steps.task_mandatory,
            steps.log_message,
            (task.is_active.is_(True) & is_taking_part(steps)).label("counts"),
            is_unfinished(steps, task).label("is_unfinished"),
        )
        .outerjoin(task, same_task(steps, run.process, task))
        .where(current)
        .order_by(steps.workflow_id, steps.sequence_id, steps.task_id)
    ).all()
    failures = [
        FailedTask(row.task_id, row.workflow_id, row.task_name, row.attempts, bool(row.task_mandatory), row.log_message)
        for row in rows
        if row.status is Status.FAIL and row.counts
    ]
    known = bool(rows) or bool(session.scalar(select(exists().where(*receipt_of(run)))))
    return Outcome(failures, known and not any(row.is_unfinished for row in rows))
