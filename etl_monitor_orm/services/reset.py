"""Reset: queues failed steps again as new attempts. The failed attempts stay as they were."""

from __future__ import annotations

from datetime import date
from typing import Final, cast

from sqlalchemy import ColumnElement, Select, Subquery, Table, and_, case, exists, func, insert, literal, or_, select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm.models import ProcessingStep, Task
from etl_monitor_orm.models.attempts import (
    Steps,
    in_run,
    is_highest,
    is_initiation,
    is_taking_part,
    is_waiting,
    next_number_of_each,
    on_date,
    rank,
)
from etl_monitor_orm.models.selecting import Conditions, of_process, task_of
from etl_monitor_orm.services.context import Context, Mark, alone, changed
from etl_monitor_orm.services.dates import OnDate, date_to_change
from etl_monitor_orm.services.scopes import Scope
from etl_monitor_orm.sql.merge import Merge
from etl_monitor_orm.vocabulary import LogType, Status

_steps = cast(Table, ProcessingStep.__table__)

REMARK: Final = "Queued again by status_reset"


@alone
def reset(
    session: Session, context: Context, scope: Scope, *, replay: bool, attempts: int | None, remark: str
) -> list[ProcessingStep]:
    """Queue the failed steps of a scope again, and with them the initiation step of each run concerned.

    For a run, the attempts that are current in it count, as in its pending steps. For a date, the current attempts
    over all runs count, as in `v_currentFailures`: a step that a later run has queued or done again is not failed.
    A skipped step is queued again too, and takes part then. A deactivated task is not, because nothing could start it.
    One INSERT on `ETLProcessingSteps` and, when it wrote rows, one read of them.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        scope: The steps to reset, with a date or a run.
        replay: Whether DONE steps count too.
        attempts: Only steps whose current attempt has this number.
        remark: Message of the new attempts.

    Returns:
        The new attempts, in running order; empty when there was nothing to do (`services/unreset.py` says why).
    """
    on = date_to_change(session, context, scope)
    within = (*of_process(scope.process, ProcessingStep), ProcessingStep.processing_date == on)
    queue = _new_attempts(context, scope, within, replay=replay, attempts=attempts, remark=remark)
    mark = ("reset", scope), (replay, attempts, remark)
    if _queue(session, context, on, within, queue, mark) == 0:
        return []
    written = (
        select(ProcessingStep)
        .where(
            *within,
            ProcessingStep.status == Status.RQUE,
            ProcessingStep.last_updated_on == context.now,
            is_highest(on_date),
        )
        .order_by(
            ProcessingStep.processing_date,
            ProcessingStep.workflow_id,
            ProcessingStep.sequence_id,
            ProcessingStep.task_id,
            ProcessingStep.execution_id,
        )
    )
    queued = list(session.scalars(written))
    if not context.capabilities.transactions:
        context.seen.note(queued)
    return queued


def _queue(
    session: Session,
    context: Context,
    on: OnDate,
    within: Conditions,
    attempts: Select[*tuple[object, ...]],
    mark: Mark,
) -> int:
    """Insert the new attempts; return how many there are."""
    columns = [getattr(ProcessingStep, name).property.columns[0] for name in (*_CARRIED, *_NEW)]
    own = select(_steps.c.TaskID).where(
        *within, _steps.c.Status == Status.RQUE, _steps.c.LastUpdatedOn == context.now, _steps.c.StartTime.is_(None)
    )
    if context.capabilities.counts_inserts:
        return changed(session, context, insert(_steps).from_select(columns, attempts), own, mark)
    # A MERGE is counted even where an INSERT is not, and it adds no row that already exists.
    source = attempts.subquery("queue")
    given = dict(zip(columns, source.c, strict=True))
    same = and_(*(column == given[column] for column in _steps.primary_key))
    if isinstance(on, date):
        same &= _steps.c.ProcessingDate == on  # repeated, so that other dates' files are not read
    return changed(session, context, Merge(_steps, source, same).insert(given), own, mark)


def _new_attempts(
    context: Context, scope: Scope, within: Conditions, *, replay: bool, attempts: int | None, remark: str
) -> Select[*tuple[object, ...]]:
    """Select the rows to queue: the steps of the scope, and the initiation step of each of their runs."""
    runs = _meant(scope, within, replay=replay, attempts=attempts)
    step = aliased(ProcessingStep, runs)
    return select(
        *(getattr(step, name) for name in _CARRIED),
        runs.c.NextAttempt,
        literal(Status.RQUE.value),
        literal(remark),
        literal(LogType.INFO.value),
        literal(context.now, ProcessingStep.last_updated_on.type),
        literal(context.actor) if isinstance(context.actor, str) else context.actor,
    ).where(
        or_(
            runs.c.IsMeant == 1,
            and_(is_initiation(step), runs.c.RunRecency == 1, runs.c.RunIsMeant == 1),
        )
    )


def _meant(scope: Scope, within: Conditions, *, replay: bool, attempts: int | None) -> Subquery:
    """All attempts of the date, each marked if it is in scope, and if any attempt of its run is."""
    ranks = (
        select(
            ProcessingStep,
            rank().label("Recency"),
            rank(in_run).label("RunRecency"),
            next_number_of_each().label("NextAttempt"),
        )
        .where(*within)
        .subquery("ranks")
    )
    step = aliased(ProcessingStep, ranks)
    startable = exists().where(task_of(step), Task.is_active.is_(True))
    conditions = [is_wanted(step, replay=replay), startable, *scope.only.conditions(step)]
    if scope.execution_id is None:
        conditions.append(ranks.c.Recency == 1)
    else:
        conditions += [ranks.c.RunRecency == 1, step.execution_id == scope.execution_id]
    if attempts is not None:
        conditions.append(step.attempts == attempts)
    meant = select(ranks, case((and_(*conditions), 1)).label("IsMeant")).subquery("meant")
    meant_step = aliased(ProcessingStep, meant)
    concerned = func.max(meant.c.IsMeant).over(partition_by=meant_step.execution_id)
    return select(meant, concerned.label("RunIsMeant")).subquery("runs")


def is_wanted(step: Steps, *, replay: bool) -> ColumnElement[bool]:
    """A reset queues the step again: it has failed, or waits but is skipped, or with `replay` it is DONE."""
    wanted = (Status.FAIL, Status.DONE) if replay else (Status.FAIL,)
    return or_(step.status.in_(wanted), and_(is_waiting(step), ~is_taking_part(step)))


_CARRIED: Final = (
    "processing_date",
    "project_code",
    "process_load",
    "execution_id",
    "workflow_id",
    "task_id",
    "sequence_id",
    "task_name",
    "sequence_code",
    "task_mandatory",
    "source_system_code",
    "source_type",
    "expected_duration_seconds",
    "full_file_name",
    "in_file_path",
    "out_file_path",
)
"""The columns that a new attempt copies from the previous one."""

_NEW: Final = ("attempts", "status", "log_message", "log_type", "last_updated_on", "last_updated_by")
"""The columns that each new attempt sets."""
