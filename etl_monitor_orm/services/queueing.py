"""Queue attempts: the rows of a query, as new rows of `ETLProcessingSteps`. One statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, Table, and_, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.services.call import Call, affected, changed
from etl_monitor_orm.sql.merge import Merge

_steps = cast(Table, ProcessingStep.__table__)


def queue(
    session: Session,
    call: Call,
    attributes: Sequence[InstrumentedAttribute[Any]],
    attempts: Select[*tuple[object, ...]],
    within: Sequence[ColumnElement[bool]],
) -> int:
    """Insert the rows of a query; return how many.

    Args:
        session: The unit of work.
        call: The call's circumstances.
        attributes: What the query's columns are, in their order.
        attempts: The rows; it gives none when they were queued already.
        within: Where the new rows lie, to find them again after a lost reply.
    """
    columns = [attribute.property.columns[0] for attribute in attributes]
    if call.capabilities.counts_inserts:
        return affected(session.execute(insert(_steps).from_select(columns, attempts)))
    # A MERGE is counted where an INSERT is not, and it adds no row that is there already.
    source = attempts.subquery("queue")
    given = dict(zip(columns, source.c, strict=True))
    same = and_(*(column == given[column] for column in _steps.primary_key))
    own = select(_steps.c.TaskID).where(*within, _steps.c.LastUpdatedOn == call.now)
    return changed(session, call, Merge(_steps, source, same).insert(given), own)
