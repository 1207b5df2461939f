"""What alembic must know of Databricks. Importing this module registers it, in the place of databricks-sqlalchemy's.

Nothing is rolled back, and a reply may be lost. So what alembic itself executes, beside the migrations, can be executed
twice too: its version table is left alone when it is there, and the row in it is written once.
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

from etl_monitor_orm.backends.databricks.dialect import was_sent_again

_BETWEEN_ROWS: Final = re.compile(r"(?<=\)), (?=\()|(?<=\(VALUES) ")
_LITERAL: Final = re.compile(r"('(?:[^'\\]|\\.)*')")


class WarehouseImpl(DefaultImpl):
    """Alembic's operations on Databricks."""

    __dialect__ = "databricks"
    transactional_ddl = False

    _versions: Table

    def version_table_impl(self, **kw: Any) -> Table:
        """The table that notes the revision."""
        self._versions = super().version_table_impl(**kw)
        self._versions.dialect_options["databricks"]["if_not_exists"] = True
        return self._versions

    def static_output(self, text: str) -> None:
        """Write a part of a script, for people to read: each row that is inserted on a line, none ends with spaces."""
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
        # Alembic counts the rows that it changed. A statement that was sent again finds its work done.
        return None if result is not None and was_sent_again(result) else result

    def _noted_once(self, note: Insert) -> Insert:
        assert note._values is not None  # SQLAlchemy has no public name for what an INSERT was given
        (number,) = note._values.values()
        noted = select(self._versions.c.version_num).where(self._versions.c.version_num == number)
        return self._versions.insert().from_select(["version_num"], select(number).where(~noted.exists()))

    def _compare_identity_default(
        self, metadata_identity: object, inspector_identity: object
    ) -> tuple[set[str], set[str], bool]:
        # Reflection cannot tell which column is an identity column.
        return set(), set(), False


def _in_lines(part: str) -> str:
    rows = _BETWEEN_ROWS.sub(lambda gap: f"{gap[0].rstrip()}\n    ", part)
    return rows.replace(" SELECT ", "\nSELECT ")


@compiles(ColumnComment, "databricks")
def _comment_on_column(element: ColumnComment, compiler: DDLCompiler, **kw: object) -> str:
    table = alter_table(compiler, element.table_name, element.schema)
    column = format_column_name(compiler, element.column_name)
    comment = compiler.sql_compiler.render_literal_value(element.comment or "", types.String())
    return f"{table} ALTER COLUMN {column} COMMENT {comment}"
