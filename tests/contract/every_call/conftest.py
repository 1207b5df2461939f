"""The monitor as each call finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.contract.every_call.calls import CALLS, Call
from tests.databases import Database
from tests.warehouse import Warehouse


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
