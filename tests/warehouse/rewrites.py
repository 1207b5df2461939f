"""Whatever is not Spark's own doing: each rewrite and emulation, with its reason.

What Databricks SQL understands and open source Spark does not is put into words that Spark understands. All else goes
to Spark as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pyarrow as pa
from pyspark.errors import PySparkException

from tests.warehouse import create_table, identity
from tests.warehouse.create_table import PrimaryKey
from tests.warehouse.errors import no_such_catalog
from tests.warehouse.settings import ZONE
from tests.warehouse.spark import Spark
from tests.warehouse.tokens import Reader

SPARKS_OWN = "spark_catalog"
KEY = "warehouse.primaryKey"

Finish = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True)
class Rewritten:
    """A statement for Spark.

    Attributes:
        sql: Its text.
        finish: What is done to its result.
    """

    sql: str
    finish: Finish = lambda table: table


class Rewrites:
    """All of them, in one place."""

    def __init__(self, spark: Spark, catalog: str) -> None:
        self._spark, self._catalog = spark, catalog
        self._sources = count()
        name = re.escape(catalog)
        self._qualified_column = re.compile(rf"(?<![\w.`'\"])(?:`{name}`|{name})(?=(?:\s*\.\s*(?:`[^`]+`|\w+)){{3}})")
        self._second_tries = (
            ("MERGE", "Table does not support reads", self.merge_with_known_source),
            ("UPDATE", "DELTA_UNSUPPORTED_SUBQUERY", self.update_with_known_values),
        )
        self._rules: tuple[tuple[re.Pattern[str], Callable[[Any, str], Rewritten | None]], ...] = (
            (re.compile(r"CREATE\s+TABLE\b", re.IGNORECASE), self.create_table),
            (re.compile(r"DESC(?:RIBE)?\s+(?:TABLE\s+)?EXTENDED\b", re.IGNORECASE), self.describe_extended),
            (re.compile(r"SHOW\s+TBLPROPERTIES\b", re.IGNORECASE), self.show_properties),
            (re.compile(r"SHOW\s+VIEWS\b", re.IGNORECASE), self.show_views),
            (re.compile(r"ALTER\s+TABLE\b.*?\bPRIMARY\s+KEY\b", re.IGNORECASE | re.DOTALL), self.alter_primary_key),
            (re.compile(r"(?:USE|SET)\s+CATALOG\b", re.IGNORECASE), self.use_catalog),
            (re.compile(r"SET\s+TIMEZONE\s*=", re.IGNORECASE), self.set_timezone),
            (re.compile(r"RESET\s+TIMEZONE\b", re.IGNORECASE), self.reset_timezone),
        )

    def name_catalog(self, java: Any) -> None:
        """The catalog's name, in a session.

        Delta Lake works in the catalog `spark_catalog` only, and Spark has no second name for it: so the session's
        register of catalogs gets one.
        """
        manager = java.sessionState().catalogManager()
        register = manager.getClass().getDeclaredField("catalogs")
        register.setAccessible(True)
        register.get(manager).put(self._catalog, manager.catalog(SPARKS_OWN))

    def check_catalog(self, name: str) -> None:
        """Any other catalog: Spark would take its name for a schema's.

        Raises:
            StatementFailed: It is not ours.
        """
        if name.lower() != self._catalog.lower():
            raise no_such_catalog(name)

    def apply(self, java: Any, statement: str) -> Rewritten | None:
        """Rewrite a statement for a session; None when that has done all of it already."""
        text = statement.strip().rstrip(";")
        for pattern, rule in self._rules:
            if pattern.match(text):
                return rule(java, text)
        return self.qualified_columns(text)

    def qualified_columns(self, text: str) -> Rewritten:
        """catalog.schema.table.column: a column is qualified by Spark's own name of the catalog."""
        return Rewritten(self._qualified_column.sub(f"`{SPARKS_OWN}`", text))

    def create_table(self, java: Any, text: str) -> Rewritten | None:
        """CREATE TABLE with a primary key or an identity column: Spark's SQL can parse neither.

        The key, on Databricks information only, becomes a property of the table. The identity column is made with
        Delta's builder in Java, which is how Delta offers it.
        """
        table = create_table.parse(text)
        properties = {} if table.primary_key is None else {KEY: _written(table.primary_key)}
        if not (table.has_identity and table.complete):
            return Rewritten(table.without_constraints(properties))
        identity.build(self._spark, java, table, properties)
        return None

    def alter_primary_key(self, java: Any, text: str) -> Rewritten:
        """ALTER TABLE … ADD or DROP PRIMARY KEY: the property that holds it."""
        reader = Reader(text)
        reader.skip("ALTER", "TABLE")
        start = reader.next.start
        reader.name()
        name = text[start : reader.tokens[reader.place - 1].end]
        if reader.skip("DROP"):
            return Rewritten(f"ALTER TABLE {name} UNSET TBLPROPERTIES IF EXISTS ('{KEY}')")
        reader.skip("ADD")
        constraint = reader.take().value if reader.skip("CONSTRAINT") else "pk"
        reader.skip("PRIMARY", "KEY")
        key = _written(PrimaryKey(constraint, reader.names()))
        return Rewritten(f"ALTER TABLE {name} SET TBLPROPERTIES ('{KEY}' = '{key}')")

    def describe_extended(self, java: Any, text: str) -> Rewritten:
        """DESCRIBE TABLE EXTENDED shows the key in the section where Databricks shows it, and the catalog's name."""
        written = re.compile(rf"{re.escape(KEY)}=([^,\]]*),?")

        def finish(table: pa.Table) -> pa.Table:
            rows, keys = table.to_pylist(), []
            for row in rows:
                data = (row["data_type"] or "").replace(SPARKS_OWN, self._catalog)
                keys += [_read(found) for found in written.findall(data)]
                row["data_type"] = written.sub("", data).replace(",]", "]")
            for key in keys:
                columns = ", ".join(f"`{column}`" for column in key.columns)
                rows += [
                    {"col_name": "", "data_type": "", "comment": ""},
                    {"col_name": "# Constraints", "data_type": "", "comment": ""},
                    {"col_name": key.name, "data_type": f"PRIMARY KEY ({columns})", "comment": ""},
                ]
            return pa.Table.from_pylist(rows, schema=table.schema)

        return Rewritten(text, finish)

    def show_properties(self, java: Any, text: str) -> Rewritten:
        """SHOW TBLPROPERTIES hides the property that holds the key."""

        def finish(table: pa.Table) -> pa.Table:
            return table.filter([name.as_py() != KEY for name in table["key"]])

        return Rewritten(text, finish)

    def show_views(self, java: Any, text: str) -> Rewritten:
        """SHOW VIEWS has one more column on Databricks, which the dialect reads."""

        def finish(table: pa.Table) -> pa.Table:
            return table.append_column("isMaterialized", pa.array([False] * table.num_rows, pa.bool_()))

        return Rewritten(text, finish)

    def use_catalog(self, java: Any, text: str) -> None:
        """USE CATALOG and SET CATALOG: there is one, and sessions are in it."""
        self.check_catalog(Reader(text).tokens[-1].value)

    def set_timezone(self, java: Any, text: str) -> Rewritten:
        """SET TIMEZONE = …: Spark calls it SET TIME ZONE."""
        value = Reader(text).tokens[-1].value
        return Rewritten(f"SET TIME ZONE '{value}'")

    def reset_timezone(self, java: Any, text: str) -> Rewritten:
        """RESET TIMEZONE: Spark knows the setting by its long name."""
        return Rewritten(f"RESET {ZONE}")

    def run(self, java: Any, text: str, values: Any) -> Any:
        """Run a statement as it is; one that Delta Lake's rules refuse, in the words that they accept."""
        try:
            return java.sql(text, values)
        except PySparkException as error:
            for verb, message, rule in self._second_tries:
                if Reader(text).skip(verb) and message in str(error):
                    with rule(java, text, values) as sql:
                        return java.sql(sql, values)
            raise

    @contextmanager
    def merge_with_known_source(self, java: Any, text: str, values: Any) -> Iterator[str]:
        """MERGE whose source joins an aggregate and looks its own target up in a correlated EXISTS.

        Delta's rules overlook one of the relations then (`Table does not support reads`), but only inside of a MERGE:
        so its source is analysed on its own, as a temporary view, which is read by the same MERGE.
        """
        reader = Reader(text)
        reader.past("USING")
        reader.skip("USING")
        opening = reader.take()
        closing = reader.past(")") and reader.next
        name = f"source_{next(self._sources)}"
        java.sql(text[opening.end : closing.start], values).createTempView(name)
        try:
            yield f"{text[: opening.start]}{name}{text[closing.end :]}"
        finally:
            java.catalog().dropTempView(name)

    @contextmanager
    def update_with_known_values(self, java: Any, text: str, values: Any) -> Iterator[str]:
        """UPDATE with scalar subqueries, which open source Delta Lake refuses: each is read first, for its value."""
        written, end = "", 0
        reader = Reader(text)
        while reader.next.kind != "end":
            opening = reader.take()
            if opening.word != "(" or reader.next.word != "SELECT":
                continue
            query = reader.past(")")
            closing = reader.take()
            value = java.sql(f"SELECT string(value), typeof(value) FROM (SELECT ({query}) AS value)", values).head()
            known = "NULL" if value.isNullAt(0) else _in_quotes(value.getString(0))
            written += f"{text[end : opening.start]}CAST({known} AS {value.getString(1)})"
            end = closing.end
        yield written + text[end:]


def _written(key: PrimaryKey) -> str:
    """A key as the value of a property, in digits: Spark hides a value that has a word such as `token` in it."""
    return " ".join(part.encode().hex() for part in (key.name, *key.columns))


def _in_quotes(text: str) -> str:
    """Return a text as SQL writes it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _read(text: str) -> PrimaryKey:
    name, *columns = (bytes.fromhex(part).decode() for part in text.split(" "))
    return PrimaryKey(name, tuple(columns))
