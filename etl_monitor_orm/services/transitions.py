"""The only way in which a step changes its state: one guarded statement on `ETLProcessingSteps`.

Where the attempt is known and no other row is asked, it is an UPDATE, which costs half. Otherwise it is a MERGE, whose
source finds the attempt. The guard limits what may change: if two workers try, one statement changes a row and the
other changes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from sqlalchemy import Column, ColumnElement, Select, Table, Update, and_, select, update
from sqlalchemy.orm import Session

from etl_monitor_orm.keys import StepKey
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.models.attempts import number_in_run
from etl_monitor_orm.models.selecting import of_step
from etl_monitor_orm.services.context import Context, Mark, changed
from etl_monitor_orm.services.seen import SeenStep
from etl_monitor_orm.sql.merge import Merge

STEPS: Final = cast(Table, ProcessingStep.__table__)

Values = Mapping[Column[Any], object]


@dataclass(frozen=True)
class Changed:
    """The attempt that a transition changed.

    Attributes:
        attempts: Its number; None if the database does not return it.
        seen: What it copied from its task; None if nobody has read that yet.
    """

    attempts: int | None
    seen: SeenStep | None


def make(
    session: Session,
    context: Context,
    step: StepKey,
    values: Values,
    guard: ColumnElement[bool],
    *conditions: ColumnElement[bool],
    again: bool = False,
) -> Changed | None:
    """Change the step's current attempt in its run, or the named one, if it satisfies the guard.

    Each transition asks for the row back where the database can return it. DuckDB then rewrites the row; if only some
    transitions did so, it would overlook conflicts between them.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        step: The step.
        values: What to write.
        guard: The condition on the attempt.
        conditions: Further conditions, on other rows.
        again: Whether the guard allows the same change a second time.

    Returns:
        The attempt; None when nothing was changed.
    """
    changes = {**values, STEPS.c.LastUpdatedOn: context.now, STEPS.c.LastUpdatedBy: context.actor}
    statement: Merge | Update
    if step.attempts is None or conditions:
        statement = _merge(step, changes, guard, *conditions)
    else:
        statement = _update(step, changes, guard)
    mark = None if again else _mark(step, values)
    if not context.capabilities.returning:
        rows = changed(session, context, statement, _own(context, step, values, guard, again), mark)
        return Changed(None, context.seen.of(step)) if rows else None
    told = statement.returning(STEPS.c.Attempts, STEPS.c.SourceSystemCode, STEPS.c.TaskMandatory)
    # On the connection: no mapped objects are concerned, and the session itself would look for some.
    row = session.connection().execute(told).one_or_none()
    return None if row is None else Changed(row[0], SeenStep(row[1], row[2]))


def _update(step: StepKey, changes: Values, guard: ColumnElement[bool]) -> Update:
    named = update(STEPS).where(*of_step(step), guard).values(dict(changes))
    return named.execution_options(synchronize_session=False)


def _merge(step: StepKey, changes: Values, guard: ColumnElement[bool], *conditions: ColumnElement[bool]) -> Merge:
    source = number_in_run(step, *conditions).subquery("attempt")
    run = step.run
    target = and_(
        STEPS.c.ProcessingDate == run.processing_date,
        STEPS.c.ProjectCode == run.process.project_code,
        STEPS.c.ProcessLoad == run.process.process_load,
        STEPS.c.ExecutionID == run.execution_id,
        STEPS.c.WorkFlowID == step.workflow_id,
        STEPS.c.TaskID == step.task_id,
        STEPS.c.Attempts == source.c.Attempts,
    )
    return Merge(STEPS, source, target).update(changes, where=guard)


def _mark(step: StepKey, values: Values) -> Mark:
    """Distinguish a transition from others at the same time."""
    about = replace(step, sequence_id=None, attempts=None)
    return about, tuple((column.name, value) for column, value in _plain(values).items())


def _plain(values: Values) -> dict[Column[Any], object]:
    return {column: value for column, value in values.items() if not isinstance(value, ColumnElement)}


def _own(
    context: Context, step: StepKey, values: Values, guard: ColumnElement[bool], again: bool
) -> Select[*tuple[object, ...]]:
    """Find the attempt that this call changed: it has the call's time and values."""
    written = [column.is_not_distinct_from(value) for column, value in _plain(values).items()]
    if again:
        written.append(guard)
    return select(STEPS.c.Attempts).where(*of_step(step), STEPS.c.LastUpdatedOn == context.now, *written)
