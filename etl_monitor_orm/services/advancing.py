"""The automatic advance: a DELTA_DATE moves when the last step that shares it is DONE, to where the sources were read.

Who set the present value is stored (`SetOn`, `AutomaticValue`), so no history is read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, Subquery, and_, case, func, literal, not_, or_, select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm.keys import StepKey
from etl_monitor_orm.models import Parameter, ProcessingStep, Task
from etl_monitor_orm.models.attempts import is_waiting, own_attempts_first
from etl_monitor_orm.models.selecting import historic_mode, same_task
from etl_monitor_orm.services.context import Actor, Context
from etl_monitor_orm.services.prepared import NOW, blank, blank_actor, built_once, circumstances, filled, place
from etl_monitor_orm.services.seen import watermark_name
from etl_monitor_orm.services.watermarks import PARAMETERS
from etl_monitor_orm.sql.functions import seconds_before
from etl_monitor_orm.sql.merge import Merge
from etl_monitor_orm.vocabulary import AdvanceMode, ParameterType, Status

_FIRST_START_WITH_A_LAG: Final = datetime(100, 1, 1, tzinfo=UTC)
"""The longest lag is 68 years: less than that after year 1, the watermark would leave the calendar."""

_NAME: Final = place("this_name", PARAMETERS.c.ParameterName.type)


def advance_on_done(
    session: Session, context: Context, step: StepKey, name: str | None, *, again: bool = False
) -> None:
    """Move a DELTA_DATE after `step` is DONE, in one MERGE.

    The value is the earliest start among the steps that share the watermark, once all of them are DONE, less the
    parameter's lag. It does not move in MANUAL or historic mode, backwards, past the call's own time, or over a value
    that was set explicitly at that start or later.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        step: The step.
        name: The parameter; None if it has yet to be read, with the statement itself.
        again: The step was DONE before. Whoever ended it may have staged an earlier value that was not written, so a
            watermark whose present value was set explicitly stays where it is: too old at worst, never too new.
    """
    named = {} if name is None else {_NAME.key: name}
    session.execute(
        _advance(blank(step), blank_actor(context), named=name is not None, again=again),
        {**filled(step), **circumstances(context), **named},
    )


@built_once
def _advance(step: StepKey, actor: Actor, *, named: bool, again: bool) -> Merge:
    candidate = _group(step, _NAME if named else watermark_name(step).scalar_subquery())
    target = PARAMETERS.c
    on = (
        (target.ProjectCode == step.run.process.project_code)
        & (target.ProcessLoad == step.run.process.process_load)
        & (target.ParameterName == candidate.c.Name)
    )
    lag = func.greatest(func.coalesce(target.LagSeconds, 0), 0)
    value = seconds_before(candidate.c.Earliest, lag)
    return Merge(PARAMETERS, candidate, on).update(
        {
            target.ValueDateTime: value,
            target.AutomaticValue: value,
            target.LastUpdatedOn: NOW,
            target.LastUpdatedBy: actor,
        },
        where=and_(
            target.ParameterType == ParameterType.DELTA_DATE,
            or_(target.AdvanceMode.is_(None), target.AdvanceMode != AdvanceMode.MANUAL),
            or_(lag == 0, candidate.c.Earliest >= literal(_FIRST_START_WITH_A_LAG, target.ValueDateTime.type)),
            value <= NOW,
            or_(target.ValueDateTime.is_(None), target.ValueDateTime < value),
            _not_set_since(candidate.c.Earliest),
            *([target.ValueDateTime.is_not_distinct_from(target.AutomaticValue)] if again else []),
        ),
    )


def _not_set_since(start: ColumnElement[datetime | None]) -> ColumnElement[bool]:
    """Nobody has set the value explicitly at `start` or later.

    SetOn is when one of our calls did. A value that is not the last automatic one was set by some other tool, or by
    one of our calls, and LastUpdatedOn is the latest time at which that can have been noted.
    """
    target = PARAMETERS.c
    return and_(
        or_(target.SetOn.is_(None), target.SetOn < start),
        or_(
            target.ValueDateTime.is_not_distinct_from(target.AutomaticValue),
            target.LastUpdatedOn.is_(None),
            target.LastUpdatedOn < start,
        ),
    )


def _group(step: StepKey, name: ColumnElement[str | None]) -> Subquery:
    """The earliest start of the steps that share the watermark; no row while one of them is not DONE.

    The run's own steps count by their current attempt in it. A resumed run lacks the steps that an earlier run
    finished. Those read their source too, so they count by their current attempt on the date: DONE, with the start
    they had then; queued again, running or failed, they hold the watermark, because they have yet to read what lies
    between. Settled steps hold nothing. A step without a start time does not say how far it read, so the watermark
    waits.
    """
    member, counts = own_attempts_first(
        step.run,
        ProcessingStep.execution_id,
        ProcessingStep.status,
        ProcessingStep.start_time,
        ProcessingStep.end_time,
        ProcessingStep.source_system_code,
    )
    task = aliased(Task)
    historic = aliased(Parameter, name="historic")  # joined: Delta cannot find the target in a subquery beside a join
    unfinished = case((member.status == Status.DONE, 0), else_=1)
    settled = and_(
        func.coalesce(task.is_active, False).is_(False),
        or_(
            is_waiting(member),
            and_(member.status == Status.FAIL, member.execution_id != step.run.execution_id),
        ),
    )
    return (
        select(func.max(member.source_system_code).label("Name"), func.min(member.start_time).label("Earliest"))
        .outerjoin(task, same_task(member, step.run.process, task))
        .outerjoin(historic, and_(*historic_mode(step.run.process, historic)))
        .where(counts, member.source_system_code == name, not_(settled), historic.parameter_name.is_(None))
        .having(func.sum(unfinished) == 0, func.count(member.start_time) == func.count(member.task_id))
        .subquery("candidate")
    )
