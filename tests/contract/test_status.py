"""How things stand: step detail and run rollup, by date, run, pass, stage and task."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    ManualClock,
    ProcessNotFound,
    Run,
    RunStatus,
    RunSummary,
    Status,
    TaskDetail,
)

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"

Refused = Callable[..., AbstractContextManager[None]]


def brief(details: list[TaskDetail]) -> list[tuple[int, str, int, Status]]:
    """Task, run, attempt and state of each step."""
    return [(line.task_id, line.execution_id, line.attempts, line.status) for line in details]


@pytest.fixture
def retried(hr: ETLMonitor, run: Run, prepare: Callable[..., None]) -> ETLMonitor:
    """Run `run-1`: task 2 DONE, task 1 failed and queued again with the initiation, as attempt 1."""

    def retry() -> None:
        hr.end_task("run-1", *HR, 2)
        hr.fail_task("run-1", *HR, 1)
        run.reset()

    prepare(retry)
    return hr


def test_given_a_run_when_status_is_asked_then_each_step_is_listed_in_running_order(run: Run) -> None:
    assert [(line.workflow_id, line.sequence_id, line.task_id) for line in run.status()] == [
        (0, 0, 0),
        (1, 2, 1),
        (1, 2, 2),
        (1, 6, 3),
    ]


def test_given_a_retried_run_when_status_is_asked_then_the_current_attempts_are_listed(retried: ETLMonitor) -> None:
    assert brief(retried.get_status(*HR, DAY)) == [
        (0, "run-1", 1, "RQUE"),
        (1, "run-1", 1, "RQUE"),
        (2, "run-1", 0, "DONE"),
        (3, "run-1", 0, "NQUE"),
    ]


def test_given_a_retried_run_when_all_attempts_are_asked_for_then_failed_ones_are_included(
    retried: ETLMonitor,
) -> None:
    assert brief(retried.get_status(*HR, DAY, attempts="all")) == [
        (0, "run-1", 0, "NQUE"),
        (0, "run-1", 1, "RQUE"),
        (1, "run-1", 0, "FAIL"),
        (1, "run-1", 1, "RQUE"),
        (2, "run-1", 0, "DONE"),
        (3, "run-1", 0, "NQUE"),
    ]


def test_given_a_retried_run_when_one_attempt_is_asked_for_then_only_its_steps_are_listed(retried: ETLMonitor) -> None:
    assert brief(retried.get_status(*HR, DAY, attempts=1)) == [(0, "run-1", 1, "RQUE"), (1, "run-1", 1, "RQUE")]


def test_given_a_retried_run_when_the_first_attempt_is_asked_for_then_later_ones_are_not_listed(
    retried: ETLMonitor,
) -> None:
    assert {line.attempts for line in retried.get_status(*HR, DAY, attempts=0)} == {0}
    assert [row.attempts for row in retried.get_status(*HR, DAY, attempts=0, summary_mode=True)] == [0]


def test_given_two_runs_of_a_date_when_status_is_asked_then_the_later_has_the_current_attempts(
    hr: ETLMonitor, run: Run
) -> None:
    hr.end_task("run-1", *HR, 2)
    hr.start_run(*HR, DAY, execution_id="run-2", resume=True)

    assert brief(hr.get_status(*HR, DAY)) == [
        (0, "run-2", 1, "NQUE"),
        (1, "run-2", 1, "NQUE"),
        (2, "run-1", 0, "DONE"),
        (3, "run-2", 1, "NQUE"),
    ]


def test_given_two_runs_of_a_date_when_asked_for_one_then_its_own_attempts_are_current(
    hr: ETLMonitor, run: Run
) -> None:
    hr.start_run(*HR, DAY, execution_id="run-2")

    assert {line.execution_id for line in hr.get_status(*HR, DAY, "run-1")} == {"run-1"}


@pytest.mark.parametrize(
    ("narrow", "tasks"),
    [
        ({"workflow_id": 0}, [0]),
        ({"workflow_id": 1}, [1, 2, 3]),
        ({"sequence_id": 2}, [1, 2]),
        ({"task_id": 3}, [3]),
        ({"workflow_id": 1, "sequence_id": 2, "task_id": 2}, [2]),
        ({"workflow_id": 0, "task_id": 2}, []),
        ({"execution_id": "nobody"}, []),
    ],
)
def test_given_a_filter_when_status_is_asked_then_only_the_steps_that_match_are_listed(
    hr: ETLMonitor, run: Run, narrow: dict[str, object], tasks: list[int]
) -> None:
    assert [line.task_id for line in hr.get_status(*HR, DAY, **narrow)] == tasks


def test_given_a_task_number_in_two_passes_then_the_attempts_of_each_are_told_apart(hr: ETLMonitor) -> None:
    hr.register_task(*HR, 1, 2, 2, "Load employees again")
    run = hr.start_run(*HR, DAY, execution_id="run-1")
    hr.fail_task("run-1", *HR, 1, workflow_id=1)
    run.reset()
    details = hr.get_status(*HR, DAY, task_id=1)

    assert [(line.workflow_id, line.attempts) for line in details] == [(1, 1), (2, 0)]


def test_given_another_process_when_status_is_asked_then_its_steps_are_not_listed(hr: ETLMonitor, run: Run) -> None:
    hr.register_process("CORP", "FIN_DAILY").register_task("CORP", "FIN_DAILY", 1, 1, 2, "Load costs")
    hr.start_run("CORP", "FIN_DAILY", DAY)

    assert {line.process_load for line in hr.get_status(*HR, DAY, attempts="all")} == {"HR_DAILY"}


def test_given_a_date_without_runs_when_status_is_asked_then_nothing_is_listed(hr: ETLMonitor, run: Run) -> None:
    assert hr.get_status(*HR, "2026-04-10") == []


def test_given_a_run_and_no_date_when_status_is_asked_then_the_runs_own_date_is_meant(hr: ETLMonitor, run: Run) -> None:
    hr.start_run(*HR, "2026-01-01", execution_id="today")

    assert {line.processing_date for line in hr.get_status(*HR, execution_id="run-1")} == {date(2026, 4, 9)}


def test_given_an_id_that_ran_on_two_dates_when_status_has_no_date_then_its_latest_is_meant(
    hr: ETLMonitor, run: Run
) -> None:
    hr.start_run(*HR, "2026-04-10", execution_id="run-1")
    hr.start_run(*HR, "2026-04-11", execution_id="run-2")

    assert [line.processing_date.day for line in hr.get_status(*HR, execution_id="run-1")] == [10] * 4
    rollup = hr.get_status(*HR, execution_id="run-1", summary_mode=True)
    assert [line.processing_date.day for line in rollup] == [10]


def test_given_live_mode_when_status_has_no_date_then_the_latest_that_has_steps_is_shown(
    hr: ETLMonitor, run: Run
) -> None:
    hr.start_run(*HR, "2026-01-01", execution_id="today")
    hr.register_process("CORP", "OTHER").register_task("CORP", "OTHER", 1, 1, 2, "Load")
    hr.start_run("CORP", "OTHER", "2026-04-10")

    assert {line.execution_id for line in hr.get_status(*HR)} == {"run-1"}


def test_given_a_process_that_never_ran_when_status_has_no_date_then_it_is_empty(hr: ETLMonitor) -> None:
    assert hr.get_status(*HR) == []


def test_given_historic_mode_and_no_date_when_status_is_asked_then_its_date_is_meant(hr: ETLMonitor, run: Run) -> None:
    hr.start_run(*HR, "2026-01-01", execution_id="today")
    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date=DAY)

    assert {line.execution_id for line in hr.get_status(*HR)} == {"run-1"}


def test_given_detail_then_it_is_made_of_rows_of_the_view_with_their_deadlines(hr: ETLMonitor, run: Run) -> None:
    (mart,) = hr.get_status(*HR, DAY, task_id=3)

    assert (type(mart), mart.task_name, mart.expected_duration_seconds, mart.sla_breached, mart.is_running) == (
        TaskDetail,
        "Build mart",
        60,
        False,
        False,
    )


@pytest.mark.parametrize(("seconds", "breached"), [(60.9, False), (61, True)])
def test_given_a_running_step_when_status_is_asked_then_the_monitors_clock_judges_it(
    hr: ETLMonitor, run: Run, clock: ManualClock, seconds: float, breached: bool
) -> None:
    hr.start_task("run-1", *HR, 3)
    clock.advance(seconds)

    assert [line.sla_breached for line in run.status() if line.task_id == 3] == [breached]


def test_given_summary_mode_then_there_is_one_rollup_per_attempt(retried: ETLMonitor) -> None:
    rollup = retried.get_status(*HR, DAY, summary_mode=True)

    assert [(type(line), line.attempts, line.total_tasks, line.overall_status) for line in rollup] == [
        (RunSummary, 0, 4, RunStatus.FAILED),
        (RunSummary, 1, 2, RunStatus.RUNNING),
    ]


def test_given_summary_mode_and_an_attempt_then_only_that_one_is_rolled_up(retried: ETLMonitor) -> None:
    assert [line.attempts for line in retried.get_status(*HR, DAY, attempts=1, summary_mode=True)] == [1]


def test_given_summary_mode_and_a_run_then_only_that_one_is_rolled_up(hr: ETLMonitor, run: Run) -> None:
    hr.start_run(*HR, DAY, execution_id="run-2")

    rollup = hr.get_status(*HR, DAY, "run-1", summary_mode=True)
    assert [(line.execution_id, line.attempts) for line in rollup] == [("run-1", 0)]


def test_given_summary_mode_and_no_date_then_the_latest_that_has_steps_is_rolled_up(hr: ETLMonitor, run: Run) -> None:
    hr.start_run(*HR, "2026-01-01", execution_id="today")

    assert [line.execution_id for line in hr.get_status(*HR, summary_mode=True)] == ["run-1"]


@pytest.mark.parametrize("narrow", [{"task_id": 2}, {"sequence_id": 6}, {"workflow_id": 1, "task_id": 3}])
def test_given_summary_mode_and_a_filter_then_attempts_with_such_a_step_are_rolled_up_whole(
    retried: ETLMonitor, narrow: dict[str, int]
) -> None:
    rollup = retried.get_status(*HR, DAY, summary_mode=True, **narrow)

    assert [(line.attempts, line.total_tasks) for line in rollup] == [(0, 4)]


def test_given_an_id_on_three_dates_when_a_task_of_one_is_asked_for_then_it_is_rolled_up(
    hr: ETLMonitor, run: Run
) -> None:
    hr.register_task(*HR, 9, 1, 2, "For one day")
    hr.start_run(*HR, "2026-04-10", execution_id="run-1")
    hr.deactivate_task(*HR, 9, 1)
    hr.start_run(*HR, "2026-04-11", execution_id="run-1")
    days = [DAY, "2026-04-10", "2026-04-11"]

    assert [len(hr.get_status(*HR, day, task_id=9, summary_mode=True)) for day in days] == [0, 1, 0]


def test_given_a_run_handle_when_its_status_is_asked_then_it_is_of_that_run(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    later = hr.start_run(*HR, DAY, execution_id="run-2")

    assert {line.execution_id for line in run.status()} == {"run-1"}
    assert {line.execution_id for line in later.status()} == {"run-2"}


def test_given_a_run_handle_when_all_its_attempts_are_asked_for_then_they_are_listed(
    retried: ETLMonitor, run: Run
) -> None:
    assert len(run.status(attempts="all")) == 6


def test_given_a_run_handle_when_its_summary_is_asked_then_its_attempts_are_rolled_up(
    retried: ETLMonitor, run: Run
) -> None:
    assert [line.attempts for line in run.summary()] == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"attempts": "some"}, "attempts"),
        ({"attempts": -1}, "attempts"),
        ({"summary_mode": "yes"}, "summary_mode"),
        ({"processing_date": "today"}, "'today'"),
        ({"execution_id": ""}, "execution_id"),
        ({"workflow_id": "one"}, "workflow_id"),
        ({"sequence_id": True}, "sequence_id"),
        ({"task_id": 1.5}, "task_id"),
    ],
)
def test_given_an_argument_that_cannot_be_read_when_status_is_asked_then_it_is_refused(
    hr: ETLMonitor, refused: Refused, arguments: dict[str, object], words: str
) -> None:
    with refused(InvalidInput, words):
        hr.get_status(*HR, **arguments)


@pytest.mark.parametrize("summary_mode", [False, True])
@pytest.mark.parametrize(
    "scope", [{}, {"processing_date": "2026-04-09"}, {"execution_id": "run-1"}, {"task_id": 1, "attempts": "all"}]
)
def test_status_of_an_unknown_process_is_refused(
    hr: ETLMonitor,
    run: Run,
    refused: Refused,
    scope: dict[str, str],
    summary_mode: bool,
) -> None:
    with refused(ProcessNotFound, "CORP/NOWHERE", "CORP/HR_DAILY"):
        hr.get_status("CORP", "NOWHERE", **scope, summary_mode=summary_mode)


@pytest.mark.parametrize(
    "elsewhere", [("CORO", "HR_DAILY"), ("CORQ", "HR_DAILY"), ("CORP", "HR_DAILX"), ("CORP", "HR_DAILZ")]
)
def test_given_a_task_that_only_a_namesake_has_then_no_attempt_of_this_process_is_rolled_up_for_it(
    hr: ETLMonitor, elsewhere: tuple[str, str]
) -> None:
    hr.start_run(*HR, DAY, execution_id="run-1")
    hr.register_process(*elsewhere).register_task(*elsewhere, 9, 1, 2, "Load cars")
    hr.start_run(*elsewhere, DAY, execution_id="run-1")

    assert hr.get_status(*HR, DAY, task_id=9, summary_mode=True) == []
    assert len(hr.get_status(*elsewhere, DAY, task_id=9, summary_mode=True)) == 1


@pytest.mark.parametrize("other", [("2026-04-08", "run-1"), ("2026-04-10", "run-1"), (DAY, "run-0"), (DAY, "run-2")])
def test_given_a_task_that_only_another_run_or_date_has_then_no_attempt_of_this_one_is_rolled_up_for_it(
    hr: ETLMonitor, other: tuple[str, str]
) -> None:
    hr.start_run(*HR, DAY, execution_id="run-1")
    hr.register_task(*HR, 9, 1, 2, "Load cars")
    hr.start_run(*HR, other[0], execution_id=other[1])

    assert hr.get_status(*HR, DAY, execution_id="run-1", task_id=9, summary_mode=True) == []
