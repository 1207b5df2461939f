"""`past_failures`, `history` and `durations`: what failed in a time, a task over days, how long things took."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest

from etl_monitor_orm import (
    Duration,
    ETLMonitor,
    InvalidInput,
    ManualClock,
    PastFailure,
    ProcessNotFound,
    Run,
    StepNotFound,
    TaskNotFound,
)

HR, OTHER = ("CORP", "HR_DAILY"), ("CORP", "HR_DAILX")
FIRST, SECOND, THIRD = date(2026, 4, 7), date(2026, 4, 8), date(2026, 4, 9)

Refused = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def days(hr: ETLMonitor, clock: ManualClock, prepare: Callable[..., None], work, fail) -> ETLMonitor:
    """Three days, each at 06:00. First: task 1 failed, and is DONE since. Second: all DONE, task 1 in 90 seconds.

    Third: task 1 failed twice and waits, task 2 failed; HR_DAILX, of the same ids, failed in task 1.
    """

    def live() -> None:
        hr.register_process(*OTHER).register_task(*OTHER, 1, 1, 2, "Load others")
        for day in (FIRST, SECOND, THIRD):
            clock.set(datetime(day.year, day.month, day.day, 6, tzinfo=UTC))
            run = hr.start_run(*HR, day, execution_id="run-1")
            if day == FIRST:
                fail(run, 1, 20)
                run.reset()
                work(run, 1, 40)
            elif day == SECOND:
                for task in (0, 1, 2, 3):
                    work(run, task, 90 if task == 1 else 10)
            else:
                last_day(run)

    def last_day(run: Run) -> None:
        fail(run, 1, 30)
        run.reset()
        fail(run, 1, 30)
        fail(run, 2, 60)
        hr.status_reset(*HR, THIRD, task_id=1)
        fail(hr.start_run(*OTHER, THIRD, execution_id="run-1"), 1, 60)

    prepare(live)
    return hr


def brief(rows: list[PastFailure]) -> list[tuple[int, str, int, int, str | None]]:
    return [(row.processing_date.day, row.process_load, row.task_id, row.attempts, row.became) for row in rows]


# past_failures()


def test_failures_of_a_time_include_those_that_were_queued_again_and_say_so(days: ETLMonitor) -> None:
    assert brief(days.past_failures(since="2026-04-01")) == [
        (9, "HR_DAILX", 1, 0, None),
        (9, "HR_DAILY", 2, 0, None),
        (9, "HR_DAILY", 1, 1, "waits"),
        (9, "HR_DAILY", 1, 0, "waits"),
        (7, "HR_DAILY", 1, 0, "done"),
    ]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            {"since": timedelta(hours=24)},
            [(9, "HR_DAILX", 1), (9, "HR_DAILY", 2), (9, "HR_DAILY", 1), (9, "HR_DAILY", 1)],
        ),
        ({"since": "2026-04-07", "until": "2026-04-08"}, [(7, "HR_DAILY", 1)]),
        ({"since": "2026-04-07", "until": date(2026, 4, 7)}, [(7, "HR_DAILY", 1)]),
        ({"since": "2026-04-07", "until": "2026-04-09 00:00"}, [(7, "HR_DAILY", 1)]),
        ({"since": "2026-04-09 06:02:00"}, [(9, "HR_DAILX", 1), (9, "HR_DAILY", 2)]),
        ({"since": 60}, [(9, "HR_DAILX", 1), (9, "HR_DAILY", 2)]),
        ({"since": 60, "until": 30}, [(9, "HR_DAILY", 2)]),
        ({"since": "2026-04-01", "processing_date": FIRST}, [(7, "HR_DAILY", 1)]),
        ({"since": "2026-04-01", "project_code": "CORP", "process_load": "HR_DAILX"}, [(9, "HR_DAILX", 1)]),
        ({"since": "2026-04-09", "mandatory": True, "where": "attempts = 0"}, [(9, "HR_DAILX", 1), (9, "HR_DAILY", 1)]),
        ({"since": "2026-04-01", "limit": 1}, [(9, "HR_DAILX", 1)]),
    ],
    ids=str,
)
def test_failures_of_a_time_are_those_that_are_asked_for(
    days: ETLMonitor, asked: dict[str, object], expected: list[tuple[int, str, int]]
) -> None:
    assert [row[:3] for row in brief(days.past_failures(**asked))] == expected


def test_failure_of_a_time_has_its_message_and_how_the_step_stands_now(days: ETLMonitor) -> None:
    days.start_task("run-1", *HR, 1, processing_date=THIRD)
    row = days.past_failures(*HR, THIRD, since="2026-04-01", where="task_id = 1 AND attempts = 1")[0]

    assert (row.log_message, row.end_time) == ("OSError: source is down", datetime(2026, 4, 9, 6, 1, tzinfo=UTC))
    assert (row.queued_again, row.current_state, row.current_attempts, row.became) == (True, "RUNNING", 2, "runs")


def test_failure_that_another_run_of_the_date_repaired_is_marked_with_that_run(days: ETLMonitor, work) -> None:
    run = days.start_run(*HR, THIRD, execution_id="run-0", resume=True)
    work(run, 2)

    (row,) = [row for row in days.past_failures(*HR, since="2026-04-09") if row.task_id == 2]
    assert (row.became, row.current_execution_id) == ("done", "run-0")


def test_failure_whose_retry_failed_is_marked_so(days: ETLMonitor, fail) -> None:
    fail(days.get_run("run-1", *HR, THIRD), 1)

    found = [(row.attempts, row.became) for row in days.past_failures(*HR, since="2026-04-09") if row.task_id == 1]
    assert found == [(2, None), (1, "failed again"), (0, "failed again")]


def test_failures_without_a_time_are_those_of_the_last_day(days: ETLMonitor, clock: ManualClock) -> None:
    clock.set("2026-04-10 06:01:45")

    assert [row[:3] for row in brief(days.past_failures())] == [(9, "HR_DAILX", 1), (9, "HR_DAILY", 2)]


def test_failures_of_a_time_without_its_beginning_are_refused(days: ETLMonitor, refused: Refused) -> None:
    with refused(InvalidInput, "since"):
        days.past_failures(since=None)
    with refused(InvalidInput, "since", "not before until"):
        days.past_failures(since=60, until=120)


def test_failures_of_a_time_of_an_unknown_process_are_refused(days: ETLMonitor, refused: Refused) -> None:
    with refused(ProcessNotFound, "CORP/PAYROLL"):
        days.past_failures("CORP", "PAYROLL", since=60)


# history()


@pytest.mark.parametrize("task", [1, "1", "Load employees"])
def test_history_of_a_task_is_each_attempt_the_latest_first(days: ETLMonitor, task: int | str) -> None:
    found = [(step.processing_date.day, step.attempts, step.status) for step in days.history(*HR, task)]

    assert found == [(9, 2, "RQUE"), (9, 1, "FAIL"), (9, 0, "FAIL"), (8, 0, "DONE"), (7, 1, "DONE"), (7, 0, "FAIL")]


def test_history_of_a_task_that_was_renamed_is_found_by_either_name(days: ETLMonitor) -> None:
    days.register_task(*HR, 1, 1, 2, "Load people")

    assert len(days.history(*HR, "Load people")) == len(days.history(*HR, "Load employees")) == 6


def test_history_of_a_number_is_that_of_each_pass_unless_one_is_named(days: ETLMonitor) -> None:
    days.register_task(*HR, 1, 2, 2, "Load employees again")
    days.start_run(*HR, THIRD, execution_id="run-2")

    assert {step.workflow_id for step in days.history(*HR, 1)} == {1, 2}
    assert {step.workflow_id for step in days.history(*HR, 1, 2)} == {2}
    assert {step.workflow_id for step in days.history(*HR, "Load employees again")} == {2}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"since": SECOND}, [9, 8]),
        ({"until": SECOND}, [8, 7]),
        ({"since": FIRST, "until": FIRST}, [7]),
        ({"limit": 1}, [9]),
    ],
    ids=str,
)
def test_history_is_of_the_dates_that_are_asked_for(days: ETLMonitor, asked: dict, expected: list[int]) -> None:
    assert list(dict.fromkeys(step.processing_date.day for step in days.history(*HR, 1, **asked))) == expected


def test_history_without_dates_goes_back_35_days(days: ETLMonitor, clock: ManualClock) -> None:
    clock.set("2026-05-13")

    assert {step.processing_date for step in days.history(*HR, 1)} == {SECOND, THIRD}


def test_history_of_an_unknown_task_is_refused(days: ETLMonitor, refused: Refused) -> None:
    with refused(TaskNotFound, "CORP/HR_DAILY", "no task 9"):
        days.history(*HR, 9)
    with refused(TaskNotFound, "no task 1"):
        days.history(*HR, 1, 7)
    with refused(StepNotFound, "'Load'", "Load employees"):
        days.history(*HR, "Load")
    with refused(ProcessNotFound, "CORP/PAYROLL"):
        days.history("CORP", "PAYROLL", 1)


def test_history_of_a_task_that_never_ran_is_empty(days: ETLMonitor) -> None:
    days.register_task(*HR, 7, 1, 2, "New")

    assert days.history(*HR, 7) == []


# durations()


def took(rows: list[Duration]) -> list[tuple[int, int | None, str, int]]:
    return [(row.processing_date.day, row.duration_seconds, row.state, row.attempts) for row in rows]


def test_durations_of_a_process_are_those_of_each_date(days: ETLMonitor) -> None:
    assert took(days.durations(*HR)) == [(9, None, "WAITING", 2), (8, 120, "COMPLETE", 0), (7, None, "WAITING", 1)]


def test_durations_of_a_task_are_those_of_its_current_attempts(days: ETLMonitor) -> None:
    assert took(days.durations(*HR, 1)) == [(9, None, "RQUE", 2), (8, 90, "DONE", 0), (7, 40, "DONE", 1)]
    assert took(days.durations(*HR, "Load employees", 1)) == took(days.durations(*HR, 1))


def test_durations_of_all_processes_name_each(days: ETLMonitor) -> None:
    found = [(row.processing_date.day, row.process_load) for row in days.durations(since=THIRD)]

    assert found == [(9, "HR_DAILX"), (9, "HR_DAILY")]


def test_duration_of_what_runs_is_the_time_since_its_start(days: ETLMonitor, clock: ManualClock) -> None:
    days.start_task("run-1", *HR, 1, processing_date=THIRD)
    clock.advance(25)

    assert took(days.durations(*HR, 1, since=THIRD)) == [(9, 25, "RUNNING", 2)]
    (row,) = days.durations(*OTHER, since=THIRD)
    assert row.end_time is not None
    (row,) = days.durations(*HR, since=THIRD)
    assert (row.end_time, row.duration_seconds, row.state) == (None, 145, "RUNNING")


def test_process_of_which_steps_wait_has_not_ended_and_has_no_duration(days: ETLMonitor, work) -> None:
    work(days.start_run(*HR, "2026-04-10", execution_id="run-10"), 0, 30)
    (row,) = days.durations(*HR, since="2026-04-10")

    assert (row.state, row.end_time, row.duration_seconds) == ("WAITING", None, None)


def test_durations_without_dates_are_of_ten_days(days: ETLMonitor, clock: ManualClock) -> None:
    clock.set("2026-04-17")

    assert {row.processing_date for row in days.durations(*HR)} == {SECOND, THIRD}
    assert {row.processing_date for row in days.durations(*HR, 1)} == {SECOND, THIRD}


def test_durations_of_dates_and_limits_are_those_that_are_asked_for(days: ETLMonitor) -> None:
    assert {row.processing_date for row in days.durations(*HR, since=FIRST, until=SECOND)} == {FIRST, SECOND}
    assert {row.processing_date for row in days.durations(*HR, limit=1)} == {THIRD}


def test_durations_of_an_unknown_task_or_process_are_refused(days: ETLMonitor, refused: Refused) -> None:
    with refused(TaskNotFound, "no task 9"):
        days.durations(*HR, 9)
    with refused(ProcessNotFound, "CORP/PAYROLL"):
        days.durations("CORP", "PAYROLL")
    with refused(InvalidInput, "process_load"):
        days.durations("CORP", task_id=1)
