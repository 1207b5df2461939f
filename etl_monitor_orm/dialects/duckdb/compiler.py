"""SQL where DuckDB's differs from PostgreSQL's."""

from __future__ import annotations

from sqlalchemy import Select, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGTypeCompiler
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.operators import OperatorType

_SINGLE_PRECISION = 24
"""The most bits of precision that a 4-byte float keeps."""


class DuckDBCompiler(PGCompiler):
    """Renders queries and DML."""

    def visit_bitwise_xor_op_binary(
        self, binary: BinaryExpression[object], operator: OperatorType, **kw: object
    ) -> str:
        """`xor()`: DuckDB has no operator for it."""
        return f"xor({self.process(binary.left, **kw)}, {self.process(binary.right, **kw)})"

    def visit_json_path_getitem_op_binary(
        self, binary: BinaryExpression[object], operator: OperatorType, **kw: object
    ) -> str:
        """`->`, which accepts a path as well as a key."""
        return str(self.visit_json_getitem_op_binary(binary, operator, **kw))

    def visit_regexp_match_op_binary(
        self, binary: BinaryExpression[object], operator: OperatorType, **kw: object
    ) -> str:
        """`regexp_matches()`: before DuckDB 2.0 the operator `~` matches whole strings only."""
        parts = [self.process(binary.left, **kw), self.process(binary.right, **kw)]
        if (flags := binary.modifiers["flags"]) is not None:
            parts.append(self.render_literal_value(flags, types.STRINGTYPE))
        return f"regexp_matches({', '.join(parts)})"

    def visit_not_regexp_match_op_binary(
        self, binary: BinaryExpression[object], operator: OperatorType, **kw: object
    ) -> str:
        """`NOT regexp_matches()`."""
        return f"NOT {self.visit_regexp_match_op_binary(binary, operator, **kw)}"

    def fetch_clause(self, select: Select[*tuple[object, ...]], **kw: object) -> str:
        """OFFSET … FETCH, or LIMIT n % for a share of the rows."""
        options = select._fetch_clause_options
        if not options or not options["percent"] or options["with_ties"]:
            return str(super().fetch_clause(select, **kw))
        limit = f"\n LIMIT ({self.process(select._fetch_clause, **kw)}) %"
        if select._offset_clause is None:
            return limit
        return f"{limit} OFFSET ({self.process(select._offset_clause, **kw)})"


class DuckDBTypeCompiler(PGTypeCompiler):
    """Renders types."""

    def visit_float(self, type_: types.Float[float], **kw: object) -> str:
        """DOUBLE, like Python's float; DuckDB's FLOAT has 4 bytes."""
        if type_.precision is not None and type_.precision <= _SINGLE_PRECISION:
            return "FLOAT"
        return "DOUBLE"

    def visit_INTERVAL(self, type_: postgresql.INTERVAL, **kw: object) -> str:
        """INTERVAL, without the precision and fields that DuckDB does not know."""
        return "INTERVAL"
