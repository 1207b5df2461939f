"""Every list has one order, whatever order its rows were written in: by all of its keys, the first one first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import product

import pytest

from etl_monitor_orm import (
    CurrentFailure,
    ETLMonitor,
    MandatoryBlocker,
    ManualClock,
    Parameter,
    Process,
    ProcessNotFound,
    Task,
)

DAYS = (date(2026, 4, 9), date(2026, 4, 8))
PROCESSES = (("CORP", "B"), ("CORP", "A"), ("ACME", "B"))
TASKS = ((2, 2, 3), (1, 4, 1), (1, 2, 9), (1, 2, 8))
"""Pass, stage and number: in reverse, and each of the three decides between two of them."""

Rows = list[tuple[object, ...]]


def catalogue(project: str, load: str) -> list[Process | Parameter | Task]:
    own = {"project_code": project, "process_load": load}
    parameters = [Parameter(**own, parameter_name=name, parameter_type="DELTA_ID", value_int=0) for name in "ZM"]
    tasks = [Task(**own, workflow_id=w, sequence_id=s, task_id=t, task_name=f"Task {t}") for w, s, t in TASKS]
    return [Process(**own), *parameters, *tasks]


@pytest.fixture
def many(monitor: ETLMonitor, prepare: Callable[..., None]) -> ETLMonitor:
    """Processes of two projects that share all names, with steps on two dates in one run: all written in reverse."""

    def register() -> None:
        monitor.register(row for names in PROCESSES for row in catalogue(*names))
        for names, day in product(PROCESSES, DAYS):
            monitor.start_run(*names, day, execution_id="run-1")

    prepare(register)
    return monitor


def fail(monitor: ETLMonitor, names: tuple[str, str], day: date, tasks: Sequence[tuple[int, int, int]] = TASKS) -> None:
    for workflow_id, _, task_id in tasks:
        monitor.fail_task("run-1", *names, task_id, workflow_id=workflow_id, processing_date=day)


def keys(found: list[object], *names: str) -> Rows:
    return [tuple(getattr(one, name) for name in names) for one in found]


STEP = ("workflow_id", "sequence_id", "task_id")


def test_status_and_pending_steps_are_listed_by_pass_stage_and_number(many: ETLMonitor) -> None:
    expected = sorted(TASKS)

    assert keys(many.get_status("CORP", "A", DAYS[0]), *STEP) == expected
    assert keys(many.get_pending_tasks("run-1", "CORP", "A", processing_date=DAYS[0]), *STEP) == expected


def test_steps_that_were_queued_again_are_listed_by_pass_stage_and_number(many: ETLMonitor) -> None:
    fail(many, ("CORP", "A"), DAYS[0])

    assert keys(many.status_reset("CORP", "A", DAYS[0]), *STEP) == sorted(TASKS)


def test_stale_steps_are_listed_by_silence_then_date_pass_and_number(many: ETLMonitor, clock: ManualClock) -> None:
    begun = [(day, *task) for day, task in product(DAYS, TASKS)]
    for day, workflow_id, _, task_id in begun[::2]:
        many.start_task("run-1", "CORP", "A", task_id, workflow_id=workflow_id, processing_date=day)
    clock.advance(60)
    for day, workflow_id, _, task_id in begun[1::2]:
        many.start_task("run-1", "CORP", "A", task_id, workflow_id=workflow_id, processing_date=day)
    clock.advance(7200)

    found = many.stale_steps(timedelta(hours=1), "CORP", "A", since=DAYS[1])

    longer, shorter = (sorted((day, w, t) for day, w, _, t in part) for part in (begun[::2], begun[1::2]))
    assert keys(found, "processing_date", "workflow_id", "task_id") == longer + shorter


@pytest.mark.parametrize(("mandatory", "kind"), [(False, CurrentFailure), (True, MandatoryBlocker)])
def test_failures_are_listed_latest_date_first_then_by_process_pass_and_number(
    many: ETLMonitor, mandatory: bool, kind: type[object]
) -> None:
    for names in PROCESSES:
        fail(many, names, DAYS[1], TASKS[:1])
    fail(many, PROCESSES[0], DAYS[0])
    found = many.failures(mandatory=mandatory)

    later = [(DAYS[0], *PROCESSES[0], w, t) for w, t in sorted((w, t) for w, _, t in TASKS)]
    earlier = [(DAYS[1], *names, 2, 3) for names in sorted(PROCESSES)]
    assert keys(found, "processing_date", "project_code", "process_load", "workflow_id", "task_id") == later + earlier
    assert {type(one) for one in found} == {kind}


def test_processes_and_watermarks_and_runs_are_listed_by_project_and_process(many: ETLMonitor) -> None:
    names = ("project_code", "process_load")
    marks, runs = [(*one, name) for one in sorted(PROCESSES) for name in ("M", "Z")], many.runs("run-1")

    assert keys(many.processes(), *names) == sorted(PROCESSES)
    assert keys(many.watermarks(), *names, "parameter_name") == marks
    assert keys(runs, *names, "processing_date") == sorted((*one, day) for one, day in product(PROCESSES, DAYS))


def test_process_that_is_unknown_when_refused_is_answered_with_the_others_in_order(many: ETLMonitor) -> None:
    with pytest.raises(ProcessNotFound, match="Registered processes: ACME/B, CORP/A, CORP/B"):
        many.processes("NOWHERE")
