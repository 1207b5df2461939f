"""Types: their names on Databricks, and those whose values the stock dialect would change.

databricks-sqlalchemy registers its names for types under its dialect's name, which is not this one's. So each is
registered again here: in this dialect's compiler, or under its name for types that only Databricks has.
"""

from __future__ import annotations

from typing import Any

from databricks.sqlalchemy import _types as stock
from sqlalchemy import types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import GenericTypeCompiler, TypeCompiler


class Instant(types.TIMESTAMP):
    """A time with its zone, as the driver reads it; the stock dialect drops the zone."""


class WarehouseTypeCompiler(GenericTypeCompiler):
    """SQLAlchemy's types under their Databricks names."""

    def visit_string(self, type_: types.String, **kw: Any) -> str:
        """STRING: there is no length."""
        return "STRING"

    def visit_text(self, type_: types.Text, **kw: Any) -> str:
        """As `visit_string`."""
        return "STRING"

    def visit_unicode(self, type_: types.Unicode, **kw: Any) -> str:
        """As `visit_string`."""
        return "STRING"

    def visit_unicode_text(self, type_: types.UnicodeText, **kw: Any) -> str:
        """As `visit_string`."""
        return "STRING"

    def visit_enum(self, type_: types.Enum, **kw: Any) -> str:
        """As `visit_string`."""
        return "STRING"

    def visit_time(self, type_: types.Time, **kw: Any) -> str:
        """As `visit_string`: there is no time of day."""
        return "STRING"

    def visit_uuid(self, type_: types.Uuid[Any], **kw: Any) -> str:
        """As `visit_string`."""
        return "STRING"

    def visit_integer(self, type_: types.Integer, **kw: Any) -> str:
        """INT."""
        return "INT"

    def visit_large_binary(self, type_: types.LargeBinary, **kw: Any) -> str:
        """BINARY."""
        return "BINARY"

    def visit_numeric(self, type_: types.Numeric[Any], **kw: Any) -> str:
        """DECIMAL, with its digits."""
        return self.visit_DECIMAL(type_, **kw)  # type: ignore[arg-type] # it has the same attributes

    def visit_float(self, type_: types.Float[Any], **kw: Any) -> str:
        """FLOAT; DOUBLE where more than 24 bits are asked for."""
        return stock.compile_float_databricks(type_, self, **kw)  # type: ignore[no-any-return,no-untyped-call]

    def visit_datetime(self, type_: types.DateTime, **kw: Any) -> str:
        """TIMESTAMP_NTZ."""
        return "TIMESTAMP_NTZ"

    def visit_ARRAY(self, type_: types.ARRAY[Any], **kw: Any) -> str:
        """ARRAY of something."""
        return stock.compile_array_databricks(type_, self, **kw)  # type: ignore[no-any-return,no-untyped-call]


@compiles(stock.TIMESTAMP, "databricks+monitor")
def _timestamp(type_: object, compiler: TypeCompiler, **kw: Any) -> str:
    return "TIMESTAMP"


@compiles(stock.TINYINT, "databricks+monitor")
def _tinyint(type_: object, compiler: TypeCompiler, **kw: Any) -> str:
    return "TINYINT"


@compiles(stock.DatabricksArray, "databricks+monitor")
def _array(type_: Any, compiler: TypeCompiler, **kw: Any) -> str:
    return stock.compile_databricks_array(type_, compiler, **kw)  # type: ignore[no-any-return,no-untyped-call]


@compiles(stock.DatabricksMap, "databricks+monitor")
def _map(type_: Any, compiler: TypeCompiler, **kw: Any) -> str:
    return stock.compile_databricks_map(type_, compiler, **kw)  # type: ignore[no-any-return,no-untyped-call]


@compiles(stock.DatabricksVariant, "databricks+monitor")
def _variant(type_: object, compiler: TypeCompiler, **kw: Any) -> str:
    return "VARIANT"
