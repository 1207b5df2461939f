"""LOCK TABLE, as far as it lets transactions of one kind wait for each other."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Executable, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.sql.visitors import InternalTraversal


class LockTable(Executable, ClauseElement):
    """Wait for each transaction that locked the table in the same way; those that only read or write it go on.

    Args:
        table: The table.
    """

    inherit_cache = True
    _traverse_internals = [("table", InternalTraversal.dp_clauseelement)]  # noqa: RUF012

    def __init__(self, table: Table) -> None:
        self.table = table


@compiles(LockTable, "postgresql")
def _lock_table(element: LockTable, compiler: SQLCompiler, **kw: Any) -> str:
    return "LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE" % compiler.process(element.table, asfrom=True, **kw)  # noqa: UP031
