"""Rows with one natural key: the Spark edition declares no keys."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Executable, Integer, Select, Table, and_, cast, func, literal, select, union_all

from etl_monitor_orm.sql.merge import Merge


def key_of(table: Table) -> list[str]:
    """Return the names of a table's natural key."""
    return [column.name for column in table.primary_key]


def keys_twice(table: Table) -> Select[Any]:
    """Select each key that several rows have, and how many rows are too many."""
    key = [table.c[name] for name in key_of(table)]
    return select(*key, (func.count() - 1).label("TooMany")).group_by(*key).having(func.count() > 1).order_by(*key)


def keep_latest(table: Table, columns: Collection[str]) -> Executable:
    """Return one statement that replaces all rows of such a key by the one that was updated last.

    A row for each key deletes what it matches; a second one matches nothing and is inserted.

    Args:
        table: The table.
        columns: The columns that the table has so far.
    """
    there = [column for column in table.c if column.name.lower() in columns]
    key = [table.c[name] for name in key_of(table)]
    place = func.row_number().over(partition_by=key, order_by=table.c.LastUpdatedOn.desc().nulls_last())
    ranked = select(*there, place.label("Place"), func.count().over(partition_by=key).label("Times")).subquery("ranked")
    kept = union_all(select(cast(literal(0), Integer).label("IsKept")), select(cast(literal(1), Integer))).subquery(
        "both"
    )
    source = (
        select(*(ranked.c[column.name] for column in there), kept.c.IsKept)
        .join_from(ranked, kept, literal(1) == 1)
        .where(ranked.c.Place == 1, ranked.c.Times > 1)
        .subquery("source")
    )
    same = and_(source.c.IsKept == 0, *(column == source.c[column.name] for column in key))
    return Merge(table, source, same).delete().insert({column: source.c[column.name] for column in there})
