"""The sequences that stand behind autoincrementing columns, as DuckDB has no identity columns."""

from __future__ import annotations

from sqlalchemy import Column, Sequence, Table


def identity_sequence(column: Column[object]) -> Sequence | None:
    """The sequence that numbers a column: one with ``Identity()``, or an autoincrementing primary key.

    It is called ``<table>_<column>_seq``, lives in the table's schema, is created before the table and dropped
    after it.

    Returns:
        None for a column that numbers itself in no way, or by a sequence or default of its own.
    """
    table = column.table
    if not isinstance(table, Table):
        return None
    name = f"{table.name}_{column.name}_seq"
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
