"""Try again: failed steps as new attempts. The failed ones stay as they were."""

from __future__ import annotations

from datetime import date
from typing import Final, cast

from sqlalchemy import Select, Table, and_, case, exists, func, insert, literal, or_, select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm.models import ProcessingStep, Task
from etl_monitor_orm.services.call import Call, affected, changed
from etl_monitor_orm.services.keys import Conditions
from etl_monitor_orm.services.status import Scope, place
from etl_monitor_orm.sql.merge import Merge
from etl_monitor_orm.views.attempts import identity, is_initiation, recency
from etl_monitor_orm.vocabulary import LogType, Status

_steps = cast(Table, ProcessingStep.__table__)

REMARK: Final = "Queued again by status_reset"


def reset(
    session: Session, call: Call, scope: Scope, *, replay: bool, attempts: int | None, remark: str
) -> list[ProcessingStep]:
    """Queue the failed steps of a scope again, and with them the initiation step of each run concerned.

    Of a run, the attempts that are current in it count, as in its pending steps. Of a date, the current attempts
    over all runs count, as `v_currentFailures` shows: what a later run has queued or done again is not failed.
    A deactivated task is left alone, since nothing could start it.
    One INSERT on `ETLProcessingSteps` and, when it wrote, one read of what it wrote.

    Args:
        session: The unit of work.
        call: The call's circumstances.
        scope: The steps that are meant.
        replay: Whether DONE steps count too.
        attempts: Only steps whose current attempt has this number.
        remark: Message of the new attempts.

    Returns:
        The new attempts, in running order; empty when there was nothing to do.
    """
    on = place(session, call, scope)
    if on is not None:
        when = ProcessingStep.processing_date == on
    else:
        run = aliased(ProcessingStep)
        dates_of_run = select(run.processing_date).where(
            run.project_code == scope.process.project_code,
            run.process_load == scope.process.process_load,
            run.execution_id == scope.execution_id,
        )
        when = ProcessingStep.processing_date.in_(dates_of_run)
    within = (*scope.process.matches(ProcessingStep), when)
    if _queue(session, call, on, within, _new_attempts(call, scope, within, replay, attempts, remark)) == 0:
        return []
    others = aliased(ProcessingStep)
    newest = select(func.max(others.attempts)).where(
        others.processing_date == ProcessingStep.processing_date,
        others.project_code == ProcessingStep.project_code,
        others.process_load == ProcessingStep.process_load,
    )
    written = (
        select(ProcessingStep)
        .where(
            *within,
            ProcessingStep.status == Status.RQUE,
            ProcessingStep.last_updated_on == call.now,
            ProcessingStep.attempts == newest.scalar_subquery(),
        )
        .order_by(
            ProcessingStep.processing_date,
            ProcessingStep.workflow_id,
            ProcessingStep.sequence_id,
            ProcessingStep.task_id,
            ProcessingStep.execution_id,
        )
    )
    return list(session.scalars(written))


def _queue(
    session: Session, call: Call, on: date | None, within: Conditions, attempts: Select[*tuple[object, ...]]
) -> int:
    """Insert the new attempts; return how many there are."""
    columns = [getattr(ProcessingStep, name).property.columns[0] for name in (*_CARRIED, *_NEW)]
    if call.capabilities.counts_inserts:
        return affected(session.execute(insert(_steps).from_select(columns, attempts)))
    # A MERGE is counted where an INSERT is not, and it adds no row that is there already.
    source = attempts.subquery("queue")
    given = dict(zip(columns, source.c, strict=True))
    same = and_(*(column == given[column] for column in _steps.primary_key))
    if on is not None:
        same &= _steps.c.ProcessingDate == on  # said twice, so that other dates' files need not be looked at
    own = select(_steps.c.TaskID).where(*within, _steps.c.LastUpdatedOn == call.now)
    return changed(session, call, Merge(_steps, source, same).insert(given), own)


def _new_attempts(
    call: Call, scope: Scope, within: Conditions, replay: bool, attempts: int | None, remark: str
) -> Select[*tuple[object, ...]]:
    """Select the rows to queue: the steps that are meant, and the initiation step of each run that has one."""
    in_date = (ProcessingStep.processing_date, ProcessingStep.project_code, ProcessingStep.process_load)
    in_run = (*identity(), ProcessingStep.execution_id)
    ranks = (
        select(
            ProcessingStep,
            func.row_number().over(partition_by=identity(), order_by=recency()).label("Recency"),
            func.row_number().over(partition_by=in_run, order_by=ProcessingStep.attempts.desc()).label("RunRecency"),
            (func.max(ProcessingStep.attempts).over(partition_by=in_date) + 1).label("NextAttempt"),
        )
        .where(*within)
        .subquery("ranks")
    )
    ranked_step = aliased(ProcessingStep, ranks)
    startable = exists().where(
        Task.project_code == ranked_step.project_code,
        Task.process_load == ranked_step.process_load,
        Task.workflow_id == ranked_step.workflow_id,
        Task.task_id == ranked_step.task_id,
        Task.is_active.is_(True),
    )
    wanted = (Status.FAIL, Status.DONE) if replay else (Status.FAIL,)
    current = ranks.c.Recency if scope.execution_id is None else ranks.c.RunRecency
    conditions = [current == 1, ranked_step.status.in_(wanted), startable, *scope.narrow(ranked_step)]
    if scope.execution_id is not None:
        conditions.append(ranked_step.execution_id == scope.execution_id)
    if attempts is not None:
        conditions.append(ranked_step.attempts == attempts)
    meant = select(ranks, case((and_(*conditions), 1), else_=0).label("IsMeant")).subquery("meant")
    meant_step = aliased(ProcessingStep, meant)
    concerned = func.max(meant.c.IsMeant).over(partition_by=(meant_step.processing_date, meant_step.execution_id))
    runs = select(meant, concerned.label("RunIsMeant")).subquery("runs")
    step = aliased(ProcessingStep, runs)
    return select(
        *(getattr(step, name) for name in _CARRIED),
        runs.c.NextAttempt,
        literal(Status.RQUE.value),
        literal(remark),
        literal(LogType.INFO.value),
        literal(call.now, ProcessingStep.last_updated_on.type),
        literal(call.actor) if isinstance(call.actor, str) else call.actor,
    ).where(
        or_(
            runs.c.IsMeant == 1,
            and_(is_initiation(step), runs.c.RunRecency == 1, runs.c.RunIsMeant == 1),
        )
    )


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
)
"""What a new attempt takes over from the one before it."""

_NEW: Final = ("attempts", "status", "log_message", "log_type", "last_updated_on", "last_updated_by")
"""What each new attempt gets of its own."""
