"""Every call that writes, stopped at each of its statements in every way.

Nothing untrue is left, and the call made again ends where an undisturbed one does.

A refusal that executed nothing, and a lost request or reply, are survived: the caller sees none of them. An error, or a
connection that stays away, is the caller's to see; then the same call is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from etl_monitor_orm import ETLMonitor, EtlMonitorError, InvalidTransition, ManualClock
from etl_monitor_orm.backends.retry import RetryPolicy
from tests.databases import Database
from tests.warehouse import Warehouse, faults

BACKENDS = ("databricks",)  # DuckDB has no wire, and its calls are transactions: see `test_crash_safety.py`

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"
RUN = ("run-1", *HR)

Do = Callable[[ETLMonitor], object]
Rows = dict[str, list[dict[str, object]]]


@dataclass(frozen=True)
class Call:
    """A call, and what must have happened before it.

    Attributes:
        before: Brings the monitor to where the call makes sense.
        make: Makes the call.
    """

    before: tuple[Do, ...]
    make: Do


def start_run(monitor: ETLMonitor) -> object:
    return monitor.start_run(*HR, DAY, execution_id="run-1")


def start(task_id: int) -> Do:
    return lambda monitor: monitor.start_task(*RUN, task_id, processing_date=DAY)


def end(task_id: int) -> Do:
    return lambda monitor: monitor.end_task(*RUN, task_id, processing_date=DAY)


def fail(task_id: int) -> Do:
    return lambda monitor: monitor.fail_task(*RUN, task_id, processing_date=DAY, log_message="source is down")


CALLS = {
    "register_process": Call((), lambda m: m.register_process("CORP", "NEW", name="New load")),
    "register_task": Call((), lambda m: m.register_task(*HR, 9, 1, 2, "Load all")),
    "register_parameter": Call((), lambda m: m.register_parameter(*HR, "New", "DELTA_ID", value_int=7)),
    "register_sequence": Call((), lambda m: m.register_sequence(10, "PUBLISH")),
    "deactivate_task": Call((), lambda m: m.deactivate_task(*HR, 1, 1)),
    "start_run": Call((), start_run),
    "get_pending_tasks": Call((), lambda m: m.get_pending_tasks(*RUN, DAY)),
    "start_task": Call((start_run,), start(1)),
    "end_task": Call((start_run, start(1)), end(1)),
    "fail_task": Call((start_run, start(0), end(0), start(1)), fail(1)),
    "fail_stale": Call((start_run, start(1), start(3)), lambda m: m.fail_stale(0)),
    "status_reset": Call((start_run, fail(1), fail(2)), lambda m: m.status_reset(*HR, execution_id="run-1")),
    "advance_watermark": Call((), lambda m: m.advance_watermark(*HR, "LoadEvents", new_int_value=120)),
    "set_processing_mode": Call(
        (lambda m: m.advance_watermark(*HR, "LoadEvents", new_int_value=120),),
        lambda m: m.set_processing_mode(*HR, is_bulk_mode=True),
    ),
    "log": Call((), lambda m: m.log("one", "two")),
}
SURVIVED = {"reply lost": faults.REPLY_LOST, "request lost": faults.REQUEST_LOST, "conflict": faults.CONFLICT}
SEEN = {"error after": faults.ERROR_AFTER, "error before": faults.ERROR_BEFORE, "gone": None}

each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@pytest.fixture
def quick_to_give_up(monitor: ETLMonitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that stays away is given up soon."""
    monkeypatch.setattr(monitor.engine.dialect, "breaks", RetryPolicy(first=0.01, longest=0.02, patience=0.1))


@pytest.fixture
def prepared(
    hr: ETLMonitor, database: Database, warehouse: Warehouse, clock: ManualClock
) -> Iterator[Callable[[Call], None]]:
    """Bring the monitor to where a call makes sense; from the second time on, by putting the rows back."""
    known: set[int] = set()

    def prepare(call: Call) -> None:
        warehouse.faults.clear()
        if id(call) not in known:
            database.empty()
            database.restore("hr")
            for step in call.before:
                step(hr)
                clock.advance(10)
            database.save("prepared")
            known.add(id(call))
        database.restore("prepared")

    yield prepare
    warehouse.faults.clear()


