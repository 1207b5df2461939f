"""Alembic's implementation for Databricks. Importing this module registers it, instead of databricks-sqlalchemy's.

Nothing is rolled back, and a reply can be lost. So alembic's own statements can be executed twice too: they leave an
existing version table alone, and write its row once. Where the revisions are numbered (`numbered_revisions=True` for
`context.configure`), a whole script can be: an earlier revision is not recorded beside a later one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from alembic.ddl.base import ColumnComment, alter_table, format_column_name
from alembic.ddl.impl import DefaultImpl
from sqlalchemy import CursorResult, Executable, Insert, Table, select, types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler

from etl_monitor_orm.dialects.databricks.dialect import was_sent_again

_BETWEEN_ROWS: Final = re.compile(r"(?<=\)), (?=\()|(?<=\(VALUES) ")
_LITERAL: Final = re.compile(r"('(?:[^'\\]|\\.)*')")


class WarehouseImpl(DefaultImpl):
    """Alembic's operations on Databricks."""

    __dialect__ = "databricks+monitor"
    transactional_ddl = False

    _versions: Table

    def version_table_impl(self, **kw: Any) -> Table:
        """The table that records the revision."""
        self._versions = super().version_table_impl(**kw)
        self._versions.dialect_options["databricks"]["if_not_exists"] = True
        return self._versions

    def static_output(self, text: str) -> None:
        """Write a part of a script for people to read: one inserted row a line, no spaces at the end of a line."""
        if text.startswith("INSERT"):
            text = "".join(part if part.startswith("'") else _in_lines(part) for part in _LITERAL.split(text))
        super().static_output("\n".join(line.rstrip() for line in text.split("\n")))

    def _exec(
        self,
        construct: Executable | str,
        execution_options: Mapping[str, Any] | None = None,
        multiparams: Sequence[Mapping[str, Any]] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> CursorResult[Any] | None:
        if isinstance(construct, Insert) and construct.table is self._versions:
            construct = self._noted_once(construct)
        result = super()._exec(construct, execution_options, multiparams, params or {})
        # Alembic checks how many rows it changed. A resent statement may find its work done.
        return None if result is not None and was_sent_again(result) else result

    def _noted_once(self, note: Insert) -> Insert:
        assert note._values is not None  # SQLAlchemy has no public name for the values of an INSERT
        (number,) = note._values.values()
        there = self._versions.c.version_num
        so_far = there >= number if self.context_opts.get("numbered_revisions") else there == number
        noted = select(there).where(so_far)
        return self._versions.insert().from_select(["version_num"], select(number).where(~noted.exists()))

    def _compare_identity_default(
        self, metadata_identity: object, inspector_identity: object
    ) -> tuple[set[str], set[str], bool]:
        # Reflection cannot tell which column is an identity column.
        return set(), set(), False


def _in_lines(part: str) -> str:
    rows = _BETWEEN_ROWS.sub(lambda gap: f"{gap[0].rstrip()}\n    ", part)
    return rows.replace(" SELECT ", "\nSELECT ")


@compiles(ColumnComment, "databricks+monitor")
def _comment_on_column(element: ColumnComment, compiler: DDLCompiler, **kw: object) -> str:
    table = alter_table(compiler, element.table_name, element.schema)
    column = format_column_name(compiler, element.column_name)
    comment = compiler.sql_compiler.render_literal_value(element.comment or "", types.String())
    return f"{table} ALTER COLUMN {column} COMMENT {comment}"
