"""The tests are SQLAlchemy's own; two of their classes get their rows in a way that DuckDB takes."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy.sql.dml import Insert
from sqlalchemy.testing.suite import *  # noqa: F403 - the suite is its module's names
from sqlalchemy.testing.suite import CTETest as _CTETest
from sqlalchemy.testing.suite import JoinTest as _JoinTest


class _OneByOne:
    """A connection that runs an INSERT once for each row, where a parent must be there before its children."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, statement: Insert, rows: Iterable[dict[str, object]]) -> None:
        for row in rows:
            self._connection.execute(statement, row)


class CTETest(_CTETest):
    run_inserts = "once"
    run_deletes = None

    @classmethod
    def insert_data(cls, connection):
        super().insert_data(_OneByOne(connection))


class JoinTest(_JoinTest):
    # DuckDB deletes no parent in the transaction that deletes its children; and these tests only read.
    run_inserts = "once"
    run_deletes = None