def statements_of(call: Call, monitor: ETLMonitor, warehouse: Warehouse) -> int:
    warehouse.log.clear()
    call.make(monitor)
    return len(warehouse.log)


def what_matters(rows: Rows) -> dict[str, list[str]]:
    """The rows without what differs from one making of a call to the next: their times and numbers."""
    times = ("_ID", "CreatedOn", "LastUpdatedOn", "EndTime", "DurationSeconds", "LogTimeUTC", "StartTime")
    return {
        table: sorted(repr({name: value for name, value in row.items() if name not in times}) for row in found)
        for table, found in rows.items()
    }


def check_invariants(rows: Rows) -> None:
    """What must hold at any time, whatever was stopped."""
    steps = rows["ETLProcessingSteps"]
    for step in steps:
        assert (step["EndTime"] is not None) == (step["Status"] in ("DONE", "FAIL"))
    keys = [(s["ExecutionID"], s["WorkFlowID"], s["TaskID"], s["Attempts"]) for s in steps]
    assert len(keys) == len(set(keys))
    done = {step["SourceSystemCode"]: step["StartTime"] for step in steps if step["Status"] == "DONE"}
    for parameter in rows["ETLconfigParameters"]:
        if parameter["ParameterType"] == "DELTA_DATE" and parameter["ValueDateTime"] is not None:
            assert parameter["ValueDateTime"] == done.get(parameter["ParameterName"])


@pytest.mark.parametrize("fault", SURVIVED.values(), ids=SURVIVED)
@each_call
def test_given_a_fault_that_can_be_survived_at_any_statement_then_the_call_ends_as_an_undisturbed_one(
    hr: ETLMonitor, database: Database, warehouse: Warehouse, prepared, call: Call, fault: faults.Fault
) -> None:
    prepared(call)
    statements = statements_of(call, hr, warehouse)
    undisturbed = what_matters(database.rows())

    for number in range(1, statements + 1):
        prepared(call)
        warehouse.faults.at_statement(number, fault)
        call.make(hr)

        assert warehouse.faults.struck == 1
        assert what_matters(database.rows()) == undisturbed, f"statement {number} of {statements}"


@pytest.mark.usefixtures("quick_to_give_up")
@pytest.mark.parametrize("fault", SEEN.values(), ids=SEEN)
@each_call
def test_given_a_fault_that_stops_the_call_at_any_statement_then_nothing_untrue_is_left_and_the_call_again_converges(
    hr: ETLMonitor,
    database: Database,
    warehouse: Warehouse,
    clock: ManualClock,
    prepared,
    call: Call,
    fault: faults.Fault | None,
) -> None:
    prepared(call)
    statements = statements_of(call, hr, warehouse)
    undisturbed = what_matters(database.rows())

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
        with suppress(InvalidTransition):  # what was stopped after its first statement is done already
            call.make(hr)
        found = database.rows()
        check_invariants(found)
        if call is not CALLS["log"]:  # receipts are written at least once
            assert what_matters(found) == undisturbed, f"statement {number} of {statements}"


@pytest.mark.usefixtures("quick_to_give_up")
@pytest.mark.parametrize("statement", [1, 2])
def test_given_a_job_that_fails_while_the_warehouse_is_away_then_its_own_exception_reaches_the_caller(
    hr: ETLMonitor, warehouse: Warehouse, prepared, statement: int
) -> None:
    prepared(CALLS["start_task"])
    task = hr.start_run(*HR, DAY, execution_id="run-1").task(1).__enter__()
    warehouse.faults.at(lambda text: True, faults.REQUEST_LOST, times=10_000, skip=statement - 1)
    job = OSError("source is down")
    task.__exit__(OSError, job, None)

    assert "could not record" in job.__notes__[0]
