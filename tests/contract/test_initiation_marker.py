"""The initiation step is the run's marker: what a failure does to it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock, ProcessingStep, Run, Status
from etl_monitor_orm.testing import assert_done, assert_queued

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
RUN = ("run-1", *HR)

Step = Callable[..., ProcessingStep]
Changes = Callable[[], AbstractContextManager[list[int]]]


def done(run: Run, *tasks: int) -> None:
    for task in tasks:
        with run.task(task):
            pass


@pytest.fixture
def under_way(hr: ETLMonitor, run: Run, clock: ManualClock) -> Run:
    """A run whose initiation took 30 seconds and is DONE."""
    hr.start_task(*RUN, 0)
    clock.advance(30)
    hr.end_task(*RUN, 0, log_message="go")
    clock.advance(30)
    return run


@pytest.mark.parametrize("how", ["fail_task", "end_task", "task", "never started"])
def test_given_a_done_initiation_when_a_mandatory_step_fails_then_it_is_queued_as_if_new(
    hr: ETLMonitor, under_way: Run, step: Step, clock: ManualClock, how: str
) -> None:
    if how == "task":
        with pytest.raises(OSError, match="down"), under_way.task(1):
            raise OSError("down")
    else:
        if how != "never started":
            hr.start_task(*RUN, 1)
        hr.end_task(*RUN, 1, status="FAIL") if how == "end_task" else hr.fail_task(*RUN, 1)
    marker = step(0)
    assert (marker.status, marker.attempts) == (Status.NQUE, 0)
    assert (marker.start_time, marker.end_time, marker.duration_seconds) == (None, None, None)
    assert (marker.last_updated_on, marker.last_updated_by) == (clock.now, "pytest")


def test_given_a_done_initiation_when_an_optional_step_fails_then_it_stays_done(
    hr: ETLMonitor, under_way: Run, changed_steps: Changes
) -> None:
    with changed_steps() as tasks:
        hr.fail_task(*RUN, 2)
    assert tasks == [2]


def test_given_a_running_initiation_when_a_mandatory_step_fails_then_it_runs_on(
    hr: ETLMonitor, run: Run, changed_steps: Changes
) -> None:
    hr.start_task(*RUN, 0)
    with changed_steps() as tasks:
        hr.fail_task(*RUN, 1)
    assert tasks == [1]


def test_given_a_failed_initiation_when_a_mandatory_step_fails_then_it_stays_failed(
    hr: ETLMonitor, run: Run, changed_steps: Changes
) -> None:
    hr.fail_task(*RUN, 0, log_message="no licence")
    with changed_steps() as tasks:
        hr.fail_task(*RUN, 1)
    assert tasks == [1]


def test_given_the_initiation_when_it_fails_itself_then_it_stays_failed(
    hr: ETLMonitor, run: Run, step: Step, clock: ManualClock
) -> None:
    hr.start_task(*RUN, 0)
    clock.advance(5)
    hr.fail_task(*RUN, 0, log_message="no licence")
    marker = step(0)
    assert (marker.status, marker.end_time, marker.duration_seconds) == (Status.FAIL, clock.now, 5)


def test_given_two_runs_of_a_date_when_one_fails_a_step_then_the_other_initiation_stays_done(
    hr: ETLMonitor, under_way: Run
) -> None:
    other = hr.start_run(*HR, DAY, execution_id="run-2")
    done(other, 0)
    hr.fail_task("run-2", *HR, 1, processing_date=DAY)
    assert_done(under_way, 0)
    assert_queued(other, 0)


def test_given_a_step_queued_as_mandatory_when_it_fails_then_the_flag_of_its_task_is_ignored(
    hr: ETLMonitor, under_way: Run, step: Step
) -> None:
    hr.register_task(*HR, 3, 1, 6, "Build mart", task_mandatory=False)
    hr.fail_task(*RUN, 3)
    assert step(0).status is Status.NQUE


def test_given_a_step_queued_as_optional_when_it_fails_then_the_flag_of_its_task_is_ignored(
    hr: ETLMonitor, under_way: Run, step: Step
) -> None:
    hr.register_task(*HR, 2, 1, 2, "Load events", source_system_code="LoadEvents", task_mandatory=True)
    hr.fail_task(*RUN, 2)
    assert step(0).status is Status.DONE


def test_given_a_reset_initiation_that_is_done_when_a_mandatory_step_fails_then_it_reopens(
    hr: ETLMonitor, under_way: Run, step: Step
) -> None:
    hr.fail_task(*RUN, 1)
    under_way.reset()
    done(under_way, 0)
    hr.fail_task(*RUN, 1)
    assert (step(0, 1).status, step(0, 1).start_time) == (Status.NQUE, None)


def test_given_a_run_without_initiation_when_a_mandatory_step_fails_then_it_is_fail(
    monitor: ETLMonitor, step: Step
) -> None:
    monitor.register_process(*HR).register_task(*HR, 1, 1, 2, "T").start_run(*HR, DAY, execution_id="run-1")
    monitor.fail_task(*RUN, 1)
    assert step(1).status is Status.FAIL
