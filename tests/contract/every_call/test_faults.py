"""Every call that writes, stopped at each of its statements in every way.

Nothing untrue is left, and the call made again ends where an undisturbed one does.

A refusal that executed nothing, and a lost request or reply, are survived: the caller sees none of them. An error, or a
connection that stays away, is the caller's to see; then the same call is made again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from etl_monitor_orm import ETLMonitor, EtlMonitorError, InvalidInput, InvalidTransition, ManualClock
from etl_monitor_orm.dialects.retrying import RetryPolicy
from tests.contract.every_call.calls import CALLS, DAY, HR, Call
from tests.contract.every_call.conftest import Rows, what_matters
from tests.databases import Database
from tests.warehouse import Warehouse, faults

LACKS = ("transactions",)  # if a call is one transaction: see `test_broken_transactions.py`

SURVIVED = {"reply lost": faults.REPLY_LOST, "request lost": faults.REQUEST_LOST, "conflict": faults.CONFLICT}
SEEN = {"error after": faults.ERROR_AFTER, "error before": faults.ERROR_BEFORE, "gone": None}

DONE_ALREADY = (InvalidTransition, InvalidInput)
"""A repeat's refusals of a call that was stopped after its first statement: it is done; a token's name is taken."""


@pytest.fixture
def quick_to_give_up(monitor: ETLMonitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that stays away is given up soon."""
    monkeypatch.setattr(monitor.engine.dialect, "breaks", RetryPolicy(first=0.01, longest=0.02, patience=0.1))


@pytest.fixture
def undisturbed(
    hr: ETLMonitor, database: Database, warehouse: Warehouse, prepared: Callable[[Call], None], call: Call
) -> tuple[int, dict[str, list[str]]]:
    """How many statements the call executes, and the rows that it leaves."""
    prepared(call)
    warehouse.log.clear()
    call.make(hr)
    return len(warehouse.log), what_matters(database.rows())


def receipts_once(rows: dict[str, list[str]]) -> dict[str, list[str]]:
    """The rows, a receipt that was written again but once: receipts are written at least once."""
    return {**rows, "ETLsysLogs": sorted(set(rows["ETLsysLogs"]))}


def check_invariants(rows: Rows) -> None:
    """What must hold at any time, whatever was stopped."""
    steps = rows["ETLProcessingSteps"]
    for step in steps:
        assert (step["EndTime"] is not None) == (step["Status"] in ("DONE", "FAIL"))
    keys = [(s["ProcessingDate"], s["ExecutionID"], s["WorkFlowID"], s["TaskID"], s["Attempts"]) for s in steps]
    assert len(keys) == len(set(keys))
    done = {step["SourceSystemCode"]: step["StartTime"] for step in steps if step["Status"] == "DONE"}
    for parameter in rows["ETLconfigParameters"]:
        if parameter["ParameterType"] == "DELTA_DATE" and parameter["ValueDateTime"] is not None:
            assert parameter["ValueDateTime"] == done.get(parameter["ParameterName"])


@pytest.mark.parametrize("fault", SURVIVED.values(), ids=SURVIVED)
def test_given_a_survivable_fault_at_any_statement_then_the_call_ends_as_if_undisturbed(
    hr: ETLMonitor, database: Database, warehouse: Warehouse, prepared, undisturbed, call: Call, fault: faults.Fault
) -> None:
    statements, expected = undisturbed
    for number in range(1, statements + 1):
        prepared(call)
        warehouse.faults.at_statement(number, fault)
        call.make(hr)

        assert warehouse.faults.struck == 1
        assert what_matters(database.rows()) == expected, f"statement {number} of {statements}"


@pytest.mark.usefixtures("quick_to_give_up")
@pytest.mark.parametrize("fault", SEEN.values(), ids=SEEN)
def test_given_a_fatal_fault_at_any_statement_then_no_untruth_is_left_and_a_repeat_converges(
    hr: ETLMonitor,
    database: Database,
    warehouse: Warehouse,
    clock: ManualClock,
    prepared,
    undisturbed,
    call: Call,
    fault: faults.Fault | None,
) -> None:
    statements, expected = undisturbed
    for number in range(1, statements + 1):
        prepared(call)
        if fault is None:
            warehouse.faults.at(lambda statement: True, faults.REQUEST_LOST, times=10_000, skip=number - 1)
        else:
            warehouse.faults.at_statement(number, fault)
        with pytest.raises(EtlMonitorError):
            call.make(hr)
        warehouse.faults.clear()
        check_invariants(database.rows())

        clock.advance(1)
        with suppress(*DONE_ALREADY):
            call.make(hr)
        found = database.rows()
        check_invariants(found)
        assert receipts_once(what_matters(found)) == receipts_once(expected), f"statement {number} of {statements}"


@pytest.mark.usefixtures("quick_to_give_up")
@pytest.mark.parametrize("statement", [1, 2])
def test_given_a_job_that_fails_while_the_warehouse_is_away_then_the_caller_gets_its_exception(
    hr: ETLMonitor, warehouse: Warehouse, prepared, statement: int
) -> None:
    prepared(CALLS["start_task"])
    task = hr.start_run(*HR, DAY, execution_id="run-1").task(1).__enter__()
    warehouse.faults.at(lambda text: True, faults.REQUEST_LOST, times=10_000, skip=statement - 1)
    job = OSError("source is down")
    task.__exit__(OSError, job, None)

    assert "could not record" in job.__notes__[0]
