"""Arrow batches that outlive the next statement on their connection."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import duckdb

from etl_monitor_orm.dialects.duckdb.interrupts import interruptible
from etl_monitor_orm.dialects.duckdb.results import DriverResults


class Batches(Iterator[Any]):
    """The record batches of a driver's reader; the remaining ones are read into memory when something else runs.

    Args:
        reader: The driver's `pyarrow.RecordBatchReader`.
        results: The state of its connection.
    """

    def __init__(self, reader: Any, results: DriverResults) -> None:
        self._reader = reader
        self._results = results
        self._kept: deque[Any] = deque()
        self._failure: Exception | None = None
        results.hold(self)

    def __next__(self) -> Any:
        if self._kept:
            return self._kept.popleft()
        if self._reader is None:
            if self._failure is not None:
                raise self._failure
            raise StopIteration
        try:
            with interruptible:
                return self._reader.read_next_batch()
        except BaseException:
            self._finish()
            raise

    def take(self) -> None:
        """Read the remaining batches into memory."""
        try:
            with interruptible:
                self._kept.extend(self._reader)
        except Exception as error:
            self._failure = error
        finally:
            self._finish()

    def end(self) -> None:
        """Return no more batches: their transaction is over."""
        self._failure = duckdb.InvalidInputException(ROLLED_BACK)
        self._finish()

    def _finish(self) -> None:
        self._reader = None
        if self._results.is_held_by(self):
            self._results.let_go()


ROLLED_BACK = "The transaction was rolled back, so its stream of rows ended"


def reader_of(batches: Batches, schema: Any) -> Any:
    """Return a `pyarrow.RecordBatchReader` on the batches."""
    import pyarrow  # type: ignore[import-untyped,unused-ignore] # the driver has just handed out one of its readers

    return pyarrow.RecordBatchReader.from_batches(schema, batches)
