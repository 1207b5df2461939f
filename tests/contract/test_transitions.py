"""The state machine of a step through the flat calls: what each transition writes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    LogType,
    ManualClock,
    ProcessingStep,
    Run,
    SourceType,
    Status,
)

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
RUN = ("run-1", *HR)

Block = AbstractContextManager[None]
Step = Callable[..., ProcessingStep]
Tables = Callable[[], dict[str, list[dict[str, object]]]]
Changes = Callable[[], AbstractContextManager[list[int]]]


def done(run: Run, *tasks: int) -> None:
    for task in tasks:
        with run.task(task):
            pass


# Start


def test_given_a_queued_step_when_started_then_it_is_running_since_now(
    hr: ETLMonitor, run: Run, step: Step, clock: ManualClock
) -> None:
    clock.set("2026-04-09 08:09:10.111213")
    hr.start_task(*RUN, 1)
    started = step(1)
    assert (started.status, started.is_running) == (Status.NQUE, True)
    assert (started.start_time, started.end_time, started.duration_seconds) == (clock.now, None, None)
    assert (started.last_updated_on, started.last_updated_by) == (clock.now, "pytest")


def test_given_a_step_queued_again_when_started_then_it_is_running(hr: ETLMonitor, run: Run, step: Step) -> None:
    hr.fail_task(*RUN, 1)
    run.reset()
    hr.start_task(*RUN, 1)
    assert (step(1, 1).status, step(1, 1).is_running) == (Status.RQUE, True)


def test_given_queued_steps_when_one_is_started_then_the_others_are_not_touched(
    hr: ETLMonitor, run: Run, changed_steps: Changes, clock: ManualClock
) -> None:
    hr.start_run(*HR, DAY, execution_id="run-2")
    with changed_steps() as tasks:
        clock.advance(1)
        hr.start_task(*RUN, 1)
    assert tasks == [1]


def test_given_where_the_work_is_done_when_started_then_the_step_tells(hr: ETLMonitor, run: Run, step: Step) -> None:
    hr.start_task(*RUN, 1, source_type="DBX_JOB", source_run_id="job/7", cluster_id="0409-cluster")
    started = step(1)
    assert (started.source_type, started.source_run_id, started.cluster_id) == (
        SourceType.DBX_JOB,
        "job/7",
        "0409-cluster",
    )


def test_given_no_facts_about_the_work_when_started_then_the_step_keeps_the_task_source_type(
    hr: ETLMonitor, step: Step
) -> None:
    hr.register_task(*HR, 1, 1, 2, "Load employees", "ADF_PIPELINE").start_run(*HR, DAY, execution_id="run-1")
    hr.start_task(*RUN, 1)
    assert (step(1).source_type, step(1).source_run_id, step(1).cluster_id) == (SourceType.ADF_PIPELINE, None, None)


# End


def test_given_a_running_step_when_ended_then_it_is_done(
    hr: ETLMonitor, run: Run, step: Step, clock: ManualClock
) -> None:
    hr.start_task(*RUN, 1)
    began = clock.now
    clock.advance(90)
    hr.end_task(*RUN, 1)
    ended = step(1)
    assert (ended.status, ended.is_running) == (Status.DONE, False)
    assert (ended.start_time, ended.end_time, ended.duration_seconds) == (began, clock.now, 90)
    assert (ended.last_updated_on, ended.last_updated_by) == (clock.now, "pytest")


@pytest.mark.parametrize(
    ("seconds", "whole"), [(0, 0), (0.999999, 0), (1, 1), (59.5, 59), (86_400.4, 86_400), (10_000_000, 10_000_000)]
)
def test_given_a_running_step_when_ended_then_its_duration_is_in_whole_seconds(
    hr: ETLMonitor, run: Run, step: Step, clock: ManualClock, seconds: float, whole: int
) -> None:
    clock.set("2026-04-09 08:00:00.600000")
    hr.start_task(*RUN, 1)
    clock.advance(seconds)
    hr.end_task(*RUN, 1)
    assert step(1).duration_seconds == whole


@pytest.mark.parametrize(("call", "status"), [("end_task", Status.DONE), ("fail_task", Status.FAIL)])
def test_given_a_step_that_was_never_started_when_ended_then_it_has_no_start_and_no_duration(
    hr: ETLMonitor, run: Run, step: Step, clock: ManualClock, call: str, status: Status
) -> None:
    clock.advance(60)
    getattr(hr, call)(*RUN, 1)
    ended = step(1)
    assert (ended.status, ended.start_time, ended.end_time, ended.duration_seconds) == (status, None, clock.now, None)


def test_given_log_fields_when_ended_then_the_step_holds_them(hr: ETLMonitor, run: Run, step: Step) -> None:
    hr.end_task(*RUN, 1, log_message="107 rows", log_type="WARN", log_code="W-7")
    assert (step(1).log_message, step(1).log_type, step(1).log_code) == ("107 rows", LogType.WARN, "W-7")


@pytest.mark.parametrize("call", ["end_task", "fail_task"])
def test_source_type_given_with_the_ending_is_stored_and_otherwise_stays(
    hr: ETLMonitor, run: Run, step: Step, call: str
) -> None:
    hr.start_task(*RUN, 1, source_type="DBX_JOB")
    getattr(hr, call)(*RUN, 1)
    assert step(1).source_type is SourceType.DBX_JOB

    getattr(hr, call)(*RUN, 2, source_type="ADF_PIPELINE")
    assert step(2).source_type is SourceType.ADF_PIPELINE


@pytest.mark.parametrize("call", ["end_task", "fail_task"])
def test_source_type_that_is_unknown_is_refused_at_the_ending(hr: ETLMonitor, run: Run, step: Step, call: str) -> None:
    with pytest.raises(InvalidInput, match="source_type is 'CRON'"):
        getattr(hr, call)(*RUN, 1, source_type="CRON")
    assert step(1).status is Status.NQUE


def test_given_no_log_fields_when_ended_then_the_step_is_done_with_a_plain_info(
    hr: ETLMonitor, run: Run, step: Step
) -> None:
    hr.end_task(*RUN, 1)
    assert (step(1).log_message, step(1).log_type, step(1).log_code) == (None, LogType.INFO, None)


def test_given_other_steps_when_one_is_ended_then_they_are_not_touched(
    hr: ETLMonitor, run: Run, changed_steps: Changes, clock: ManualClock
) -> None:
    hr.start_run(*HR, DAY, execution_id="run-2")
    with changed_steps() as tasks:
        clock.advance(1)
        hr.end_task(*RUN, 3)
    assert tasks == [3]


@pytest.mark.parametrize("status", ["DONE", Status.DONE])
def test_given_the_status_done_when_ended_with_it_then_it_is_done(
    hr: ETLMonitor, run: Run, step: Step, status: Status | str
) -> None:
    hr.end_task(*RUN, 1, status=status)
    assert step(1).status is Status.DONE


# Fail


def test_given_a_running_step_when_failed_then_it_is_fail_with_an_error(
    hr: ETLMonitor, run: Run, step: Step, clock: ManualClock
) -> None:
    hr.start_task(*RUN, 1)
    began = clock.now
    clock.advance(90)
    hr.fail_task(*RUN, 1, log_message="no source", log_code="E-1")
    failed = step(1)
    assert (failed.status, failed.is_running) == (Status.FAIL, False)
    assert (failed.start_time, failed.end_time, failed.duration_seconds) == (began, clock.now, 90)
    assert (failed.log_message, failed.log_type, failed.log_code) == ("no source", LogType.ERROR, "E-1")
    assert (failed.last_updated_on, failed.last_updated_by) == (clock.now, "pytest")


@pytest.mark.parametrize("status", ["FAIL", Status.FAIL])
@pytest.mark.parametrize("log_type", [None, "INFO", "WARN"])
def test_given_the_status_fail_when_ended_with_it_then_it_is_an_error_whatever_the_log_type(
    hr: ETLMonitor, run: Run, step: Step, status: Status | str, log_type: str | None
) -> None:
    hr.end_task(*RUN, 1, status=status, log_message="no source", log_type=log_type)
    assert (step(1).status, step(1).log_message, step(1).log_type) == (Status.FAIL, "no source", LogType.ERROR)


def test_given_a_step_queued_again_when_failed_again_then_both_failures_are_kept(
    hr: ETLMonitor, run: Run, step: Step
) -> None:
    hr.fail_task(*RUN, 1, log_message="first")
    run.reset()
    hr.fail_task(*RUN, 1, log_message="second")
    assert [(step(1, attempt).status, step(1, attempt).log_message) for attempt in (0, 1)] == [
        (Status.FAIL, "first"),
        (Status.FAIL, "second"),
    ]


def test_given_a_failure_when_tried_again_then_the_failed_attempt_stays_as_it_was(
    hr: ETLMonitor, run: Run, tables: Tables, clock: ManualClock
) -> None:
    hr.start_task(*RUN, 1)
    hr.fail_task(*RUN, 1, log_message="first", log_code="E-1")
    (failed,) = [found for found in tables()["ETLProcessingSteps"] if found["TaskID"] == 1]
    clock.advance(60)
    run.reset()
    done(run, 0, 1)
    assert failed in tables()["ETLProcessingSteps"]


# Real times


@pytest.mark.parametrize("given", ["2025-12-31 03:04:05", datetime(2025, 12, 31, 3, 4, 5), "2025-12-31T05:04:05+02:00"])
def test_given_an_outside_time_when_started_then_that_is_when_the_work_began(
    hr: ETLMonitor, run: Run, step: Step, clock: ManualClock, given: datetime | str
) -> None:
    hr.start_task(*RUN, 1, timestamp=given)
    assert (step(1).start_time, step(1).last_updated_on) == (datetime(2025, 12, 31, 3, 4, 5, tzinfo=UTC), clock.now)


@pytest.mark.parametrize("call", ["end_task", "fail_task"])
def test_given_an_outside_time_when_ended_then_that_is_when_the_work_ended(
    hr: ETLMonitor, run: Run, step: Step, clock: ManualClock, call: str
) -> None:
    hr.start_task(*RUN, 1, timestamp="2025-12-31 03:00:00")
    getattr(hr, call)(*RUN, 1, timestamp="2025-12-31 03:10:00.5")
    ended = step(1)
    assert ended.end_time == datetime(2025, 12, 31, 3, 10, 0, 500_000, tzinfo=UTC)
    assert (ended.duration_seconds, ended.last_updated_on) == (600, clock.now)


# Which attempt


def test_given_two_runs_of_a_date_when_a_step_of_one_moves_then_only_that_run_changes(
    hr: ETLMonitor, run: Run, step: Step
) -> None:
    hr.start_run(*HR, DAY, execution_id="run-2")
    hr.start_task(*RUN, 1)
    assert (step(1).is_running, step(1, execution_id="run-2").is_running) == (True, False)


@pytest.mark.parametrize("call", ["start_task", "end_task", "fail_task"])
def test_given_a_step_of_the_same_number_in_another_run_when_one_moves_then_it_is_not_touched(
    hr: ETLMonitor, run: Run, step: Step, call: str
) -> None:
    # Another tool may number the first attempt of each run 0.
    with hr.session() as session, session.begin():
        other = {"processing_date": DAY, "project_code": "CORP", "process_load": "HR_DAILY", "execution_id": "run-2"}
        numbers = {"workflow_id": 1, "task_id": 1, "sequence_id": 2, "attempts": 0, "status": "NQUE"}
        session.add(ProcessingStep(**other, **numbers))
    getattr(hr, call)(*RUN, 1)
    untouched = step(1, execution_id="run-2")
    assert (untouched.status, untouched.start_time, untouched.end_time) == (Status.NQUE, None, None)


def test_given_an_attempt_number_when_named_then_that_attempt_moves(hr: ETLMonitor, run: Run, step: Step) -> None:
    hr.fail_task(*RUN, 1, attempts=0)
    run.reset()
    hr.start_task(*RUN, 1, attempts=1)
    hr.end_task(*RUN, 1, attempts=1)
    assert (step(1, 0).status, step(1, 1).status) == (Status.FAIL, Status.DONE)


def test_given_no_pass_when_a_task_is_named_then_it_is_the_main_load_or_initiation_for_task_0(
    hr: ETLMonitor, step: Callable[..., ProcessingStep], row: Callable[..., ProcessingStep]
) -> None:
    hr.register_task(*HR, 1, 2, 2, "Second pass").start_run(*HR, DAY, execution_id="run-1")
    hr.start_task(*RUN, 1)
    hr.start_task(*RUN, 0)
    assert step(0).is_running
    assert row(ProcessingStep, task_id=1, workflow_id=1).is_running
    assert not row(ProcessingStep, task_id=1, workflow_id=2).is_running


def test_given_a_pass_when_a_task_is_named_then_it_is_the_task_of_that_pass(
    hr: ETLMonitor, row: Callable[..., ProcessingStep]
) -> None:
    hr.register_task(*HR, 1, 2, 2, "Second pass").start_run(*HR, DAY, execution_id="run-1")
    hr.start_task(*RUN, 1, workflow_id=2, sequence_id=2)
    assert row(ProcessingStep, task_id=1, workflow_id=2).is_running
    assert not row(ProcessingStep, task_id=1, workflow_id=1).is_running


def test_given_a_run_on_two_dates_when_a_date_is_named_then_it_is_the_step_of_that_date(
    hr: ETLMonitor, run: Run, row: Callable[..., ProcessingStep]
) -> None:
    hr.start_run(*HR, "2026-04-10", execution_id="run-1")
    hr.start_task(*RUN, 1, processing_date="2026-04-09")
    assert row(ProcessingStep, task_id=1, processing_date=DAY).is_running
    assert not row(ProcessingStep, task_id=1, processing_date=date(2026, 4, 10)).is_running


# Takeover


def test_given_a_running_step_when_taken_over_then_it_starts_again(
    hr: ETLMonitor, run: Run, step: Step, clock: ManualClock
) -> None:
    hr.start_task(*RUN, 1, source_run_id="first")
    clock.advance(60)
    hr.start_task(*RUN, 1, takeover=True, source_run_id="second")
    taken = step(1)
    assert (taken.status, taken.attempts, taken.start_time) == (Status.NQUE, 0, clock.now)
    assert (taken.source_run_id, taken.is_running) == ("second", True)


def test_given_a_step_that_waits_when_taken_over_then_it_starts(hr: ETLMonitor, run: Run, step: Step) -> None:
    hr.start_task(*RUN, 1, takeover=True)
    assert step(1).is_running
