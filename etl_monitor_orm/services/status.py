"""How things stand: the step detail and the run rollup, filtered (`v_taskDetail`, `v_runSummary`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.services.call import Call
from etl_monitor_orm.services.keys import ProcessKey
from etl_monitor_orm.services.runs import current_date
from etl_monitor_orm.views import RunSummary, TaskDetail
from etl_monitor_orm.views.attempts import ranked

Attempts = int | Literal["all"] | None
"""A number, all of them, or None for each step's current one."""


def read_attempts(value: object) -> Attempts:
    """Read which attempts a caller means.

    Raises:
        InvalidInput: It is neither a number, `"all"` nor None.
    """
    if isinstance(value, str) and value != "all":
        raise InvalidInput(f"attempts is {value!r}; it must be a number, 'all', or None for the current ones.")
    return "all" if value == "all" else inputs.optional_integer("attempts", value)


@dataclass(frozen=True)
class Scope:
    """Which steps of a process are meant; None leaves a side open.

    Attributes:
        process: The process.
        processing_date: The date; without one, and without a run, the process's current date.
        execution_id: The run.
        workflow_id: The pass.
        sequence_id: The stage.
        task_id: The task.
    """

    process: ProcessKey
    processing_date: date | None = None
    execution_id: str | None = None
    workflow_id: int | None = None
    sequence_id: int | None = None
    task_id: int | None = None

    def narrow(self, kind: type[ProcessingStep | TaskDetail]) -> tuple[ColumnElement[bool], ...]:
        """Conditions on pass, stage and task."""
        return tuple(
            column == wanted
            for column, wanted in (
                (kind.workflow_id, self.workflow_id),
                (kind.sequence_id, self.sequence_id),
                (kind.task_id, self.task_id),
            )
            if wanted is not None
        )


def place(session: Session, call: Call, scope: Scope) -> date | None:
    """Return the date that a scope is about; None when its run alone says it."""
    if scope.processing_date is None and scope.execution_id is None:
        return current_date(session, call, scope.process)
    return scope.processing_date


def detail(session: Session, call: Call, scope: Scope, attempts: Attempts) -> list[TaskDetail]:
    """Return the steps of a scope, in running order; of a run, the attempts that are current in it."""
    on = place(session, call, scope)
    view = TaskDetail
    query = select(view).where(
        view.project_code == scope.process.project_code,
        view.process_load == scope.process.process_load,
        *scope.narrow(view),
    )
    if on is not None:
        query = query.where(view.processing_date == on)
    if scope.execution_id is not None:
        query = query.where(view.execution_id == scope.execution_id)
    if isinstance(attempts, int):
        query = query.where(view.attempts == attempts)
    elif attempts is None:
        query = query.where(_is_current(scope, on))
    order = (
        view.processing_date,
        view.workflow_id,
        view.sequence_id,
        view.task_id,
        view.attempts,
        view.execution_id,
    )
    return list(session.scalars(query.order_by(*order)))


def summary(session: Session, call: Call, scope: Scope, attempts: Attempts) -> list[RunSummary]:
    """Return the rollup of each attempt of each run in a scope, oldest first.

    A scope that names a pass, stage or task keeps the attempts that include it; their counts stay whole.
    """
    on = place(session, call, scope)
    view = RunSummary
    query = select(view).where(
        view.project_code == scope.process.project_code, view.process_load == scope.process.process_load
    )
    if on is not None:
        query = query.where(view.processing_date == on)
    if scope.execution_id is not None:
        query = query.where(view.execution_id == scope.execution_id)
    if isinstance(attempts, int):
        query = query.where(view.attempts == attempts)
    narrowed = scope.narrow(ProcessingStep)
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


def _is_current(scope: Scope, on: date | None) -> ColumnElement[bool]:
    """The row of `v_taskDetail` is its step's current attempt: in the scope's run, or over all runs of the date."""
    within = list(scope.process.matches(ProcessingStep))
    if on is not None:
        within.append(ProcessingStep.processing_date == on)
    if scope.execution_id is not None:
        within.append(ProcessingStep.execution_id == scope.execution_id)
    attempts = ranked(*within)
    step = aliased(ProcessingStep, attempts)
    return exists().where(
        attempts.c.Recency == 1,
        step.processing_date == TaskDetail.processing_date,
        step.execution_id == TaskDetail.execution_id,
        step.workflow_id == TaskDetail.workflow_id,
        step.task_id == TaskDetail.task_id,
        step.sequence_id == TaskDetail.sequence_id,
        step.attempts == TaskDetail.attempts,
    )
