"""Every change of a table that grows names the partition that it may touch: Delta rewrites, and locks out, no more."""

from __future__ import annotations

import re
from collections.abc import Callable

from etl_monitor_orm import ETLMonitor
from tests.contract.every_call.calls import CALLS, Call
from tests.warehouse import Warehouse
from tests.warehouse.tokens import Reader

NEEDS = ("layouts",)

GROWING = ("ETLProcessingSteps", "ETLsysLogs")
CHANGING = ("start_task", "end_task", "fail_task", "heartbeat_task", "fail_stale", "status_reset", "purge")
"""The calls that change rows of such a table; the others only add some, or none."""
NAMES_ITS_DATE = re.compile(
    r"`(?:ETLProcessingSteps|ETLsysLogs)`\.`ProcessingDate` (?:= (?::|queue\.)`ProcessingDate|IN \()"
)


def conditions(statements: list[str]) -> list[str]:
    """Return under which condition rows of the tables that grow are changed, statement by statement."""
    found = []
    for statement in statements:
        reader = Reader(statement)
        if reader.skip("MERGE", "INTO"):
            begins, ends = "ON", "WHEN"
        elif reader.skip("UPDATE") or reader.skip("DELETE", "FROM"):
            begins, ends = "WHERE", ";"
        else:
            continue
        if reader.name()[-1] in GROWING:
            reader.past(begins)
            found.append(reader.past(ends))
    return found


def test_given_a_call_that_writes_then_each_change_of_a_growing_table_names_its_date(
    hr: ETLMonitor, warehouse: Warehouse, prepared: Callable[[Call], None], call: Call
) -> None:
    prepared(call)
    warehouse.log.clear()
    call.make(hr)

    found = conditions(warehouse.log.texts)
    assert bool(found) == (call in [CALLS[name] for name in CHANGING])
    assert [condition for condition in found if not NAMES_ITS_DATE.search(condition)] == []
