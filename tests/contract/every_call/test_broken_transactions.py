"""Every call that writes, broken at each of its statements where a call is one transaction.

It leaves nothing, and the call made again ends where an undisturbed one does. A conflict is not seen at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb
import psycopg
import pytest
from sqlalchemy import event

from etl_monitor_orm import ETLMonitor, EtlMonitorError
from tests.contract.every_call.calls import CALLS, Call
from tests.contract.every_call.conftest import what_matters
from tests.databases import Database

NEEDS = ("transactions",)

CONFLICTS = {
    "duckdb": duckdb.TransactionException("Conflict on update!"),
    "postgresql": psycopg.errors.SerializationFailure("could not serialize access due to concurrent update"),
}
ERRORS = {"duckdb": duckdb.InternalException("broken"), "postgresql": psycopg.errors.InternalError_("broken")}

Brought = Callable[[], None]
Ended = tuple[int, dict[str, list[str]]]


STEP_BY_STEP = (CALLS["fail_stale"], CALLS["purge"])
"""The call that ends each step by itself, so that one does not stop the others."""


@contextmanager
def at_statement(
    monitor: ETLMonitor, number: int, fault: BaseException | None, *, after: bool = False
) -> Iterator[list[str]]:
    """A block in which the driver raises an error once: in place of a statement of this number, or after it."""
    executed: list[str] = []

    def execute(cursor, statement, parameters, context) -> bool:
        executed.append(statement)
        if len(executed) != number:
            return False
        if after:
            cursor.execute(statement, parameters)
        raise fault

    event.listen(monitor.engine, "do_execute", execute)
    try:
        yield executed
    finally:
        event.remove(monitor.engine, "do_execute", execute)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_call_with_an_error_at_any_statement_leaves_nothing_and_converges_when_made_again(
    hr: ETLMonitor, backend: str, database: Database, brought: Brought, ended: Ended, call: Call, after: bool
) -> None:
    statements, expected = ended
    for number in range(1, statements + 1):
        brought()
        before = database.rows()
        with at_statement(hr, number, ERRORS[backend], after=after), pytest.raises(EtlMonitorError):
            call.make(hr)
        if call not in STEP_BY_STEP:
            assert database.rows() == before

        call.make(hr)
        assert what_matters(database.rows()) == expected, f"statement {number} of {statements}"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_call_with_a_conflict_at_any_statement_ends_as_an_undisturbed_one(
    hr: ETLMonitor, backend: str, database: Database, brought: Brought, ended: Ended, call: Call, after: bool
) -> None:
    statements, expected = ended
    for number in range(1, statements + 1):
        brought()
        with at_statement(hr, number, CONFLICTS[backend], after=after):
            call.make(hr)

        assert what_matters(database.rows()) == expected, f"statement {number} of {statements}"
