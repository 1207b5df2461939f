"""Cursors that can be read side by side on one connection: row by row, as a stream, or in the driver's own formats.

duckdb-engine's cursors all read from the one result that a DuckDB connection holds. The cursors here leave a query's
rows in the driver until they are read, so many rows need little memory. When another statement runs on the connection,
they read the remaining rows into memory (`results.py`).
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

import duckdb
import duckdb_engine

from etl_monitor_orm.dialects.duckdb.arrow import ROLLED_BACK, Batches, reader_of
from etl_monitor_orm.dialects.duckdb.interrupts import interruptible
from etl_monitor_orm.dialects.duckdb.results import DriverResults
from etl_monitor_orm.dialects.duckdb.statements import changes_rows_only, is_one_query, is_placeholder, is_query
from etl_monitor_orm.dialects.duckdb.versions import SINCE_2_0

Parameters: TypeAlias = Sequence[object] | Mapping[str, object]
Row: TypeAlias = tuple[object, ...]
Description: TypeAlias = Sequence[tuple[object, ...]]

_REGISTER = frozenset({"register", "register(?, ?)", "register($1, $2)"})
"""Statements that duckdb-engine turns into a call, which keeps the previous statement's result."""

_ROWS_AT_ONCE: Final = 2_048
"""How many rows are read from the driver at a time by default: the length of DuckDB's own vectors."""

_CHUNK: Final = "fetch_df_chunk"
_READERS: Final = frozenset({"to_arrow_reader", "fetch_record_batch", "fetch_arrow_reader"})
NATIVE: Final = _READERS | {
    "arrow",
    "df",
    "fetch_arrow_table",
    "fetch_df",
    _CHUNK,
    "fetchdf",
    "fetchnumpy",
    "pl",
    "tf",
    "to_arrow_table",
    "to_df",
    "torch",
}
"""The driver's methods that return rows in another form; not every release has all of them."""


