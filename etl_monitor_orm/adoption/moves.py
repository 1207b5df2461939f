"""Which natural keys an adoption changes: an explicit map, read before anything is changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Table, select

from etl_monitor_orm.adoption.receipts import Moved
from etl_monitor_orm.adoption.report import StepNumber
from etl_monitor_orm.adoption.rows import KEY, numbered, queued_in_place
from etl_monitor_orm.migrations.recognising import Kind


def numbered_moves(connection: Connection, steps: Table, kind: Kind) -> dict[StepNumber, tuple[StepNumber, ...]]:
    """Return the keys that get another number because the runs of a date are numbered."""
    if kind is not Kind.A:
        return {}
    attempts = numbered(steps).subquery("numbered")
    query = select(*(attempts.c[name] for name in KEY), attempts.c.OldAttempts).where(
        attempts.c.Attempts != attempts.c.OldAttempts
    )
    return {_key(row)._replace(attempts=row.OldAttempts): (_key(row),) for row in connection.execute(query)}


def split_moves(connection: Connection, steps: Table, kind: Kind) -> dict[StepNumber, tuple[StepNumber, ...]]:
    """Return the keys that become two, by the numbers that they have once the runs are numbered."""
    attempts = numbered(steps).subquery("numbered") if kind is Kind.A else steps
    queued = queued_in_place(attempts).subquery("queued")
    query = select(*(queued.c[name] for name in KEY), queued.c.NextAttempts)
    return {_key(row): (_key(row), _key(row)._replace(attempts=row.NextAttempts)) for row in connection.execute(query)}


def of_dates(moved: Moved, dates: set[Any]) -> Moved:
    """Return the part of a map that is about some dates."""
    return {old: became for old, became in moved.items() if old.processing_date in dates}


def _key(row: Row[Any]) -> StepNumber:
    return StepNumber(*(row._mapping[name] for name in KEY))
