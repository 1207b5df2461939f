"""Which attempts count, defined in one place: a step's current one, the next number, and each one's state.

A step is a task on one date of its process; several runs of that date may try it. So there are two questions: which
attempt is current on the date, over all runs, and which is current in one run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from etl_monitor_orm.keys import RunKey, StepKey
from etl_monitor_orm.models import ProcessingStep, Task
from etl_monitor_orm.models.selecting import Conditions, of_process, of_run, of_step
from etl_monitor_orm.sql.functions import of_latest, seconds_between
from etl_monitor_orm.vocabulary import INITIATION_ID, QUEUED, Status

Columns = tuple[InstrumentedAttribute[Any], ...]
Steps = type[ProcessingStep]

_QUEUED: Final = [literal(word, ProcessingStep.status.type) for word in QUEUED]
"""As expressions: SQLAlchemy would insert a list of plain values into the text at each execution."""
_kept: Final = lru_cache(64)
"""Building a condition of the hot statements anew takes as long as sending them."""


def on_date(steps: Steps = ProcessingStep) -> Columns:
    """The key of a process on one date; attempts are numbered within it."""
    return (steps.processing_date, steps.project_code, steps.process_load)


def identity(steps: Steps = ProcessingStep) -> Columns:
    """What identifies a step: a task on one date of its process."""
    return (*on_date(steps), steps.workflow_id, steps.task_id)


def in_run(steps: Steps = ProcessingStep) -> Columns:
    """What identifies a step of one run."""
    return (*identity(steps), steps.execution_id)


def recency(steps: Steps = ProcessingStep) -> tuple[ColumnElement[Any], ...]:
    """Order that puts a step's current attempt first: the highest number, then the last update."""
    attempts, last_updated_on, execution_id = _recent(steps)
    return (attempts.desc(), last_updated_on.desc().nulls_last(), execution_id.desc())


def _recent(steps: Steps) -> Columns:
    """What makes an attempt more recent than others of its step, the most important first; no time is the oldest."""
    return (steps.attempts, steps.last_updated_on, steps.execution_id)


def latest_of(columns: Columns, steps: Steps = ProcessingStep) -> tuple[ColumnElement[Any], ...]:
    """What the current attempt has in some columns, of a group of a step's attempts."""
    return tuple(
        of_latest(column, columns, _recent(steps)).label(column.property.columns[0].name) for column in columns
    )


def has_newer(steps: Steps) -> ColumnElement[bool]:
    """The step has a more recent attempt on the date than this one."""
    newer = aliased(ProcessingStep, name="newer")
    # Without a column's name: PostgreSQL would note all columns that a `*` means on the day.
    return select(literal_column("1")).where(is_newer(newer, steps)).exists()


def is_newer(newer: Steps, steps: Steps) -> ColumnElement[bool]:
    """The one is a more recent attempt than the other of the same step on the date."""
    same = [theirs == mine for theirs, mine in zip(identity(newer), identity(steps), strict=True)]
    then, now = newer.last_updated_on, steps.last_updated_on
    later = or_(
        newer.attempts > steps.attempts,
        and_(
            newer.attempts == steps.attempts,
            or_(
                then > now,
                and_(then.is_not(None), now.is_(None)),
                and_(then.is_not_distinct_from(now), newer.execution_id > steps.execution_id),
            ),
        ),
    )
    return and_(*same, later)


def rank(of: Callable[[Steps], Columns] = identity, steps: Steps = ProcessingStep) -> ColumnElement[int]:
    """The rank of an attempt among those of its step, on the date or `in_run`; 1 is current."""
    return func.row_number().over(partition_by=of(steps), order_by=recency(steps))


def ranked(*within: ColumnElement[bool], steps: Steps = ProcessingStep) -> Subquery:
    """All attempts `within` a scope, each with its rank among the attempts of its step in it; rank 1 is current."""
    return select(steps, rank(steps=steps).label("Recency")).where(*within).subquery("ranked")


def current_attempts(*within: ColumnElement[bool], steps: Steps = ProcessingStep) -> tuple[Steps, ColumnElement[bool]]:
    """Current attempts `within` a scope, a run or a date: the steps to select from, and the condition to apply."""
    attempts = ranked(*within, steps=steps)
    return aliased(ProcessingStep, attempts), attempts.c.Recency == 1


def current_in_run(run: RunKey, *columns: InstrumentedAttribute[Any]) -> tuple[Steps, ColumnElement[bool]]:
    """Current attempts of a run, as `current_attempts`: only `columns` can be read of them, because each one costs."""
    return _first_of_each_task(of_run(run), recency(), columns)


def own_attempts_first(run: RunKey, *columns: InstrumentedAttribute[Any]) -> tuple[Steps, ColumnElement[bool]]:
    """For each step of the run's date, the attempt that is current in the run, else the one current on the date.

    Only `columns` can be read of it, because each one costs.
    """
    on_date_of_run = (ProcessingStep.processing_date == run.processing_date, *of_process(run.process, ProcessingStep))
    own = ProcessingStep.execution_id == run.execution_id
    return _first_of_each_task(on_date_of_run, (own.desc(), *recency()), columns)


