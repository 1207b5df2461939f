"""The monitor as each call finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.contract.every_call.calls import CALLS, Call
from tests.databases import Database
from tests.warehouse import Warehouse

Rows = dict[str, list[dict[str, object]]]


def what_matters(rows: Rows) -> dict[str, list[str]]:
    """The rows without what differs from one making of a call to the next: their times, numbers and secrets."""
    times = (
        "CreatedOn",
        "LastUpdatedOn",
        "EndTime",
        "DurationSeconds",
        "LogTimeUTC",
        "StartTime",
        "SetOn",
        "RevokedOn",
        "DeadlineSetOn",
        "ActiveSetOn",
    )
    others = ("_ID", "TokenID", "SecretHash")
    breaches = ("BreachID", "Since", "Until", "OpenedOn", "ClosedOn", "Message")  # made of when its attempt began
    left_out = {table: {*times, *others, *(breaches if table == "ETLbreaches" else ())} for table in rows}
    return {
        table: sorted(repr({name: row[name] for name in row if name not in left_out[table]}) for row in found)
        for table, found in rows.items()
    }


@pytest.fixture(params=CALLS.values(), ids=CALLS)
def call(request: pytest.FixtureRequest) -> Call:
    """Each call that writes."""
    return request.param


@pytest.fixture
def prepared(
    hr: ETLMonitor, database: Database, warehouse: Warehouse, clock: ManualClock, prepare: Callable[..., None]
) -> Iterator[Callable[[Call], None]]:
    """Bring the monitor to where a call makes sense; from the second time on, by putting the rows back."""
    known: set[Call] = set()

    def before(call: Call) -> None:
        for step in call.before:
            step(hr)
            clock.advance(10)

    def bring(call: Call) -> None:
        warehouse.faults.clear()
        if call in known:
            database.restore("prepared")
            return
        database.empty()
        database.restore("hr")
        prepare(before, call)
        database.save("prepared")
        known.add(call)

    yield bring
    warehouse.faults.clear()


@pytest.fixture
def brought(hr: ETLMonitor, database: Database, clock: ManualClock, call: Call) -> Callable[[], None]:
    """Bring the monitor to where the call makes sense, on any backend, at the same time of the same day each time."""
    dawn = clock.now

    def bring() -> None:
        clock.set(dawn)
        database.empty()
        database.restore("hr")
        for step in call.before:
            step(hr)
            clock.advance(10)

    return bring


@pytest.fixture
def ended(
    hr: ETLMonitor, database: Database, brought: Callable[[], None], call: Call
) -> tuple[int, dict[str, list[str]]]:
    """How many statements the undisturbed call executes, and the rows that it leaves."""
    brought()
    executed: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        executed.append(statement)

    event.listen(hr.engine, "before_cursor_execute", note)
    call.make(hr)
    event.remove(hr.engine, "before_cursor_execute", note)
    return len(executed), what_matters(database.rows())
