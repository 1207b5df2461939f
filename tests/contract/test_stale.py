"""Steps whose worker has gone quiet: heartbeats, who is stale, and what failing them does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, InvalidTransition, LogType, ManualClock, ProcessingStep, Run

HR = ("CORP", "HR_DAILY")

Refused = Callable[..., AbstractContextManager[None]]
Step = Callable[..., ProcessingStep]


def test_given_a_running_task_when_it_sends_a_heartbeat_then_the_row_was_last_updated_now(
    run: Run, clock: ManualClock, step: Step
) -> None:
    with run.task(1) as task:
        now = clock.advance(60)
        task.heartbeat()
        assert step(1).last_updated_on == now


def test_given_a_running_task_when_it_sends_a_heartbeat_then_nothing_else_changes(
    run: Run, clock: ManualClock, step: Step
) -> None:
    with run.task(1) as task:
        began = clock.now
        clock.advance(60)
        task.heartbeat()
        found = step(1)
        assert (found.start_time, found.end_time, found.status, found.last_updated_by) == (
            began,
            None,
            "NQUE",
            "pytest",
        )


def test_given_a_task_that_is_over_when_it_sends_a_heartbeat_then_it_is_refused(run: Run, refused: Refused) -> None:
    with run.task(1) as task:
        pass

    with refused(InvalidTransition, "task 1", "with run.task"):
        task.heartbeat()


def test_given_a_task_that_was_ended_by_someone_else_when_it_sends_a_heartbeat_then_it_learns_so(
    hr: ETLMonitor, run: Run, clock: ManualClock, refused: Refused
) -> None:
    task = run.task(1).__enter__()
    clock.advance(3600)
    hr.fail_stale(60)

    with refused(InvalidTransition, "heartbeat", "FAIL"):
        task.heartbeat()


def test_given_a_task_that_was_taken_over_when_the_first_worker_sends_a_heartbeat_then_it_learns_so(
    run: Run, clock: ManualClock, refused: Refused
) -> None:
    task = run.task(1).__enter__()
    clock.advance(60)
    with run.task(1, takeover=True), refused(InvalidTransition, "heartbeat"):
        task.heartbeat()


def test_given_a_running_step_that_nobody_touched_then_it_is_stale(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 1)
    clock.advance(600)

    assert [(step.task_id, step.is_running) for step in hr.stale_steps(600)] == [(1, True)]


def test_given_a_running_step_that_was_touched_since_then_it_is_not_stale(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 1)
    clock.advance(599)

    assert hr.stale_steps(600) == []


def test_given_a_length_of_time_as_a_timedelta_then_it_means_the_same(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 1)
    clock.advance(600)

    assert [step.task_id for step in hr.stale_steps(timedelta(minutes=10))] == [1]


def test_given_a_heartbeat_then_the_step_is_not_stale(hr: ETLMonitor, run: Run, clock: ManualClock) -> None:
    with run.task(1) as task:
        clock.advance(599)
        task.heartbeat()
        clock.advance(1)
        assert hr.stale_steps(600) == []


def test_given_steps_that_are_queued_or_over_then_they_are_not_stale(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 1)
    hr.end_task("run-1", *HR, 1)
    hr.start_task("run-1", *HR, 2)
    hr.fail_task("run-1", *HR, 2)
    clock.advance(3600)

    assert hr.stale_steps(0) == []


def test_given_several_stale_steps_then_the_quietest_comes_first(hr: ETLMonitor, run: Run, clock: ManualClock) -> None:
    for task_id in (3, 1, 2):
        hr.start_task("run-1", *HR, task_id)
        clock.advance(60)

    assert [step.task_id for step in hr.stale_steps(60)] == [3, 1, 2]


def test_given_a_running_step_whose_run_was_reset_since_then_only_its_current_attempt_can_be_stale(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 0)
    hr.fail_task("run-1", *HR, 1)
    run.reset()
    clock.advance(3600)

    assert hr.stale_steps(60) == []


@pytest.mark.parametrize("call", ["stale_steps", "fail_stale"])
def test_given_a_process_then_only_its_steps_are_stale(hr: ETLMonitor, run: Run, clock: ManualClock, call: str) -> None:
    hr.register_process("CORP", "FIN_DAILY").register_task("CORP", "FIN_DAILY", 1, 1, 2, "Load costs")
    other = hr.start_run("CORP", "FIN_DAILY", "2026-04-09")
    hr.start_task(other.execution_id, "CORP", "FIN_DAILY", 1)
    hr.start_task("run-1", *HR, 1)
    clock.advance(3600)

    assert [step.process_load for step in getattr(hr, call)(60, *HR)] == ["HR_DAILY"]


def test_given_no_process_then_stale_steps_of_all_of_them_are_found(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.register_process("CORP", "FIN_DAILY").register_task("CORP", "FIN_DAILY", 1, 1, 2, "Load costs")
    other = hr.start_run("CORP", "FIN_DAILY", "2026-04-09")
    hr.start_task(other.execution_id, "CORP", "FIN_DAILY", 1)
    hr.start_task("run-1", *HR, 1)
    clock.advance(3600)

    assert {step.process_load for step in hr.stale_steps(60)} == {"HR_DAILY", "FIN_DAILY"}


def test_given_a_stale_step_when_stale_steps_are_failed_then_it_says_so(
    hr: ETLMonitor, run: Run, clock: ManualClock, step: Step
) -> None:
    hr.start_task("run-1", *HR, 1)
    clock.advance(3600)
    hr.fail_stale(60)

    found = step(1)
    assert (found.status, found.log_code, found.log_type, found.log_message) == (
        "FAIL",
        "STALE",
        LogType.ERROR,
        "No sign of life since 2026-01-01 06:00:00 UTC",
    )


def test_given_a_stale_step_when_stale_steps_are_failed_then_it_ended_now(
    hr: ETLMonitor, run: Run, clock: ManualClock, step: Step
) -> None:
    hr.start_task("run-1", *HR, 1)
    now = clock.advance(3600)
    hr.fail_stale(60)

    assert (step(1).end_time, step(1).duration_seconds, step(1).last_updated_on) == (now, 3600, now)


def test_given_stale_steps_when_they_are_failed_then_they_are_returned_as_they_are_now(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    for task_id in (1, 2):
        hr.start_task("run-1", *HR, task_id)
    clock.advance(3600)

    assert [(step.task_id, step.status, step.log_code) for step in hr.fail_stale(60)] == [
        (1, "FAIL", "STALE"),
        (2, "FAIL", "STALE"),
    ]


def test_given_nothing_stale_when_stale_steps_are_failed_then_nothing_is_written(
    hr: ETLMonitor, run: Run, unchanged: Callable[[], AbstractContextManager[None]]
) -> None:
    hr.start_task("run-1", *HR, 1)

    with unchanged():
        assert hr.fail_stale(60) == []


@pytest.mark.parametrize(("task_id", "initiation"), [(1, "NQUE"), (2, "DONE")])
def test_given_a_stale_step_when_it_is_failed_then_the_initiation_opens_again_if_the_step_is_mandatory(
    hr: ETLMonitor, run: Run, clock: ManualClock, step: Step, task_id: int, initiation: str
) -> None:
    hr.end_task("run-1", *HR, 0)
    hr.start_task("run-1", *HR, task_id)
    clock.advance(3600)
    hr.fail_stale(60)

    assert step(0).status == initiation


def test_given_a_step_that_was_failed_as_stale_when_its_worker_comes_back_then_it_cannot_end_it(
    hr: ETLMonitor, run: Run, clock: ManualClock, refused: Refused
) -> None:
    task = run.task(1).__enter__()
    clock.advance(3600)
    hr.fail_stale(60)

    with refused(InvalidTransition, "Cannot end", "FAIL"):
        task.__exit__(None, None, None)


def test_given_a_step_that_was_failed_as_stale_when_the_run_is_reset_then_it_can_be_worked_on_again(
    hr: ETLMonitor, run: Run, clock: ManualClock, step: Step
) -> None:
    hr.start_task("run-1", *HR, 1)
    clock.advance(3600)
    hr.fail_stale(60)
    run.reset()
    with run.task(1):
        pass

    assert step(1, attempts=1).status == "DONE"


@pytest.mark.parametrize("call", ["stale_steps", "fail_stale"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((-1,), "older_than"),
        (("an hour",), "older_than"),
        ((float("nan"),), "older_than"),
        ((60, "CORP"), "process_load"),
        ((60, None, "HR_DAILY"), "project_code"),
    ],
)
def test_given_an_argument_that_cannot_be_read_when_stale_steps_are_asked_for_then_it_is_refused(
    hr: ETLMonitor, refused: Refused, call: str, arguments: tuple[object, ...], words: str
) -> None:
    with refused(InvalidInput, words):
        getattr(hr, call)(*arguments)
