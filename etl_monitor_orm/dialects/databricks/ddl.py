"""CREATE TABLE for Delta: the layout of its files, its properties, numbered rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from databricks.sqlalchemy._ddl import DatabricksDDLCompiler
from sqlalchemy import Column, Table
from sqlalchemy.exc import ArgumentError
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import String

_KNOWN: Final = ("partition_by", "cluster_by", "tblproperties", "if_not_exists")

NAMESPACE: Final = "databricks"
"""The stock dialect's name. A table's options for Delta begin with it: `Table(…, databricks_partition_by=[…])`.

`databricks_partition_by` and `databricks_cluster_by` are names of columns, `databricks_tblproperties` is a mapping;
with `databricks_if_not_exists`, an existing table stays as it is.
"""

_PROPERTIES: Final = {"delta.feature.allowColumnDefaults": "enabled"}
"""What databricks-sqlalchemy gives every table.

It raises the table's writer version, and only a table with a default needs it. It stays: released migrations were run
with it, and a table that has the feature once keeps it.
"""


class WarehouseDDLCompiler(DatabricksDDLCompiler):
    """Renders DDL."""

    def visit_create_table(self, create: CreateTable, **kw: Any) -> str:
        """CREATE TABLE.

        Raises:
            ArgumentError: The table has an unknown option for Delta.
        """
        self._refuse_unknown(create.element)
        options = create.element.dialect_options[NAMESPACE]
        create.if_not_exists = create.if_not_exists or bool(options.get("if_not_exists"))
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
        options = table.dialect_options[NAMESPACE]
        parts = [" USING DELTA"]
        if options.get("partition_by"):
            parts.append(self._columns("PARTITIONED BY", options["partition_by"]))
        if options.get("cluster_by"):
            parts.append(self._columns("CLUSTER BY", options["cluster_by"]))
        if table.comment:
            parts.append(" ".join(["COMMENT", self._text(table.comment)]))
        properties = {**_PROPERTIES, **(options.get("tblproperties") or {})}
        pairs = [" = ".join([self._text(name), self._text(value)]) for name, value in properties.items()]
        parts.append("".join(["TBLPROPERTIES (", ", ".join(pairs), ")"]))
        return "\n".join(parts)

    def _refuse_unknown(self, table: Table) -> None:
        # SQLAlchemy itself refuses none: the stock dialect, whose name the options have, declares no list of its own.
        known = [f"{NAMESPACE}_{name}" for name in _KNOWN]
        given = (name for name in table.dialect_kwargs if name.startswith(f"{NAMESPACE}_"))
        if unknown := [name for name in given if name not in known]:
            raise ArgumentError(
                f"Table {table.fullname} has the option {unknown[0]}, which is not known. "
                f"The options are {', '.join(known)}."
            )

    def _columns(self, words: str, names: Iterable[str]) -> str:
        return "".join([words, " (", ", ".join(self.preparer.quote(name) for name in names), ")"])

    def _text(self, text: str) -> str:
        return self.sql_compiler.render_literal_value(text, String())