class DuckDBCursor(duckdb_engine.CursorWrapper):
    """A DB-API cursor that keeps the rows of its own statement.

    Its `description` is None unless the statement returns rows. The driver's own fetches, such as `df()` and
    `to_arrow_table()`, return all rows of the statement. If rows were already fetched another way, or were read into
    memory because another statement ran on the connection, these methods do not exist (`AttributeError`).

    Args:
        driver: The driver's connection.
        connection: The DB-API connection that it belongs to.
        results: The state of the driver's connection.
        streams: Whether it holds as few rows as possible: a rollback ends it, and its `rowcount` is not known.
    """

    arraysize = 1
    description: Description | None
    _rows: deque[Row]
    _rowcount: int | None
    _given: int
    """Rows read into memory so far."""
    _waits: bool
    """Whether the driver has rows of this statement."""
    _whole: bool
    """Whether it has all of them."""
    _in_chunks: bool
    """Whether `fetch_df_chunk()` has returned some."""
    _failure: Exception | None
    """Why the remaining rows could not be read."""

    def __init__(
        self,
        driver: duckdb.DuckDBPyConnection,
        connection: duckdb_engine.ConnectionWrapper,
        results: DriverResults,
        *,
        streams: bool = False,
    ) -> None:
        super().__init__(driver, connection)
        self._driver = driver
        self._results = results
        self._streams = streams
        self._query: tuple[str, Parameters | None] = ("", None)
        self._forget()

    @property
    def rowcount(self) -> int:
        """The number of rows that the statement changed, or returned if it is a query or has RETURNING.

        -1 for anything else, and for a stream. Counting a query's rows reads all of them into memory.
        """
        if self._rowcount is None and not self._streams:
            self.take()
            return -1 if self._failure is not None else self._given
        return -1 if self._rowcount is None else self._rowcount

    @rowcount.setter
    def rowcount(self, rows: int) -> None:
        self._rowcount = rows

    def execute(self, statement: str, parameters: Parameters | None = None, context: object | None = None) -> None:
        """Run one statement. A query's rows stay in the driver until they are read."""
        self._begin()
        if registers := statement.lower() in _REGISTER:
            self._results.free()
        with interruptible:
            super().execute(statement, parameters, context)
            if not registers:
                self._receive(statement, parameters)

    def executemany(
        self, statement: str, parameters: Iterable[Parameters] | None = None, context: object | None = None
    ) -> None:
        """Run one statement for each set of parameters; `rowcount` is the sum over all of them."""
        if SINCE_2_0:
            self._begin()
            with interruptible:
                super().executemany(statement, parameters, context)
                self._receive_now(statement, self._driver.description)
            return
        changed = 0
        self._begin()
        for values in parameters or ():
            self.execute(statement, values, context)
            changed += self.rowcount
        self._rowcount = changed

    def fetchone(self) -> Row | None:
        """The next row, or None after the last."""
        if self._rows:
            return self._rows.popleft()
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """At most `size` further rows (default: `arraysize`)."""
        wanted = self.arraysize if size is None else size
        if (lacking := wanted - len(self._rows)) > 0 and self._waits:
            self._pull(lacking if self._streams else max(lacking, _ROWS_AT_ONCE))
        if not self._rows and self._failure is not None:
            raise self._failure
        return [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]

    def fetchall(self) -> list[Row]:
        """All further rows."""
        self.take()
        if self._failure is not None:
            raise self._failure
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def close(self) -> None:
        """Drop the rows that were not fetched."""
        if self._waits:
            self._results.let_go(finished=False)
            if self._results.autocommit:
                self._results.free()
        self._waits = False
        self._rows.clear()

    def take(self) -> None:
        """Read the remaining rows into memory; the next fetch raises any error."""
        if not self._waits:
            return
        try:
            with interruptible:
                self._received(self._driver.fetchall())
        except Exception as error:
            self._failure = error
        finally:
            self._waits = False
            self._results.let_go()

    def end(self) -> None:
        """Handle a rollback: a stream ends, because its remaining rows may need any amount of memory."""
        if not self._streams:
            self.take()
        elif self._waits:
            self._failure = duckdb.InvalidInputException(ROLLED_BACK)
            self._waits = False
            self._results.let_go(finished=False)

    def __getattr__(self, name: str) -> Any:
        """The driver's own fetches, and other attributes of its connection."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name in NATIVE:
            return self._native(name)
        return self._results.attribute(name)

    def _begin(self) -> None:
        if self._waits:
            self._results.let_go(finished=False)
        self._results.settle()
        self._results.note(idle=False)
        self._results.latest = weakref.ref(self)
        self._forget()

    def _forget(self) -> None:
        self._rows = deque()
        self.description = None
        self._rowcount = -1
        self._given = 0
        self._waits = False
        self._whole = False
        self._in_chunks = False
        self._failure = None

    def _receive(self, statement: str, parameters: Parameters | None) -> None:
        description = self._driver.description
        waits = is_query(statement) and self._results.may_wait(streams=self._streams)
        if not waits or not description or is_placeholder(description):
            self._receive_now(statement, description)
            return
        self._query = statement, parameters
        self.description = description
        self._rowcount = None
        self._waits = self._whole = True
        self._results.hold(self)

    def _receive_now(self, statement: str, description: Description | None) -> None:
        if not description:
            return
        rows = self._driver.fetchall()
        if is_placeholder(description) and changes_rows_only(statement, self._driver.rowcount):
            counted = self._driver.rowcount if SINCE_2_0 else (rows[0][0] if rows else -1)
            self._rowcount = counted if isinstance(counted, int) else -1
            return
        self.description = description
        self._received(rows)
        self._rowcount = len(rows)

    def _received(self, rows: list[Row]) -> None:
        self._rows.extend(rows)
        self._given += len(rows)
        self._whole = self._in_chunks = False

    def _pull(self, rows: int) -> None:
        try:
            with interruptible:
                pulled = self._driver.fetchmany(rows)
        except BaseException:
            self._waits = False
            self._results.let_go(finished=False)
            raise
        self._received(pulled)
        if len(pulled) < rows:
            self.take()

    def _native(self, name: str) -> Callable[..., Any]:
        method = getattr(self._driver, name)
        if not self._waits or not (self._whole or (self._in_chunks and name == _CHUNK)):
            raise AttributeError(
                f"{name}() cannot return all rows of this statement: it has none, some were fetched another way, or "
                "another statement on the connection moved them to memory. Use fetchall()."
            )
        return partial(self._fetch_natively, name, method)

    def _fetch_natively(self, name: str, method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        if options.pop("lazy", False):
            raise duckdb.NotSupportedError(f"{name}(lazy=True) would read after the next statement. Leave out lazy=")
        statement, parameters = self._query
        if SINCE_2_0 and name in _READERS and is_one_query(statement):
            # On a result of execute(), the driver would copy all rows first.
            self._results.let_go(finished=False)
            self._results.free()
            method = getattr(self._driver.sql(statement, params=parameters), name)
        with interruptible:
            rows = method(*arguments, **options)
        if name == _CHUNK:
            self._whole, self._in_chunks = False, True
            return rows
        self._waits = self._whole = False
        self._results.let_go()
        if type(rows).__name__ == "RecordBatchReader":
            return reader_of(Batches(rows, self._results), rows.schema)
        if rows is None:
            raise duckdb.InvalidInputException(f"{name}() returned nothing, but the statement has rows")
        return rows
