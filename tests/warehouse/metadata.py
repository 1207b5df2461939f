"""What the metadata calls of the Thrift interface answer: catalogs, schemas, tables, columns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from tests.warehouse.spark import Spark

_TEXT, _NUMBER = pa.string(), pa.int32()
_COLUMNS = {
    "TABLE_CAT": _TEXT,
    "TABLE_SCHEM": _TEXT,
    "TABLE_NAME": _TEXT,
    "COLUMN_NAME": _TEXT,
    "DATA_TYPE": _NUMBER,
    "TYPE_NAME": _TEXT,
    "COLUMN_SIZE": _NUMBER,
    "BUFFER_LENGTH": pa.int8(),
    "DECIMAL_DIGITS": _NUMBER,
    "NUM_PREC_RADIX": _NUMBER,
    "NULLABLE": _NUMBER,
    "REMARKS": _TEXT,
    "COLUMN_DEF": _TEXT,
    "SQL_DATA_TYPE": _NUMBER,
    "SQL_DATETIME_SUB": _NUMBER,
    "CHAR_OCTET_LENGTH": _NUMBER,
    "ORDINAL_POSITION": _NUMBER,
    "IS_NULLABLE": _TEXT,
    "SCOPE_CATALOG": _TEXT,
    "SCOPE_SCHEMA": _TEXT,
    "SCOPE_TABLE": _TEXT,
    "SOURCE_DATA_TYPE": pa.int16(),
    "IS_AUTO_INCREMENT": _TEXT,
}
_TABLES = {
    "TABLE_CAT": _TEXT,
    "TABLE_SCHEM": _TEXT,
    "TABLE_NAME": _TEXT,
    "TABLE_TYPE": _TEXT,
    "REMARKS": _TEXT,
    "TYPE_CAT": _TEXT,
    "TYPE_SCHEM": _TEXT,
    "TYPE_NAME": _TEXT,
    "SELF_REFERENCING_COL_NAME": _TEXT,
    "REF_GENERATION": _TEXT,
}
# java.sql.Types
_SQL_TYPES = {
    "boolean": 16,
    "tinyint": -6,
    "smallint": 5,
    "int": 4,
    "bigint": -5,
    "float": 6,
    "double": 8,
    "decimal": 3,
    "string": 12,
    "date": 91,
    "timestamp": 93,
    "timestamp_ntz": 93,
    "binary": -2,
}
_JSON_NAMES = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint"}


class Metadata:
    """Reads Spark's catalog."""

    def __init__(self, spark: Spark, catalog: str) -> None:
        self._spark, self._catalog = spark, catalog

    def catalogs(self) -> pa.Table:
        """Return the names of the catalogs."""
        return pa.table({"TABLE_CAT": pa.array([self._catalog], _TEXT)})

    def table_types(self) -> pa.Table:
        """Return the kinds of tables."""
        return pa.table({"TABLE_TYPE": pa.array(["TABLE", "VIEW"], _TEXT)})

    def schemas(self, catalog: str | None, schema: str | None) -> pa.Table:
        """Return the schemas that match."""
        names = self._schemas(catalog, schema)
        return pa.table({"TABLE_SCHEM": pa.array(names, _TEXT), "TABLE_CATALOG": [self._catalog] * len(names)})

    def tables(self, catalog: str | None, schema: str | None, table: str | None, kinds: list[str] | None) -> pa.Table:
        """Return the tables and views that match."""
        rows = []
        for schema_name in self._schemas(catalog, schema):
            for name in self._tables(schema_name, table):
                found = self._external().getTable(schema_name, name)
                kind = "VIEW" if found.tableType().name() == "VIEW" else "TABLE"
                if not kinds or kind in kinds:
                    comment = found.comment()
                    rows.append((self._catalog, schema_name, name, kind, comment.get() if comment.isDefined() else ""))
        return _table(_TABLES, rows)

    def columns(self, catalog: str | None, schema: str | None, table: str | None, column: str | None) -> pa.Table:
        """Return the columns that match."""
        wanted = _pattern(column)
        rows = [
            row
            for schema_name in self._schemas(catalog, schema)
            for name in self._tables(schema_name, table)
            for row in self._fields(schema_name, name)
            if wanted.fullmatch(row["COLUMN_NAME"])
        ]
        return _table(_COLUMNS, [tuple(row.get(name) for name in _COLUMNS) for row in rows])

    def _external(self) -> Any:
        return self._spark.root.sharedState().externalCatalog()

    def _schemas(self, catalog: str | None, schema: str | None) -> list[str]:
        if catalog and not _pattern(catalog).fullmatch(self._catalog):
            return []
        wanted = _pattern(schema)
        return [name for name in self._spark.texts(self._external().listDatabases()) if wanted.fullmatch(name)]

    def _tables(self, schema: str, table: str | None) -> list[str]:
        wanted = _pattern(table)
        return [name for name in self._spark.texts(self._external().listTables(schema)) if wanted.fullmatch(name)]

    def _fields(self, schema: str, table: str) -> Iterator[dict[str, Any]]:
        self._spark.activate(self._spark.root)
        delta = self._spark.root.sessionState().catalogManager().catalog("spark_catalog")
        names = self._spark.strings([schema])
        identifier = self._spark.jvm.org.apache.spark.sql.connector.catalog.Identifier.of(names, table)
        fields = json.loads(delta.loadTable(identifier).schema().json())["fields"]
        for place, field in enumerate(fields):
            kind = field["type"] if isinstance(field["type"], str) else field["type"]["type"]
            kind = _JSON_NAMES.get(kind, kind)
            yield {
                "TABLE_CAT": self._catalog,
                "TABLE_SCHEM": schema,
                "TABLE_NAME": table,
                "COLUMN_NAME": field["name"],
                "DATA_TYPE": _SQL_TYPES.get(kind.partition("(")[0], 1111),
                "TYPE_NAME": kind.upper(),
                "NULLABLE": int(field["nullable"]),
                "REMARKS": field["metadata"].get("comment", ""),
                "ORDINAL_POSITION": place,
                "IS_NULLABLE": "YES" if field["nullable"] else "NO",
                "IS_AUTO_INCREMENT": "NO",
            }


def _table(columns: dict[str, pa.DataType], rows: list[tuple[Any, ...]]) -> pa.Table:
    filled = [dict(zip(columns, row, strict=False)) for row in rows]
    return pa.Table.from_pylist(filled, schema=pa.schema(list(columns.items())))


def _pattern(text: str | None) -> re.Pattern[str]:
    """A pattern of the interface: % for any text, _ for any sign, a backslash before what is meant as it is."""
    if not text or text == "*":
        return re.compile(".*", re.DOTALL)
    parts = re.split(r"(\\.|%|_)", text)
    signs = {"%": ".*", "_": "."}
    written = (signs.get(part) or re.escape(part[1:] if part.startswith("\\") else part) for part in parts)
    return re.compile("".join(written), re.DOTALL | re.IGNORECASE)
