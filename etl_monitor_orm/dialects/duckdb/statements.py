"""What kind of statement DuckDB has run, if its driver does not say."""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb

_QUERY = re.compile(
    r"(?:\s|\(|--[^\n]*(?:\n|$)|/\*.*?\*/)*(?:select|from|with|values|table|describe|show|summarize|pivot|unpivot)\b",
    re.IGNORECASE | re.DOTALL,
)
_PLACEHOLDERS = frozenset({("Count", "BIGINT"), ("Success", "BOOLEAN")})
"""The one column that DuckDB describes for a statement without rows."""


def is_query(statement: str) -> bool:
    """Whether a statement begins like one that only reads; a statement that begins with WITH may still write."""
    return _QUERY.match(statement) is not None


def is_one_query(statement: str) -> bool:
    """Whether a statement is one SELECT, which can be run again."""
    parsed = duckdb.extract_statements(statement)
    return len(parsed) == 1 and parsed[0].type == duckdb.StatementType.SELECT


def is_placeholder(description: Sequence[Sequence[object]]) -> bool:
    """Whether a result may be the one column that DuckDB returns for a statement without rows."""
    return len(description) == 1 and (description[0][0], str(description[0][1])) in _PLACEHOLDERS


def changes_rows_only(statement: str, rowcount: int) -> bool:
    """Whether the column is really DuckDB's placeholder, and not a query's column with that name."""
    if rowcount >= 0:
        return True
    parsed = duckdb.extract_statements(statement)
    if not parsed or parsed[-1].type in (duckdb.StatementType.SELECT, duckdb.StatementType.EXECUTE):
        return False
    return not _has_returning(statement)


def _has_returning(statement: str) -> bool:
    encoded = statement.encode()  # the tokenizer counts bytes
    return any(
        kind == duckdb.token_type.keyword and encoded[start : start + 9].lower() == b"returning"
        for start, kind in duckdb.tokenize(statement)
    )
