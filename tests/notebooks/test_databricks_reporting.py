"""The notebooks that start, end and fail a task, as a pipeline runs them: by widgets, and on the real database."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from etl_monitor_orm import (
    Claim,
    ConfigurationError,
    ETLMonitor,
    InvalidInput,
    InvalidTransition,
    NotFoundError,
    Status,
    StepNotFound,
    widgets,
)
from tests.notebooks.conftest import DAY, HR, RUN, Steps
from tests.notebooks.databricks import run_notebook

BACKENDS = ("duckdb",)  # what they do together, on both: see `test_databricks_end_to_end.py`

REPORTS = ("etl_start_task", "etl_end_task", "etl_fail_task")
STEP = {**RUN, "task_id": "2", "workflow_id": "1"}
EMPTY = dict.fromkeys(widgets.NAMES, "")

Unchanged = Callable[[], AbstractContextManager[None]]


def test_given_a_queued_task_when_started_and_ended_by_notebooks_then_it_is_done(run: ETLMonitor, steps: Steps) -> None:
    began = run_notebook("etl_start_task", **STEP, source_type="ADF_PIPELINE", timestamp="2026-04-09T06:00:00Z")
    (started,) = steps(task_id=2)
    ended = run_notebook(
        "etl_end_task", **STEP, claim=began.json["claim"], log_message="7 rows", log_type="WARN", log_code="FEW"
    )

    (step,) = steps(task_id=2)
    assert (started.status, started.source_type, Claim.parse(began.json["claim"]).attempts) == (
        "NQUE",
        "ADF_PIPELINE",
        0,
    )
    assert started.start_time.isoformat() == "2026-04-09T06:00:00+00:00"
    assert (step.status, step.log_message, step.log_type, step.log_code) == (Status.DONE, "7 rows", "WARN", "FEW")
    assert json.loads(ended.value) == {"status": "DONE"}


def test_given_widgets_that_are_empty_when_a_notebook_runs_then_they_are_not_given(
    run: ETLMonitor, steps: Steps
) -> None:
    named = {**EMPTY, **HR, "execution_id": "run-1", "task_id": "2"}
    run_notebook("etl_start_task", **named)
    run_notebook("etl_end_task", **named)

    (step,) = steps(task_id=2)
    assert (step.status, step.processing_date.isoformat(), step.workflow_id) == (Status.DONE, DAY, 1)
    assert (step.source_type, step.log_message, step.log_type, step.log_code) == (None, None, "INFO", None)


def test_given_a_task_of_the_second_pass_when_started_then_its_namesake_still_waits(
    run: ETLMonitor, steps: Steps
) -> None:
    run_notebook("etl_start_task", **{**STEP, "task_id": "1", "workflow_id": "2"})

    assert [(step.workflow_id, step.start_time is not None) for step in steps(task_id=1)] == [(1, False), (2, True)]


def test_given_the_same_run_id_in_another_process_when_a_task_is_ended_then_only_its_own_is(
    run: ETLMonitor, steps: Steps
) -> None:
    other = {"project_code": "CORP", "process_load": "PAYROLL"}
    run.register_process(**other).register_task(**other, task_id=2, workflow_id=1, sequence_id=2, task_name="Pay")
    run.start_run(**other, processing_date=DAY, execution_id="run-1")

    run_notebook("etl_end_task", **STEP)

    assert {step.process_load: step.status for step in steps(task_id=2)} == {"HR_DAILY": "DONE", "PAYROLL": "NQUE"}


REFUSED = {
    "no task": ({"task_id": ""}, InvalidInput, "The widget task_id is empty"),
    "nothing": (dict.fromkeys(STEP, ""), InvalidInput, "execution_id, project_code, process_load, task_id are empty"),
    "blanks": ({"project_code": "   "}, InvalidInput, "The widget project_code is '   ', with blanks around it"),
    "a tab": ({"claim": "\t"}, InvalidInput, "The widget claim is '\\t', with blanks around it"),
    "quotes": ({"project_code": "'CORP'"}, StepNotFound, "of 'CORP'/HR_DAILY is not registered"),
    "blanks around": ({"process_load": " HR_DAILY "}, InvalidInput, "The widget process_load is ' HR_DAILY '"),
    "a word for a task": ({"task_id": "two"}, InvalidInput, "task_id is 'two'"),
    "a quoted task": ({"task_id": '"2"'}, InvalidInput, "task_id is '\"2\"'"),
    "a fraction of a task": ({"task_id": "2.5"}, InvalidInput, "task_id is '2.5'"),
    "an unknown task": ({"task_id": "99"}, StepNotFound, "99"),
    "another stage": ({"sequence_id": "6"}, NotFoundError, "2"),
    "an unknown run": ({"execution_id": "run-9'--"}, NotFoundError, "run-9'--"),
    "another date": ({"processing_date": "2026-04-08"}, NotFoundError, "2026-04-08"),
    "a word for a date": ({"processing_date": "tomorrow"}, InvalidInput, "processing_date is 'tomorrow'"),
    "a time that is none": ({"timestamp": "06:00 o'clock"}, InvalidInput, "timestamp is"),
    "a time to come": ({"timestamp": "2999-01-01T00:00:00Z"}, InvalidInput, "timestamp"),
}


@pytest.mark.parametrize("notebook", REPORTS)
@pytest.mark.parametrize("case", REFUSED)
def test_given_bad_widgets_when_a_notebook_runs_then_it_says_so_and_writes_nothing(
    notebook: str, case: str, run: ETLMonitor, unchanged: Unchanged
) -> None:
    changed, error, words = REFUSED[case]
    with unchanged(), pytest.raises(error) as caught:
        run_notebook(notebook, **{**STEP, **changed})
    assert words in str(caught.value)


FORGED = {
    "another start": ("0@2026-04-09T05:59:59+00:00", InvalidTransition, "claim"),
    "another attempt": ("7@2026-04-09T06:00:00+00:00", NotFoundError, "7"),
    "no claim at all": ("' OR 1=1 --", InvalidInput, "claim is"),
    "a claim without its time": ("0@", InvalidInput, "claim"),
}


@pytest.mark.parametrize("notebook", ["etl_end_task", "etl_fail_task"])
@pytest.mark.parametrize("case", FORGED)
def test_given_a_forged_claim_when_a_task_is_ended_then_it_is_refused_and_nothing_written(
    notebook: str, case: str, run: ETLMonitor, unchanged: Unchanged
) -> None:
    claim, error, words = FORGED[case]
    run.start_task(**RUN, task_id=2, timestamp="2026-04-09T06:00:00Z")

    with unchanged(), pytest.raises(error) as caught:
        run_notebook(notebook, **STEP, claim=claim)
    assert words in str(caught.value)


def test_given_a_running_task_when_started_again_then_its_state_is_named_and_nothing_written(
    run: ETLMonitor, unchanged: Unchanged
) -> None:
    run_notebook("etl_start_task", **STEP)

    with unchanged(), pytest.raises(InvalidTransition, match=r"Cannot start task 2 .*: it is NQUE, running since"):
        run_notebook("etl_start_task", **STEP)


@pytest.mark.parametrize("notebook", [*REPORTS, "etl_pending_tasks", "01-install"])
def test_given_no_url_when_a_notebook_runs_then_it_names_the_widget_and_makes_no_file(
    notebook: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError, match="Fill in the widget etl_monitor_url, or set ETL_MONITOR_URL"):
        run_notebook(notebook, **STEP)
    assert list(tmp_path.iterdir()) == []


def test_given_a_url_in_the_widget_when_a_notebook_runs_then_it_wins_over_the_variable(
    run: ETLMonitor, url: str, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", "duckdb:////nowhere/at/all.duckdb")

    run_notebook("etl_start_task", **STEP, etl_monitor_url=url)

    (step,) = steps(task_id=2)
    assert step.start_time is not None
