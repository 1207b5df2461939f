"""The sequences behind autoincrementing columns: DuckDB has no identity columns."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, cast

from sqlalchemy import Column, Sequence, Table, select
from sqlalchemy.engine import Connection, Row
from sqlalchemy.engine.interfaces import ReflectedIdentity
from sqlalchemy.sql.selectable import FromClause

from etl_monitor_orm.dialects.duckdb.catalogue import SEQUENCES
from etl_monitor_orm.dialects.duckdb.names import split_schema

_NEXT_VALUE = re.compile(r"nextval\('((?:[^']|'')*)'\)")


def identity_sequence(column: Column[Any]) -> Sequence | None:
    """The sequence that numbers a column: one with `Identity()`, or an autoincrementing primary key.

    It lives in the table's schema, is created before the table and dropped after it.

    Returns:
        None for a column that does not number itself, or has its own sequence or default.
    """
    table: FromClause = column.table
    if not isinstance(table, Table):
        return None
    name = _sequence_name(table.name, column.name)
    if (identity := column.identity) is not None:
        return Sequence(
            name,
            start=identity.start,
            increment=identity.increment,
            minvalue=identity.minvalue,
            maxvalue=identity.maxvalue,
            nominvalue=identity.nominvalue,
            nomaxvalue=identity.nomaxvalue,
            cycle=identity.cycle,
            schema=table.schema,
        )
    if column is not table.autoincrement_column or column.server_default is not None:
        return None
    if column.default is None or (isinstance(column.default, Sequence) and column.default.optional):
        return Sequence(name, schema=table.schema)
    return None


def is_temporary(table: Table) -> bool:
    """Whether the table is declared with the prefix TEMPORARY."""
    return any(str(prefix).upper() in ("TEMP", "TEMPORARY") for prefix in table._prefixes)


class ReflectedSequences:
    """Distinguishes the columns that number themselves from those with a user's sequence."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def identity_of(self, column: Row[Any]) -> ReflectedIdentity | None:
        """The identity of a column of `duckdb_columns()`, read from the sequence behind its default."""
        default = _NEXT_VALUE.fullmatch(column.column_default or "")
        if default is None:
            return None
        _, name = split_schema(default[1].replace("''", "'"))
        if name != _sequence_name(column.table_name, column.column_name):
            return None
        return self._identities.get((column.database_name, column.schema_name, name))

    @cached_property
    def _identities(self) -> dict[tuple[str, str, str], ReflectedIdentity]:
        return {
            (row.database_name, row.schema_name, row.sequence_name): cast(
                # Identity() does not accept the other keys.
                ReflectedIdentity,
                {
                    "always": False,
                    "start": row.start_value,
                    "increment": row.increment_by,
                    "minvalue": row.min_value,
                    "maxvalue": row.max_value,
                    "cycle": row.cycle,
                    "cache": 1,
                },
            )
            for row in self._connection.execute(select(SEQUENCES))
        }


def _sequence_name(table_name: str, column_name: str) -> str:
    return f"{table_name}_{column_name}_seq"
