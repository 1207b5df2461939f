"""Connections and cursors that keep their rows to themselves.

A DuckDB connection holds one result at a time, and duckdb-engine's cursors all read from it: a statement executed
while another's rows are being fetched replaces those rows. The cursors here take their rows out of the driver as
soon as the statement has run, so any number of them can be read side by side on one connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import duckdb
import duckdb_engine

from etl_monitor_orm.backends.duckdb.versions import SINCE_2_0

Parameters: TypeAlias = Sequence[object] | Mapping[str, object]
Row: TypeAlias = tuple[object, ...]
Description: TypeAlias = Sequence[tuple[object, ...]]

_PLACEHOLDERS = frozenset({("Count", "BIGINT"), ("Success", "BOOLEAN")})
"""The one column that DuckDB describes for a statement that has no rows to give."""

_REGISTER = frozenset({"register", "register(?, ?)", "register($1, $2)"})
"""What duckdb-engine turns into a call that leaves the result of the statement before it in place."""


class BufferedCursor(duckdb_engine.CursorWrapper):
    """A DB-API cursor that owns its rows.

    Its `rowcount` is the number of rows that the statement changed, or gave back when it is a query or has
    RETURNING; -1 for anything else. Its `description` is None unless the statement gives rows.
    """

    arraysize = 1

    def __init__(self, driver: duckdb.DuckDBPyConnection, connection: BufferedConnection) -> None:
        super().__init__(driver, connection)
        self._driver = driver
        self._rows: deque[Row] = deque()
        self.description: Description | None = None
        self.rowcount = -1

    def execute(self, statement: str, parameters: Parameters | None = None, context: object | None = None) -> None:
        """Run one statement and take its rows."""
        self._forget()
        with _interruptible():
            super().execute(statement, parameters, context)
            if statement.lower() not in _REGISTER:
                self._take(statement)

    def executemany(
        self, statement: str, parameters: Iterable[Parameters] | None = None, context: object | None = None
    ) -> None:
        """Run one statement for each set of parameters; `rowcount` is the sum over all of them."""
        self._forget()
        if SINCE_2_0:
            with _interruptible():
                super().executemany(statement, parameters, context)
                self._take(statement)
            return
        changed = 0
        for values in parameters or ():
            self.execute(statement, values, context)
            changed += self.rowcount
        self.rowcount = changed

    def fetchone(self) -> Row | None:
        """The next row, or None after the last."""
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """At most `size` further rows (default: `arraysize`)."""
        wanted = self.arraysize if size is None else size
        return [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]

    def fetchall(self) -> list[Row]:
        """All further rows."""
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def close(self) -> None:
        """Drop the rows that were not fetched."""
        self._rows.clear()

    def _forget(self) -> None:
        self._rows.clear()
        self.description = None
        self.rowcount = -1

    def _take(self, statement: str) -> None:
        description = self._driver.description
        if not description:
            return
        rows = self._driver.fetchall()
        if _is_placeholder(description) and _changes_rows_only(statement, self._driver.rowcount):
            counted = self._driver.rowcount if SINCE_2_0 else (rows[0][0] if rows else -1)
            self.rowcount = counted if isinstance(counted, int) else -1
            return
        self.description = description
        self._rows.extend(rows)
        self.rowcount = len(rows)


class BufferedConnection(duckdb_engine.ConnectionWrapper):
    """A DB-API connection whose cursors own their rows.

    `autocommit` is true while the connection is in SQLAlchemy's AUTOCOMMIT isolation level.
    """

    def __init__(self, driver: duckdb.DuckDBPyConnection) -> None:
        super().__init__(driver)
        self._driver = driver
        self.autocommit = False

    def cursor(self) -> BufferedCursor:
        """A new cursor on this connection, in its transaction."""
        return BufferedCursor(self._driver, self)

    def commit(self) -> None:
        """Commit the transaction."""
        with _interruptible():
            self._driver.commit()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C be a KeyboardInterrupt: DuckDB makes a RuntimeError of it, which passes for a failed statement."""
    try:
        yield
    except RuntimeError as error:
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from error


def _is_placeholder(description: Sequence[Sequence[object]]) -> bool:
    return len(description) == 1 and (description[0][0], str(description[0][1])) in _PLACEHOLDERS


def _changes_rows_only(statement: str, rowcount: int) -> bool:
    """Whether DuckDB's placeholder column is really one, and not a column that a query calls so."""
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
