"""Which attempts count: the current one of each step, and how attempts are told apart and counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Subquery, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.sql.functions import seconds_between
from etl_monitor_orm.vocabulary import INITIATION_ID, QUEUED, Status


def recency(steps: type[ProcessingStep] = ProcessingStep) -> tuple[ColumnElement[Any], ...]:
    """Order that puts a step's current attempt first: the highest; among equals the last updated."""
    return (
        steps.attempts.desc(),
        steps.last_updated_on.desc().nulls_last(),
        steps.execution_id.desc(),
    )


def identity(steps: type[ProcessingStep] = ProcessingStep) -> tuple[InstrumentedAttribute[Any], ...]:
    """What identifies a step: a task on one date of its process."""
    return (
        steps.processing_date,
        steps.project_code,
        steps.process_load,
        steps.workflow_id,
        steps.task_id,
    )


def ranked(*within: ColumnElement[bool], steps: type[ProcessingStep] = ProcessingStep) -> Subquery:
    """All attempts `within` a scope, each with its rank among the attempts of its step; rank 1 is current."""
    rank = func.row_number().over(partition_by=identity(steps), order_by=recency(steps)).label("Recency")
    return select(steps, rank).where(*within).subquery("ranked")


def current_attempts() -> tuple[type[ProcessingStep], ColumnElement[bool]]:
    """Current attempts over all runs of a date: the steps to select from, and the condition to apply."""
    attempts = ranked(steps=aliased(ProcessingStep, name="attempt"))
    return aliased(ProcessingStep, attempts), attempts.c.Recency == 1


def is_running(steps: type[ProcessingStep] = ProcessingStep) -> ColumnElement[bool]:
    """Started and not ended."""
    return steps.status.in_(QUEUED) & steps.start_time.is_not(None) & steps.end_time.is_(None)


def is_initiation(steps: type[ProcessingStep] = ProcessingStep) -> ColumnElement[bool]:
    """The run's marker."""
    return (steps.workflow_id == INITIATION_ID) & (steps.task_id == INITIATION_ID)


def count_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group satisfy the condition."""
    return func.count().filter(condition)


def state_counts(steps: type[ProcessingStep] = ProcessingStep) -> tuple[ColumnElement[int], ...]:
    """Done, Failed, Pending of a group; running steps are pending ones."""
    return (
        count_where(steps.status == Status.DONE).label("Done"),
        count_where(steps.status == Status.FAIL).label("Failed"),
        count_where(steps.status.in_(QUEUED)).label("Pending"),
    )


def wall_clock(start: ColumnElement[datetime | None], end: ColumnElement[datetime | None]) -> ColumnElement[int]:
    """Whole seconds from a group's first start to its last end, never negative; NULL while one is missing.

    The last end lies before the first start when the only step that ended was never started.
    """
    return cast(case((end < start, 0), else_=seconds_between(start, end)), BigInteger)
