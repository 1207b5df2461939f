"""CREATE TABLE as Delta takes it: how its files are laid out, its properties, numbered rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from databricks.sqlalchemy._ddl import DatabricksDDLCompiler
from sqlalchemy import Column, Table
from sqlalchemy.schema import CreateTable, SchemaItem
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.types import String

TABLE_OPTIONS: Final[list[tuple[type[SchemaItem] | type[ClauseElement], Mapping[str, Any]]]] = [
    (Table, {"partition_by": (), "cluster_by": (), "tblproperties": None, "if_not_exists": False})
]
"""What a table may say for Databricks: `Table(…, databricks_partition_by=["ProcessingDate"])`.

`partition_by` and `cluster_by` are names of columns, `tblproperties` is a mapping; with `if_not_exists`, a table that
is there already is left as it is.
"""

_PROPERTIES: Final = {"delta.feature.allowColumnDefaults": "enabled"}
"""What databricks-sqlalchemy gives every table."""


class WarehouseDDLCompiler(DatabricksDDLCompiler):
    """Renders DDL."""

    def visit_create_table(self, create: CreateTable, **kw: Any) -> str:
        """CREATE TABLE."""
        create.if_not_exists = create.if_not_exists or create.element.dialect_options["databricks"]["if_not_exists"]
        return str(super().visit_create_table(create, **kw))  # type: ignore[no-untyped-call]

    def get_column_specification(self, column: Column[Any], **kw: Any) -> str:
        """A column of CREATE TABLE."""
        parts = [
            self.preparer.format_column(column),
            self.dialect.type_compiler_instance.process(
                column.type, type_expression=column, identifier_preparer=self.preparer
            ),
        ]
        if not column.nullable:
            parts.append("NOT NULL")
        if column.identity is not None:
            parts.append(self.process(column.identity))
        elif column.computed is not None:
            parts.append(self.process(column.computed))
        elif (default := self.get_column_default_string(column)) is not None:
            parts += ["DEFAULT", default]
        if column.comment is not None:
            parts += ["COMMENT", self._text(column.comment)]
        return " ".join(parts)

    def post_create_table(self, table: Table) -> str:
        """What follows the columns."""
        options = table.dialect_options["databricks"]
        parts = [" USING DELTA"]
        if options["partition_by"]:
            parts.append(self._columns("PARTITIONED BY", options["partition_by"]))
        if options["cluster_by"]:
            parts.append(self._columns("CLUSTER BY", options["cluster_by"]))
        if table.comment:
            parts.append(" ".join(["COMMENT", self._text(table.comment)]))
        properties = {**_PROPERTIES, **(options["tblproperties"] or {})}
        pairs = [" = ".join([self._text(name), self._text(value)]) for name, value in properties.items()]
        parts.append("".join(["TBLPROPERTIES (", ", ".join(pairs), ")"]))
        return "\n".join(parts)

    def _columns(self, words: str, names: Iterable[str]) -> str:
        return "".join([words, " (", ", ".join(self.preparer.quote(name) for name in names), ")"])

    def _text(self, text: str) -> str:
        return self.sql_compiler.render_literal_value(text, String())
