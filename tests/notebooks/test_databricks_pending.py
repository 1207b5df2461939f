"""The notebook that opens a run and says what is to be done, as a ForEach of Data Factory reads it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import date

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, ProcessNotFound, RunInProgress, widgets
from tests.notebooks.conftest import DAY, HR, RUN, Steps
from tests.notebooks.databricks import Outcome, run_notebook

BACKENDS = ("duckdb",)  # what they do together, on both: see `test_databricks_end_to_end.py`

INITIATION, EMPLOYEES, EVENTS, MART, PUBLISH = (0, 0), (1, 1), (1, 2), (1, 3), (2, 1)

Unchanged = Callable[[], AbstractContextManager[None]]


def pending(**changed: str) -> Outcome:
    return run_notebook("etl_pending_tasks", **{**RUN, **changed})


def named(items: list[dict[str, int]]) -> list[tuple[int, int]]:
    return [(item["workflow_id"], item["task_id"]) for item in items]


def do(monitor: ETLMonitor, *tasks: tuple[int, int]) -> None:
    for workflow_id, task_id in tasks:
        with monitor.task(**RUN, task_id=task_id, workflow_id=workflow_id):
            pass


def test_given_a_new_run_when_asked_then_its_steps_are_queued_and_the_initiation_is_ready(
    hr: ETLMonitor, steps: Steps
) -> None:
    told = pending().json

    assert (told["execution_id"], told["processing_date"]) == ("run-1", DAY)
    assert named(told["ready"]) == [INITIATION]
    assert named(told["pending"]) == [INITIATION, EMPLOYEES, EVENTS, MART, PUBLISH]
    assert len(steps(execution_id="run-1")) == 5


def test_given_an_opened_run_when_asked_again_then_it_adds_nothing_and_says_what_is_ready(
    run: ETLMonitor, unchanged: Unchanged
) -> None:
    do(run, INITIATION)

    with unchanged():
        told = pending().json
    assert named(told["ready"]) == [EMPLOYEES, EVENTS]
    assert told["ready"][1]["active_value"] == "41"


def test_given_a_mandatory_failure_when_asked_then_nothing_is_ready_and_the_rest_is_pending(run: ETLMonitor) -> None:
    do(run, INITIATION, EMPLOYEES)
    with suppress(OSError), run.task(**RUN, task_id=2):
        raise OSError("the source is closed")

    told = pending().json
    assert told["ready"] == []
    assert [(item["task_name"], item["status"], item["log_message"]) for item in told["pending"]][1:2] == [
        ("Load events", "FAIL", "OSError: the source is closed")
    ]


def test_given_a_failure_when_the_pipeline_is_triggered_anew_then_only_the_rest_is_queued(
    run: ETLMonitor,
) -> None:
    do(run, INITIATION, EMPLOYEES)
    run.fail_task(**RUN, task_id=2)

    told = pending(execution_id="run-2").json

    assert named(told["pending"]) == [INITIATION, EVENTS, MART, PUBLISH]


def test_given_a_finished_day_when_the_pipeline_is_triggered_anew_then_both_lists_are_empty(
    run: ETLMonitor,
) -> None:
    do(run, INITIATION, EMPLOYEES, EVENTS, MART, PUBLISH)

    told = pending(execution_id="run-2").json

    assert (told["ready"], told["pending"]) == ([], [])


def test_given_a_task_at_work_when_triggered_anew_then_it_is_refused_and_nothing_written(
    run: ETLMonitor, unchanged: Unchanged
) -> None:
    run.start_task(**RUN, task_id=1)

    with unchanged(), pytest.raises(RunInProgress):
        pending(execution_id="run-2")


def test_given_no_execution_id_when_asked_then_the_unfinished_run_of_the_date_is_joined(
    run: ETLMonitor, unchanged: Unchanged
) -> None:
    with unchanged():
        told = pending(execution_id="").json
    assert told["execution_id"] == "run-1"


def test_given_nothing_but_a_process_when_asked_then_all_who_ask_get_one_run_of_today(hr: ETLMonitor) -> None:
    told = [run_notebook("etl_pending_tasks", **dict.fromkeys(widgets.NAMES, "") | HR).json for _ in range(2)]

    assert told[0] == told[1]
    assert date.fromisoformat(told[0]["processing_date"]) is not None
    assert len(told[0]["pending"]) == 5


@pytest.mark.parametrize(
    ("narrowed", "expected", "ready"),
    [
        ({"task_id": "1"}, [EMPLOYEES, PUBLISH], [EMPLOYEES]),
        ({"task_id": "1", "workflow_id": "2"}, [PUBLISH], []),
        ({"sequence_id": "2"}, [EMPLOYEES, EVENTS], [EMPLOYEES, EVENTS]),
        ({"task_id": "77"}, [], []),
    ],
)
def test_given_widgets_that_narrow_when_asked_then_both_lists_have_only_those_steps(
    narrowed: dict[str, str], expected: list[tuple[int, int]], ready: list[tuple[int, int]], run: ETLMonitor
) -> None:
    do(run, INITIATION)

    told = pending(**narrowed).json

    assert (named(told["pending"]), named(told["ready"])) == (expected, ready)


REFUSED = {
    "no process": ({"process_load": ""}, InvalidInput, "The widget process_load is empty"),
    "blanks": ({"processing_date": "  "}, InvalidInput, "The widget processing_date is '  '"),
    "quotes": ({"project_code": "CO'RP"}, ProcessNotFound, "CO'RP"),
    "an unknown process": ({"process_load": "NIGHT"}, ProcessNotFound, "NIGHT"),
    "a date that is none": ({"processing_date": "2026-02-30"}, InvalidInput, "processing_date is '2026-02-30'"),
    "a task that is none": ({"task_id": "one"}, InvalidInput, "task_id is 'one'"),
    "an id that is too long": ({"execution_id": "x" * 256}, InvalidInput, "execution_id is 256 characters"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_given_bad_widgets_when_asked_then_the_notebook_says_so_and_writes_nothing(
    case: str, hr: ETLMonitor, unchanged: Unchanged
) -> None:
    changed, error, words = REFUSED[case]

    with unchanged(), pytest.raises(error) as caught:
        pending(**changed)
    assert words in str(caught.value)
