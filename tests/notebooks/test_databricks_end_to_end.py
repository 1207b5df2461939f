"""The notebooks together, on the database that they are for too: a night, and the steps of a pipeline.

What a single notebook does with its widgets is the same on every database: the other modules ask it on one.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from etl_monitor_orm import ETLMonitor, ProcessingStep, Status, widgets
from tests.notebooks.conftest import DAY, RUN, Steps
from tests.notebooks.databricks import run_notebook

BACKENDS = ("duckdb", "databricks")

QUOTES = 'it\'s "down" `now` \\ :x @{y}\n🎉'


def how(steps: Iterable[ProcessingStep]) -> list[tuple[str | None, int, str]]:
    return [(step.task_name, step.attempts, step.status) for step in steps]


def test_given_the_night_when_run_then_each_part_does_what_it_says_and_both_loads_end_well(
    monitor: ETLMonitor, steps: Steps, tmp_path: Path
) -> None:
    told = run_notebook("03-run", landing=str(tmp_path / "landing"), execution_id="job-7")

    said = told.printed.splitlines()[1:]  # after the monitor itself
    assert sorted(said[:2]) == ["Employees changed since None", "Load payroll file failed: FileNotFoundError"]
    assert said[2:] == [  # the two loads of the first stage ran side by side
        "Ready: 0 Blocked by: ['Load payroll file']",
        "Pending: 0",
        "Queued again: 7",
        said[5],
        "Employees changed since None",
        said[7],
        "2025-12-31 is done; watermarks that moved: []",
    ]
    assert said[5].startswith("Employees changed since 20")
    assert said[7].startswith("Employees changed since 20")
    night = steps(process_load="HR_DAILY", processing_date=DAY, execution_id="job-7")
    assert how(step for step in night if step.task_id == 4) == [
        ("Load payroll file", 0, "FAIL"),
        ("Load payroll file", 1, "DONE"),
        ("Load payroll file", 3, "DONE"),
    ]
    assert how(step for step in night if step.task_name == "Load events") == [
        ("Load events", 0, "DONE"),
        ("Load events", 3, "DONE"),
    ]
    sales = steps(process_load="SALES_DAILY")
    assert [(*one, step.force_skip) for one, step in zip(how(sales), sales, strict=True)] == [
        ("Initiation", 0, "NQUE", None),
        ("Initiation", 1, "DONE", None),
        ("Load orders", 0, "FAIL", None),
        ("Load orders", 1, "DONE", None),
        ("Load returns", 0, "NQUE", True),
        ("Build sales mart", 0, "DONE", None),
    ]
    assert monitor.get_active_watermark("CORP", "SALES_DAILY", "LoadOrders") == 102
    assert {(row.process_load, row.run_state) for row in monitor.processes("CORP")} == {
        ("HR_DAILY", "COMPLETE"),
        ("SALES_DAILY", "COMPLETE"),
    }


def test_given_ready_items_when_each_is_passed_to_the_other_notebooks_then_its_step_is_done(
    run: ETLMonitor, steps: Steps
) -> None:
    with run.task(**RUN, task_id=0, workflow_id=0):
        pass

    for item in run_notebook("etl_pending_tasks", **RUN).json["ready"]:
        passed = {name: str(item[name]) for name in widgets.NAMES if item.get(name) is not None}
        claim = run_notebook("etl_start_task", **passed).json["claim"]
        run_notebook("etl_end_task", **passed, claim=claim)

    assert [step.status for step in steps(sequence_id=2)] == ["DONE", "DONE"]
    ready = run_notebook("etl_pending_tasks", **RUN).json["ready"]
    assert [(item["workflow_id"], item["task_id"]) for item in ready] == [(1, 3)]


def test_given_a_started_task_when_failed_by_its_notebook_then_the_message_is_kept_as_it_is(
    run: ETLMonitor, steps: Steps
) -> None:
    step = {**RUN, "task_id": "2", "workflow_id": "1"}
    claim = run_notebook("etl_start_task", **step).json["claim"]
    told = run_notebook("etl_fail_task", **step, claim=claim, log_message=QUOTES, log_code="E'7")

    (found,) = steps(task_id=2)
    assert (found.status, found.log_message, found.log_type, found.log_code) == (Status.FAIL, QUOTES, "ERROR", "E'7")
    assert told.json == {"status": "FAIL"}
