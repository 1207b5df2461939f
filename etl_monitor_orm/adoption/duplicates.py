"""Rows with one natural key: the Spark edition declares no keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Executable, Select, Table, and_, func, literal, select

from etl_monitor_orm.adoption.rows import two_rows
from etl_monitor_orm.sql.merge import Merge


def key_of(table: Table) -> list[str]:
    """Return the names of a table's natural key."""
    return [column.name for column in table.primary_key]


def keys_twice(table: Table) -> Select[Any]:
    """Select each key that several rows have, and how many rows are too many."""
    key = [table.c[name] for name in key_of(table)]
    return select(*key, (func.count() - 1).label("TooMany")).group_by(*key).having(func.count() > 1).order_by(*key)


def keep_latest(table: Table) -> Executable:
    """Return one statement that replaces all rows of such a key by the one that was updated last.

    A row for each key deletes what it matches; a second one matches nothing and is inserted.
    """
    key = [table.c[name] for name in key_of(table)]
    place = func.row_number().over(partition_by=key, order_by=table.c.LastUpdatedOn.desc().nulls_last())
    ranked = select(*table.c, place.label("Place"), func.count().over(partition_by=key).label("Times")).subquery(
        "ranked"
    )
    kept = two_rows().subquery("halves")
    source = (
        select(*(ranked.c[column.name] for column in table.c), kept.c.Half)
        .join_from(ranked, kept, literal(1) == 1)
        .where(ranked.c.Place == 1, ranked.c.Times > 1)
        .subquery("source")
    )
    same = and_(source.c.Half == 0, *(column == source.c[column.name] for column in key))
    return Merge(table, source, same).delete().insert({column: source.c[column.name] for column in table.c})
