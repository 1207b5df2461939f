"""Register a row: insert when new, change what describes it when it differs, else write nothing. One statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, literal, or_, select
from sqlalchemy.orm import Session

from etl_monitor_orm.models import Base
from etl_monitor_orm.services.call import Call, affected
from etl_monitor_orm.sql.merge import Merge


def upsert(
    session: Session,
    call: Call,
    kind: type[Base],
    *,
    key: Mapping[str, object],
    describing: Mapping[str, object],
    initial: Mapping[str, object],
    fixed: Mapping[str, object] | None = None,
    guard: tuple[ColumnElement[bool], ...] = (),
) -> bool:
    """Insert or update one row of a catalogue table.

    Args:
        session: The unit of work.
        call: The call's circumstances.
        kind: The mapped class.
        key: Column names and values that identify the row.
        describing: Column names and values that follow each registration.
        initial: Column names and values that only the first registration sets.
        fixed: As `initial`, but a row that differs in one of these is left alone.
        guard: Conditions on other tables without which nothing is written.

    Returns:
        Whether a row was written.
    """
    table = cast(Table, kind.__table__)
    fixed = fixed or {}
    everything = {**key, **describing, **initial, **fixed}
    source = (
        select(*(literal(value, table.c[name].type).label(name) for name, value in everything.items()))
        .where(*guard)
        .subquery("source")
    )
    merge = (
        Merge(table, source, and_(*(table.c[name] == source.c[name] for name in key)))
        .update(
            {
                **{table.c[name]: source.c[name] for name in describing},
                table.c.LastUpdatedOn: call.now,
                table.c.LastUpdatedBy: call.actor,
            },
            where=and_(
                or_(*(table.c[name].is_distinct_from(source.c[name]) for name in describing)),
                *(table.c[name] == source.c[name] for name in fixed),
            ),
        )
        .insert(
            {
                **{table.c[name]: source.c[name] for name in everything},
                table.c.CreatedOn: call.now,
                table.c.CreatedBy: call.actor,
                table.c.LastUpdatedOn: call.now,
                table.c.LastUpdatedBy: call.actor,
            }
        )
    )
    return affected(session.execute(merge)) > 0