def _first_of_each_task(
    within: Conditions, order: tuple[ColumnElement[Any], ...], columns: Columns
) -> tuple[Steps, ColumnElement[bool]]:
    """The first attempt of each task, within steps that are all of one date and process."""
    of_task = (ProcessingStep.workflow_id, ProcessingStep.task_id)
    place = func.row_number().over(partition_by=of_task, order_by=order)
    attempts = select(*of_task, *columns, place.label("Place")).where(*within).subquery("attempts")
    return aliased(ProcessingStep, attempts), attempts.c.Place == 1


def is_highest(of: Callable[[Steps], Columns], *, since: date | None = None) -> ColumnElement[bool]:
    """No attempt `on_date`, or of the same step (`identity`, `in_run`), has a higher number than this one.

    `since` names the caller's earliest date once more, so that a database does not read the dates before it.
    """
    others = aliased(ProcessingStep)
    same = [theirs == mine for theirs, mine in zip(of(others), of(ProcessingStep), strict=True)]
    if since is not None:
        same.append(others.processing_date >= since)
    return ProcessingStep.attempts == select(func.max(others.attempts)).where(*same).scalar_subquery()


def number_in_run(step: StepKey, *conditions: ColumnElement[bool]) -> Select[int]:
    """Select the number of the step's current attempt in its run, or of the named attempt."""
    return select(func.max(ProcessingStep.attempts).label("Attempts")).where(*of_step(step), *conditions)


def next_number() -> ColumnElement[int]:
    """The number of the next attempt: one above the highest, 0 for the first."""
    return func.coalesce(func.max(ProcessingStep.attempts) + 1, 0)


def next_number_of_each() -> ColumnElement[int]:
    """The number of the next attempt of a process and date, computed for each attempt."""
    return func.max(ProcessingStep.attempts).over(partition_by=on_date()) + 1


@_kept
def is_running(steps: Steps = ProcessingStep) -> ColumnElement[bool]:
    """Queued, started and not ended."""
    return is_open(steps) & steps.start_time.is_not(None) & steps.end_time.is_(None)


@_kept
def is_waiting(steps: Steps = ProcessingStep) -> ColumnElement[bool]:
    """Queued, and not started; or ended, because another tool queued it again in place."""
    return is_open(steps) & (steps.start_time.is_(None) | steps.end_time.is_not(None))


@_kept
def is_open(steps: Steps = ProcessingStep) -> ColumnElement[bool]:
    """Waiting or running: what may end."""
    return steps.status.in_(_QUEUED)


def is_silent(since: datetime, steps: Steps = ProcessingStep) -> ColumnElement[bool]:
    """The last sign of life was no later than `since`: its last change, heartbeats included, else its start."""
    return func.coalesce(steps.last_updated_on, steps.start_time) <= literal(since, steps.last_updated_on.type)


def is_initiation(steps: Steps = ProcessingStep) -> ColumnElement[bool]:
    """The run's marker."""
    return (steps.workflow_id == INITIATION_ID) & (steps.task_id == INITIATION_ID)


def count_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group satisfy the condition."""
    return func.count().filter(condition)


@_kept
def is_taking_part(steps: Steps = ProcessingStep) -> ColumnElement[bool]:
    """The run does not leave the step out: a skipped step is offered nowhere and blocks nothing."""
    return steps.force_skip.is_not(True)


def is_unfinished(steps: Steps, task: type[Task]) -> ColumnElement[bool]:
    """Running, or queued and not settled: a step that is skipped, or has no active task, is offered nowhere."""
    return is_open(steps) & (is_running(steps) | (task.is_active.is_(True) & is_taking_part(steps)))


def is_blocking(steps: Steps = ProcessingStep) -> ColumnElement[bool]:
    """A failure of a mandatory step that is not skipped."""
    return (steps.status == Status.FAIL) & steps.task_mandatory.is_(True) & is_taking_part(steps)


def state_counts(steps: Steps, task: type[Task]) -> tuple[ColumnElement[int], ...]:
    """Done, Failed and Pending of a group; running steps count as pending, settled ones do not."""
    return (
        count_where(steps.status == Status.DONE).label("Done"),
        count_where(steps.status == Status.FAIL).label("Failed"),
        count_where(is_unfinished(steps, task)).label("Pending"),
    )


def wall_clock(start: ColumnElement[datetime | None], end: ColumnElement[datetime | None]) -> ColumnElement[int]:
    """Whole seconds from a group's first start to its last end, never negative; NULL if either is missing.

    The last end is before the first start when the only step that ended was never started.
    """
    return cast(case((end < start, 0), else_=seconds_between(start, end)), BigInteger)
