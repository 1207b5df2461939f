"""Tables with an identity column, made by Delta Lake's own builder in Java."""

from __future__ import annotations

from typing import Any

from tests.warehouse.create_table import Column, CreateTable
from tests.warehouse.spark import Spark


def build(spark: Spark, java: Any, table: CreateTable, properties: dict[str, str]) -> None:
    """Make the table."""
    delta = spark.jvm.io.delta.tables.DeltaTable
    builder = delta.createIfNotExists(java) if table.if_not_exists else delta.create(java)
    builder.tableName(".".join("`" + part.replace("`", "``") + "`" for part in table.name[-2:]))
    for column in table.columns:
        builder.addColumn(_column(delta.columnBuilder(java, column.name), column, table.is_nullable(column)))
    for name, value in {**table.properties, **properties}.items():
        builder.property(name, value)
    if table.comment is not None:
        builder.comment(table.comment)
    if table.partitioned_by:
        builder.partitionedBy(spark.strings(table.partitioned_by))
    if table.clustered_by:
        builder.clusterBy(spark.strings(table.clustered_by))
    builder.execute()


def _column(builder: Any, column: Column, nullable: bool) -> Any:
    builder.dataType(column.kind).nullable(nullable)
    if column.comment is not None:
        builder.comment(column.comment)
    if column.identity == "ALWAYS":
        builder.generatedAlwaysAsIdentity(column.start, column.step)
    elif column.identity is not None:
        builder.generatedByDefaultAsIdentity(column.start, column.step)
    return builder.build()
