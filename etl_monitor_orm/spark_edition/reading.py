"""What the reports read: the attempts of a process on a date, and what they come to."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Parameter, ProcessingStep
from etl_monitor_orm.models.attempts import current_attempts
from etl_monitor_orm.models.selecting import of_process
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.dates import date_to_read
from etl_monitor_orm.services.scopes import Scope
from etl_monitor_orm.spark_edition.frames import as_there
from etl_monitor_orm.spark_edition.rows import Setting, Step, Summary
from etl_monitor_orm.vocabulary import INITIATION_ID

NOT_ENDED = "No step has ended yet; the run may be at work."


def steps(session: Session, context: Context, scope: Scope, attempts: int | None) -> list[ProcessingStep]:
    """Return attempts of a scope, the highest first, then in running order (`ETLProcessingSteps`).

    Args:
        session: The unit of work.
        context: The call's circumstances.
        scope: The steps.
        attempts: Those with this number; None means those that are current in the scope's run, else all of the date.
    """
    on = date_to_read(session, context, scope.process, given=scope.processing_date, execution_id=scope.execution_id)
    within = [*of_process(scope.process, ProcessingStep), ProcessingStep.processing_date == on]
    if scope.execution_id is not None:
        within.append(ProcessingStep.execution_id == scope.execution_id)
    if attempts is not None:
        within.append(ProcessingStep.attempts == attempts)
    found = ProcessingStep
    conditions = within
    if scope.execution_id is not None and attempts is None:
        found, current = current_attempts(*within)
        conditions = [current]
    order = (found.workflow_id, found.sequence_id, found.task_id, found.execution_id)
    query = select(found).where(*conditions, *scope.only.conditions(found))
    return list(session.scalars(query.order_by(found.attempts.desc(), *order)))


def status(session: Session, context: Context, scope: Scope, attempts: int | None) -> list[Step]:
    """Return the rows of `get_status()`; arguments as for `steps`."""
    return [Step.of(step) for step in steps(session, context, scope, attempts)]


def summary(session: Session, context: Context, scope: Scope) -> list[Summary]:
    """Return one row for each number of an attempt on the scope's date, the latest first."""
    groups: dict[tuple[date, int], list[ProcessingStep]] = defaultdict(list)
    for step in steps(session, context, scope, None):
        groups[step.processing_date, step.attempts].append(step)
    return [_summed(context, scope.process, group) for _, group in sorted(groups.items(), reverse=True)]


def _summed(context: Context, process: ProcessKey, group: list[ProcessingStep]) -> Summary:
    starts = [step.start_time for step in group if step.start_time is not None]
    ends = [step.end_time for step in group if step.end_time is not None]
    start, end = min(starts, default=None), max(ends, default=None)
    last = context.now if len(ends) < len(group) else end
    initiation = [step for step in group if (step.workflow_id, step.sequence_id) == (INITIATION_ID, INITIATION_ID)]
    values = (
        process.project_code,
        process.process_load,
        group[0].processing_date,
        group[0].attempts,
        start,
        end,
        None if start is None or last is None else max(0, (last - start) // timedelta(seconds=1)),
        initiation[0].status if initiation else None,
        NOT_ENDED if end is None else None,
    )
    return Summary(*map(as_there, values))  # type: ignore[arg-type]  # each of them is what its column holds


def settings(session: Session, context: Context, process: ProcessKey) -> list[Setting]:
    """Return a process's parameters, by type and name (`ETLconfigParameters`)."""
    query = select(Parameter).where(*of_process(process, Parameter))
    return [
        Setting.of(found)
        for found in session.scalars(query.order_by(Parameter.parameter_type, Parameter.parameter_name))
    ]
