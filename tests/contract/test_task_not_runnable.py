"""`with run.task(...)` when the step is someone else's, or is not to be run at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    InvalidTransition,
    ManualClock,
    ProcessingStep,
    Run,
    StepNotFound,
    StepNotQueued,
)
from etl_monitor_orm.testing import assert_done

HR = ("CORP", "HR_DAILY")
RUN = ("run-1", *HR)

Block = AbstractContextManager[None]
Step = Callable[..., ProcessingStep]


# Taken over


def test_given_a_running_step_when_taken_over_then_the_new_worker_has_it(
    run: Run, step: Step, clock: ManualClock
) -> None:
    run.task(1).__enter__()
    clock.advance(60)
    with run.task(1, takeover=True) as second:
        assert (second.started, step(1).start_time) == (clock.now, clock.now)
    assert_done(run, 1)


def test_given_a_step_taken_over_when_the_old_worker_is_done_then_it_is_refused(
    hr: ETLMonitor, run: Run, clock: ManualClock, refused: Callable[..., Block]
) -> None:
    old = run.task(1)
    old.__enter__()
    clock.advance(60)
    hr.start_task(*RUN, 1, takeover=True)
    with refused(InvalidTransition, "Cannot end task 1 (workflow 1) of CORP/HR_DAILY", "running since"):
        old.__exit__(None, None, None)


def test_given_a_step_taken_over_when_the_old_worker_fails_then_it_raises_but_writes_nothing(
    hr: ETLMonitor, run: Run, clock: ManualClock, unchanged: Callable[[], Block]
) -> None:
    error = ValueError("the job's own")
    old = run.task(1)
    old.__enter__()
    clock.advance(60)
    hr.start_task(*RUN, 1, takeover=True)
    with unchanged():
        assert not old.__exit__(ValueError, error, None)
    assert "Cannot fail" in error.__notes__[0]


def test_given_a_done_initiation_when_an_old_worker_fails_after_takeover_then_it_stays_done(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.end_task(*RUN, 0)
    old = run.task(1)
    old.__enter__()
    clock.advance(60)
    hr.start_task(*RUN, 1, takeover=True)
    old.__exit__(ValueError, ValueError("late"), None)
    assert_done(run, 0)


def test_given_a_handle_that_was_not_entered_when_it_beats_then_it_is_refused(
    run: Run, refused: Callable[..., Block]
) -> None:
    with refused(InvalidTransition, "task 1 (workflow 1) of CORP/HR_DAILY", "with run.task(...) as task:"):
        run.task(1).heartbeat()


def test_given_an_initiation_reopened_meanwhile_when_its_old_worker_is_done_then_it_is_refused(
    hr: ETLMonitor, run: Run, refused: Callable[..., Block]
) -> None:
    old = run.task(0)
    old.__enter__()
    hr.end_task(*RUN, 0)
    hr.fail_task(*RUN, 1)
    with refused(InvalidTransition, "Cannot end task 0 (workflow 0)", "NQUE, not started", "Start it first"):
        old.__exit__(None, None, None)


# Not runnable


def make_done(monitor: ETLMonitor) -> None:
    monitor.end_task(*RUN, 1)


def make_failed(monitor: ETLMonitor) -> None:
    monitor.fail_task(*RUN, 1)


def make_running(monitor: ETLMonitor) -> None:
    monitor.start_task(*RUN, 1)


def make_inactive(monitor: ETLMonitor) -> None:
    monitor.deactivate_task(*HR, 1, 1)


def nothing(monitor: ETLMonitor) -> None:
    pass


NOT_RUNNABLE = [
    (make_done, {"task_id": 1}, InvalidTransition, "it is DONE since"),
    (make_failed, {"task_id": 1}, InvalidTransition, "it is FAIL since"),
    (make_running, {"task_id": 1}, InvalidTransition, "running since"),
    (make_inactive, {"task_id": 1}, InvalidTransition, "the task is deactivated"),
    (nothing, {"task_id": 9}, StepNotQueued, "has no step"),
    (nothing, {"task_id": 1, "sequence_id": 3}, StepNotQueued, "in stage 3"),
]
"""How the step came to be not runnable, which one is asked for, and the error and its words."""


@pytest.fixture
def with_late_task(hr: ETLMonitor, run: Run) -> Run:
    """A run, and a task 9 that was registered when it had been queued."""
    hr.register_task(*HR, 9, 1, 2, "Came later")
    return run


@pytest.mark.parametrize(("make", "which", "error", "words"), NOT_RUNNABLE)
def test_given_a_step_that_is_not_runnable_when_entered_then_it_is_refused_before_the_body(
    hr: ETLMonitor,
    with_late_task: Run,
    refused: Callable[..., Block],
    make: Callable[[ETLMonitor], None],
    which: dict[str, int],
    error: type[Exception],
    words: str,
) -> None:
    make(hr)
    ran = []
    named = f"task {which['task_id']} (workflow 1) of CORP/HR_DAILY"
    with refused(error, named, words), with_late_task.task(**which):
        ran.append("the body")
    assert not ran


@pytest.mark.parametrize(("make", "which", "error", "words"), NOT_RUNNABLE)
def test_given_a_step_not_runnable_when_skipped_then_it_is_inactive_and_nothing_is_written(
    hr: ETLMonitor,
    with_late_task: Run,
    unchanged: Callable[[], Block],
    make: Callable[[ETLMonitor], None],
    which: dict[str, int],
    error: type[Exception],
    words: str,
) -> None:
    make(hr)
    with unchanged(), with_late_task.task(**which, on_not_runnable="skip") as task:
        assert task.active is False


def test_given_a_skipped_step_when_the_body_fails_then_it_raises_and_nothing_is_written(
    hr: ETLMonitor, run: Run, unchanged: Callable[[], Block]
) -> None:
    make_done(hr)
    with unchanged(), pytest.raises(OSError, match="down"), run.task(1, on_not_runnable="skip"):
        raise OSError("down")


def test_given_a_runnable_step_when_it_may_be_skipped_then_it_is_tracked(run: Run) -> None:
    with run.task(1, on_not_runnable="skip") as task:
        assert task.active is True
    assert_done(run, 1)


@pytest.mark.parametrize(
    "use",
    [lambda task: task.heartbeat(), lambda task: task.watermark, lambda task: task.advance("2026-04-09")],
    ids=["heartbeat", "watermark", "advance"],
)
def test_given_a_skipped_step_when_its_handle_is_used_then_it_is_refused(
    hr: ETLMonitor, run: Run, refused: Callable[..., Block], use: Callable[[object], object]
) -> None:
    make_done(hr)
    with run.task(1, on_not_runnable="skip") as task, refused(InvalidTransition, "only while task.active"):
        use(task)


@pytest.mark.parametrize("on_not_runnable", ["raise", "skip"])
def test_given_an_unregistered_task_when_entered_then_it_is_not_found_and_never_skipped(
    run: Run, refused: Callable[..., Block], on_not_runnable: str
) -> None:
    ran = []
    named = "task 99 (workflow 1) of CORP/HR_DAILY"
    with refused(StepNotFound, named, "register_task()"), run.task(99, on_not_runnable=on_not_runnable):
        ran.append("the body")
    assert not ran


def test_given_the_flat_call_when_the_step_is_not_runnable_then_it_skips_too(
    hr: ETLMonitor, run: Run, unchanged: Callable[[], Block]
) -> None:
    make_done(hr)
    with unchanged(), hr.task(*RUN, 1, on_not_runnable="skip") as task:
        assert task.active is False
