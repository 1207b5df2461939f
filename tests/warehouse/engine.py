"""Statements on Spark: a session each for every connection, and results as Arrow tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from databricks.sql.thrift_api.TCLIService.ttypes import TSparkParameter
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import _parse_datatype_json_string

from tests.warehouse.errors import StatementFailed, explained
from tests.warehouse.parameters import bind
from tests.warehouse.requirements import line
from tests.warehouse.rewrites import Rewrites, Rewritten
from tests.warehouse.settings import ZONE
from tests.warehouse.spark import Spark

CHANGED = "num_affected_rows"
_CREATES = re.compile(r"\s*(?:CREATE|ALTER|RESTORE|CONVERT)\b", re.IGNORECASE)
_INSTANT = pa.timestamp("us", tz="UTC")
_ARROW_OPTIONS = (False,) if line() == "3" else (False, False)
"""Whether names may not repeat; from Spark 4 on, also whether texts have large offsets."""


@dataclass
class Session:
    """What belongs to one connection: its time zone and its current schema are its own.

    Attributes:
        java: Spark's session.
        zone: Its time zone.
    """

    java: Any
    zone: str


@dataclass(frozen=True)
class Result:
    """What a statement gives back.

    Attributes:
        table: Its rows.
        changed: How many rows it changed; None where that is not told.
    """

    table: pa.Table
    changed: int | None = None


class Engine:
    """Runs statements on Spark, from any thread.

    Args:
        spark: A running Spark.
        catalog: The name that its one catalog answers to.
        zone: The time zone of sessions that do not ask for one.
    """

    def __init__(self, spark: Spark, catalog: str, zone: str) -> None:
        self.spark, self.catalog, self.zone = spark, catalog, zone
        self.rewrites = Rewrites(spark, catalog)
        self._jvm = spark.jvm
        arrow = spark.jvm.org.apache.spark.sql.execution.arrow
        self._converters = getattr(arrow, "ArrowConverters$").__getattr__("MODULE$")

    def open(self, catalog: str | None, schema: str | None, settings: Mapping[str, str] | None = None) -> Session:
        """Open a session in a schema, with settings of Spark.

        Raises:
            StatementFailed: No such catalog, schema or time zone.
        """
        wanted = {ZONE: self.zone, **(settings or {})}
        session = Session(self.spark.root.newSession(), wanted[ZONE])
        try:
            self.spark.activate(session.java)
            for name, value in wanted.items():
                session.java.conf().set(name, value)
            self.rewrites.name_catalog(session.java)
            if catalog is not None:
                self.rewrites.check_catalog(catalog)
            if schema is not None:
                session.java.catalog().setCurrentDatabase(schema)
        except (PySparkException, Py4JJavaError) as error:
            raise explained(error, self.catalog) from error
        return session

    def execute(self, session: Session, statement: str, parameters: Sequence[TSparkParameter] = ()) -> Result:
        """Run a statement.

        Raises:
            StatementFailed: It did not work.
        """
        try:
            self.spark.activate(session.java)
            rewritten = self.rewrites.apply(session.java, statement)
            result = self._run(session, rewritten, parameters) if rewritten else Result(pa.table({}))
            if _CREATES.match(statement):
                self.spark.adopt_tables()
            return result
        except (PySparkException, Py4JJavaError) as error:
            raise explained(error, self.catalog) from error
        except ValueError as error:
            raise StatementFailed(f"[INVALID_PARAMETER_VALUE] {error}", "22023") from error

    def _run(self, session: Session, rewritten: Rewritten, parameters: Sequence[TSparkParameter]) -> Result:
        values = bind(self._jvm, parameters, session.zone)
        frame = self.rewrites.run(session.java, rewritten.sql, values)
        table = rewritten.finish(self._collect(frame, session.zone))
        changed = table[CHANGED][0].as_py() if table.schema.names[:1] == [CHANGED] else None
        if rewritten.sql.upper().startswith(("SET", "RESET")):
            session.zone = session.java.conf().get(ZONE)
        return Result(table, changed)

    def _collect(self, frame: Any, zone: str) -> pa.Table:
        """Read the rows straight from the plan: `toArrow` starts one more Spark job for it, which takes far longer."""
        kind = frame.schema()
        schema = _in_zone(to_arrow_schema(_parse_datatype_json_string(kind.json())), zone)
        rows = self._jvm.scala.Predef.genericWrapArray(frame.queryExecution().executedPlan().executeCollect())
        if rows.isEmpty():
            return schema.empty_table()
        batches = self._converters.toBatchIterator(rows.iterator(), kind, 100_000, zone, *_ARROW_OPTIONS, None)
        stream = schema.serialize().to_pybytes()
        while batches.hasNext():
            stream += batches.next()
        return pa.ipc.open_stream(stream).read_all()


def _in_zone(schema: pa.Schema, zone: str) -> pa.Schema:
    """Times come back in the session's time zone, as on Databricks."""
    local = pa.timestamp("us", tz=zone)
    return pa.schema([field.with_type(local) if field.type == _INSTANT else field for field in schema])
