"""A notebook's own Spark session, beside the warehouse and on the same tables."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame, SparkSession

from tests.warehouse.engine import Engine
from tests.warehouse.parameters import bind
from tests.warehouse.spark import Spark

NOTHING = "SELECT 1 WHERE false"


class Notebook(SparkSession):
    """A Spark session that understands what a cluster of Databricks does: by the warehouse's own rewrites.

    Args:
        spark: The running Spark.
        engine: The warehouse's engine.
    """

    def __init__(self, spark: Spark, engine: Engine) -> None:
        session = engine.open(None, None)
        super().__init__(spark.context, jsparkSession=session.java)
        self._rewrites, self._no_values = engine.rewrites, bind(spark.jvm, (), session.zone)

    def sql(self, sqlQuery: str, *args: Any, **kwargs: Any) -> DataFrame:
        """Run a statement; it takes no arguments here."""
        rewritten = self._rewrites.apply(self._jsparkSession, sqlQuery)
        text = NOTHING if rewritten is None else rewritten.sql
        return DataFrame(self._rewrites.run(self._jsparkSession, text, self._no_values), self)
