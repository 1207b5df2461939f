"""Every call that writes, its connection ended by the server at each of its statements, and at COMMIT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event

from etl_monitor_orm import ConnectionBroken, ETLMonitor
from tests.contract.every_call.calls import CALLS, Call
from tests.contract.every_call.conftest import what_matters
from tests.databases import Database
from tests.postgres import Server

BACKENDS = ("postgresql",)  # the one with a server that ends connections

STEP_BY_STEP = (CALLS["fail_stale"], CALLS["purge"])
"""The calls that keep what they have done when they cannot go on."""


@contextmanager
def ended_at(monitor: ETLMonitor, server: Server, place: int | str) -> Iterator[None]:
    """A block in which the server ends the connection before a statement of this number, or before COMMIT."""
    executed: list[str] = []

    def end(connection: Connection, words: str) -> None:
        executed.append(words)
        if place in (words, len(executed)):
            server.end(connection.connection.dbapi_connection.info.backend_pid)

    def at_statement(connection, cursor, statement, parameters, context, executemany) -> None:
        end(connection, statement)

    def at_commit(connection) -> None:
        end(connection, "COMMIT")

    event.listen(monitor.engine, "before_cursor_execute", at_statement)
    event.listen(monitor.engine, "commit", at_commit)
    yield
    event.remove(monitor.engine, "before_cursor_execute", at_statement)
    event.remove(monitor.engine, "commit", at_commit)


def test_call_whose_connection_ends_at_any_statement_leaves_nothing_and_then_converges(
    hr: ETLMonitor,
    database: Database,
    postgres: Server,
    brought: Callable[[], None],
    ended: tuple[int, dict[str, list[str]]],
    call: Call,
) -> None:
    statements, expected = ended
    for place in (*range(1, statements + 1), "COMMIT"):
        brought()
        before = database.rows()
        with ended_at(hr, postgres, place), pytest.raises(ConnectionBroken):
            call.make(hr)
        assert call in STEP_BY_STEP or database.rows() == before

        call.make(hr)
        assert what_matters(database.rows()) == expected, f"statement {place} of {statements}"
