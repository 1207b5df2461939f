"""Whether the list of calls that write is complete: every public call is made, and what it sends is looked at.

What is tested of every call that writes (faults at each statement, partitions) is tested of those in `CALLS`. A public
call that no list here names, or one that writes and is not tested so, fails. So does one that costs more statements
than its budget.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from etl_monitor_orm import EtlLogHandler, ETLMonitor, Run, TaskHandle
from tests.contract.every_call.calls import CALLS, DAY, FILE, HR, RUN, Do, fail, start, start_run

BACKENDS = ("duckdb",)  # which call writes is the same everywhere

DAY_ONE = "2025-12-01"
"""Before anything that a test does."""
WRITES = re.compile(r'(INSERT|UPDATE|MERGE|DELETE)\s+(?:(?:INTO|FROM)\s+)?(?:\w+\.)?"?(\w+)')


@dataclass(frozen=True)
class Use:
    """How a public call is made.

    Attributes:
        before: Brings the monitor to where the call makes sense.
        on: What is called: the monitor, a run or a task's handle.
        make: Makes the call.
        budget: How many statements it may cost.
    """

    before: tuple[Do, ...]
    on: Callable[[ETLMonitor], Any]
    make: Callable[[Any], object]
    budget: int


def monitor_(monitor: ETLMonitor) -> ETLMonitor:
    return monitor


def run_(monitor: ETLMonitor) -> Run:
    return monitor.start_run(*HR, DAY, execution_id="run-1")


def handle_(monitor: ETLMonitor) -> TaskHandle:
    return run_(monitor).task(2)


def samples_in_a_folder(monitor: ETLMonitor) -> None:
    with TemporaryDirectory() as folder:
        monitor.sample_usage(folder)


def exported(monitor: ETLMonitor) -> None:
    with TemporaryDirectory() as folder:
        monitor.export_data(f"{folder}/monitor.zip")


def entered(monitor: ETLMonitor) -> TaskHandle:
    return handle_(monitor).__enter__()


BUDGETS = {
    "register_process": 1,
    "register_task": 1,
    "register_parameter": 1,
    "register_sequence": 1,
    "register": 8,
    "apply_catalogue": 6,
    "deactivate_process": 1,
    "deactivate_task": 1,
    "register_project": 1,
    "register_organisation": 1,
    "register_holidays": 2,
    "evaluate": 7,
    "skip_task": 1,
    "start_run": 1,
    "join_run": 2,
    "get_pending_tasks": 3,
    "start_task": 1,
    "end_task": 2,
    "fail_task": 2,
    "heartbeat_task": 1,
    "measure_task": 1,
    "fail_stale": 7,
    "status_reset": 2,
    "advance_watermark": 1,
    "set_processing_mode": 3,
    "log": 1,
    "make_token": 1,
    "revoke_token": 1,
    "purge": 16,
}
"""What the calls that write may cost, each as it is made in `CALLS`."""

OTHERS = {
    "ETLMonitor.activate_process": Use(
        (CALLS["deactivate_process"].make,), monitor_, lambda m: m.activate_process(*HR), 1
    ),
    "ETLMonitor.activate_task": Use(
        (CALLS["deactivate_task"].make,), monitor_, lambda m: m.activate_task(*HR, 1, 1), 1
    ),
    "ETLMonitor.unskip_task": Use(
        (start_run, CALLS["skip_task"].make), monitor_, lambda m: m.unskip_task(*RUN, 1, processing_date=DAY), 1
    ),
    "ETLMonitor.task_status": Use((start_run,), monitor_, lambda m: m.task_status(*RUN, DAY, task_id=1), 1),
    "ETLMonitor.generate_execution_steps": Use((), monitor_, lambda m: m.generate_execution_steps(*RUN, DAY), 1),
    "ETLMonitor.generate_execution_id": Use((), monitor_, lambda m: m.generate_execution_id(), 0),
    "ETLMonitor.get_active_watermark": Use((), monitor_, lambda m: m.get_active_watermark(*HR, "LoadEvents"), 1),
    "ETLMonitor.get_status": Use((start_run,), monitor_, lambda m: m.get_status(*HR, DAY), 1),
    "ETLMonitor.stale_steps": Use((start_run, start(1)), monitor_, lambda m: m.stale_steps(0), 1),
    "ETLMonitor.task": Use((start_run,), monitor_, lambda m: m.task(*RUN, 1, processing_date=DAY), 0),
    "ETLMonitor.get_run": Use((start_run,), monitor_, lambda m: m.get_run("run-1", *HR, DAY), 1),
    "ETLMonitor.list_runs": Use((start_run,), monitor_, lambda m: m.list_runs(processing_date=DAY), 1),
    "ETLMonitor.list_tasks": Use((start_run,), monitor_, lambda m: m.list_tasks(*HR, DAY), 1),
    "ETLMonitor.list_logs": Use((), monitor_, lambda m: m.list_logs(*HR, DAY), 2),
    "ETLMonitor.past_failures": Use((start_run, fail(1)), monitor_, lambda m: m.past_failures(since=DAY_ONE), 2),
    "ETLMonitor.history": Use((start_run,), monitor_, lambda m: m.history(*HR, 1), 1),
    "ETLMonitor.durations": Use((start_run,), monitor_, lambda m: m.durations(*HR), 1),
    "ETLMonitor.why": Use((start_run, fail(1)), monitor_, lambda m: m.why(*HR, DAY), 5),
    "ETLMonitor.tracked": Use((start_run,), monitor_, lambda m: m.tracked(*HR, 1, processing_date=DAY), 0),
    "ETLMonitor.__enter__": Use((), monitor_, lambda m: m.__enter__(), 0),
    "ETLMonitor.__exit__": Use((), monitor_, lambda m: m.__exit__(None, None, None), 0),
    "ETLMonitor.processes": Use((start_run,), monitor_, lambda m: m.processes(), 3),
    "ETLMonitor.failures": Use((start_run, fail(1)), monitor_, lambda m: m.failures(), 1),
    "ETLMonitor.watermarks": Use((), monitor_, lambda m: m.watermarks(), 1),
    "ETLMonitor.overdue": Use((start_run,), monitor_, lambda m: m.overdue(), 6),
    "ETLMonitor.baselines": Use((start_run,), monitor_, lambda m: m.baselines(*HR, weeks=4), 3),
    "ETLMonitor.compare_with_usual": Use((start_run,), monitor_, lambda m: m.compare_with_usual(*HR, DAY, weeks=4), 3),
    "ETLMonitor.runs": Use((start_run,), monitor_, lambda m: m.runs("run-1"), 1),
    "ETLMonitor.latest_date": Use((start_run,), monitor_, lambda m: m.latest_date(), 1),
    "ETLMonitor.tokens": Use((CALLS["make_token"].make,), monitor_, lambda m: m.tokens(), 1),
    "ETLMonitor.export_catalogue": Use((), monitor_, lambda m: m.export_catalogue(*HR), 7),
    "ETLMonitor.diff_catalogue": Use((), monitor_, lambda m: m.diff_catalogue(FILE), 4),
    "ETLMonitor.export_data": Use((start_run,), monitor_, exported, 12),
    "ETLMonitor.doctor": Use((start_run, start(1)), monitor_, lambda m: m.doctor(), 64),
    "ETLMonitor.require_registered": Use((), monitor_, lambda m: m.require_registered(*HR), 1),
    "ETLMonitor.session": Use((), monitor_, lambda m: m.session().close(), 0),
    "ETLMonitor.flush_at_task_end": Use((), monitor_, lambda m: m.flush_at_task_end(EtlLogHandler(m)), 0),
    "ETLMonitor.sample_usage": Use((), monitor_, samples_in_a_folder, 0),
    "ETLMonitor.close": Use((), monitor_, lambda m: m.close(), 0),
    "Run.pending": Use((), run_, lambda run: run.pending(), 1),
    "Run.ready": Use((), run_, lambda run: run.ready(), 1),
    "Run.status": Use((), run_, lambda run: run.status(), 1),
    "Run.summary": Use((), run_, lambda run: run.summary(), 1),
    "Run.task": Use((), run_, lambda run: run.task(1), 0),
    "Run.raise_for_failures": Use((), run_, lambda run: run.raise_for_failures(), 1),
    "Run.skip": Use((start_run,), run_, lambda r: r.skip(1), 1),
    "Run.unskip": Use((start_run, CALLS["skip_task"].make), run_, lambda r: r.unskip(1), 1),
    "Run.reset": Use((start_run, fail(1), fail(2)), run_, lambda run: run.reset(), 2),
    "TaskHandle.__enter__": Use((), handle_, lambda handle: handle.__enter__(), 1),
    "TaskHandle.__exit__": Use((), entered, lambda handle: handle.__exit__(None, None, None), 2),
    "TaskHandle.__aenter__": Use((), handle_, lambda handle: asyncio.run(handle.__aenter__()), 1),
    "TaskHandle.__aexit__": Use((), entered, lambda handle: asyncio.run(handle.__aexit__(None, None, None)), 2),
    "TaskHandle.heartbeat": Use((), entered, lambda handle: handle.heartbeat(), 1),
    "TaskHandle.measure": Use((), entered, lambda handle: handle.measure(rows=7), 1),
    "TaskHandle.advance": Use((), entered, lambda handle: handle.advance(7), 1),
    "TaskHandle.hold": Use((), entered, lambda handle: handle.hold(), 1),
}
"""The public calls that are not in `CALLS`."""

BY_THE_SAME_SERVICE = {
    "ETLMonitor.activate_process": "deactivate_process",
    "ETLMonitor.activate_task": "deactivate_task",
    "ETLMonitor.unskip_task": "skip_task",
    "Run.skip": "skip_task",
    "Run.unskip": "skip_task",
    "ETLMonitor.generate_execution_steps": "start_run",
    "Run.reset": "status_reset",
    "TaskHandle.__enter__": "start_task",
    "TaskHandle.__exit__": "end_task",
    "TaskHandle.__aenter__": "start_task",
    "TaskHandle.__aexit__": "end_task",
    "TaskHandle.measure": "measure_task",
    "TaskHandle.heartbeat": "start_task",  # the same transition, which writes no start
}
"""Those of them that write, with the call of `CALLS` that writes the same."""

ELSEWHERE = {"ETLMonitor.setup", "ETLMonitor.adopt", "ETLMonitor.import_data"}
"""Migrations, whose faults are tested in `tests/migrations`; adoptions: `tests/adoption`; imports, which need empty
tables: `tests/contract/test_moves.py`."""

USES = {
    **{f"ETLMonitor.{name}": Use(call.before, monitor_, call.make, BUDGETS[name]) for name, call in CALLS.items()},
    **OTHERS,
}

Written = Callable[[Use], tuple[list[tuple[str, str]], int]]


def public(kind: type) -> set[str]:
    """The calls of a class that users make; a `with` makes two."""
    made = [name for name, _ in inspect.getmembers(kind, callable) if not name.startswith("_")]
    entering = {"__enter__", "__exit__", "__aenter__", "__aexit__"} & set(vars(kind))
    return {f"{kind.__name__}.{name}" for name in (*made, *entering)}


@pytest.fixture
def written(hr: ETLMonitor, statements) -> Written:
    """Make a call; return verb and table of each of its writes, and how many statements it cost."""

    def make(use: Use) -> tuple[list[tuple[str, str]], int]:
        for step in use.before:
            step(hr)
        subject = use.on(hr)
        with statements.counted() as executed:
            use.make(subject)
        return [found.groups() for found in map(WRITES.match, executed) if found], len(executed)

    return make


def test_public_calls_are_all_named_here() -> None:
    assert public(ETLMonitor) | public(Run) | public(TaskHandle) == set(USES) | ELSEWHERE


@pytest.mark.parametrize("name", sorted(set(OTHERS) - set(BY_THE_SAME_SERVICE)))
def test_call_that_is_not_among_those_that_write_writes_nothing(written: Written, name: str) -> None:
    assert written(USES[name])[0] == []


@pytest.mark.parametrize("name", CALLS)
def test_call_that_is_among_those_that_write_does(written: Written, name: str) -> None:
    assert written(USES[f"ETLMonitor.{name}"])[0] != []


@pytest.mark.parametrize("name", BY_THE_SAME_SERVICE)
def test_call_that_writes_by_the_service_of_another_writes_the_same_tables(
    database, written: Written, name: str
) -> None:
    found, _ = written(USES[name])
    database.empty()
    database.restore("hr")
    other, _ = written(USES[f"ETLMonitor.{BY_THE_SAME_SERVICE[name]}"])

    assert found
    assert {table for _, table in found} <= {table for _, table in other}


@pytest.mark.parametrize("name", sorted(USES))
def test_public_call_costs_no_more_statements_than_its_budget(written: Written, name: str) -> None:
    assert written(USES[name])[1] <= USES[name].budget
