"""A server that does not report how many rows a write changed (-1): each write is read back, and no guard passes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from sqlalchemy import CursorResult

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    InvalidTransition,
    ManualClock,
    ProcessingStep,
    ProcessNotFound,
    Run,
    Status,
    TaskNotFound,
)

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"
RUN = ("run-1", *HR)
ON_DAY = {"processing_date": DAY}

Refused = Callable[..., AbstractContextManager[None]]
Step = Callable[..., ProcessingStep]
Call = Callable[[ETLMonitor], object]


@pytest.fixture(params=[0, 1], ids=["at one time", "a second later"])
def tick(request: pytest.FixtureRequest, clock: ManualClock) -> Callable[[], object]:
    """Let no time pass, or some: two calls of one time write the same values."""
    return lambda: clock.advance(request.param)


@pytest.fixture
def uncounted(hr: ETLMonitor, run: Run, monkeypatch: pytest.MonkeyPatch) -> ETLMonitor:
    """A monitor with a queued run, whose server from now on neither counts nor returns what it wrote."""
    kind = type(hr._runtime.units.backend)
    silent = replace(hr._runtime.units.capabilities, returning=False)
    monkeypatch.setattr(kind, "capabilities_of", lambda self, engine: silent)
    monkeypatch.setattr(CursorResult, "rowcount", property(lambda self: -1))
    return hr


def test_step_when_started_twice_is_refused_to_the_second(
    uncounted: ETLMonitor, tick: Callable[[], object], refused: Refused
) -> None:
    uncounted.start_task(*RUN, 1, **ON_DAY)
    tick()
    with refused(InvalidTransition, "Cannot start", "running"):
        uncounted.start_task(*RUN, 1, **ON_DAY)


@pytest.mark.parametrize("call", ["end_task", "fail_task"])
def test_step_when_ended_twice_is_refused_the_second_time(
    uncounted: ETLMonitor, tick: Callable[[], object], refused: Refused, call: str
) -> None:
    uncounted.start_task(*RUN, 1, **ON_DAY)
    getattr(uncounted, call)(*RUN, 1, **ON_DAY)
    tick()
    with refused(InvalidTransition, "Cannot"):
        getattr(uncounted, call)(*RUN, 1, **ON_DAY)


def test_step_when_it_is_done_and_then_failed_stays_done(uncounted: ETLMonitor, refused: Refused) -> None:
    uncounted.end_task(*RUN, 1, **ON_DAY)
    with refused(InvalidTransition, "Cannot fail", "DONE"):
        uncounted.fail_task(*RUN, 1, **ON_DAY)


def test_step_when_queued_again_can_be_started_at_the_same_time(uncounted: ETLMonitor, step: Step) -> None:
    uncounted.start_task(*RUN, 3, **ON_DAY)
    uncounted.fail_task(*RUN, 3, **ON_DAY)
    uncounted.status_reset(*HR, execution_id="run-1")
    uncounted.start_task(*RUN, 3, **ON_DAY)

    assert step(3, 1).is_running


def test_step_when_a_worker_has_taken_it_over_is_not_kept_alive_by_the_first(
    uncounted: ETLMonitor, run: Run, clock: ManualClock, refused: Refused
) -> None:
    first = run.task(1).__enter__()
    clock.advance(1)
    with run.task(1, takeover=True) as second:
        second.heartbeat()
        second.heartbeat()
        with refused(InvalidTransition, "heartbeat"):
            first.heartbeat()


def test_task_when_it_ends_is_done_with_its_watermark_moved(
    uncounted: ETLMonitor, run: Run, clock: ManualClock, step: Step
) -> None:
    began = clock.now
    with run.task(1):
        clock.advance(10)

    assert (step(1).status, uncounted.get_active_watermark(*HR, "LoadEmployees")) == (Status.DONE, began)


def test_step_when_another_worker_holds_it_is_not_ended_by_an_old_claim(
    uncounted: ETLMonitor, clock: ManualClock, refused: Refused
) -> None:
    claim = uncounted.start_task(*RUN, 1, **ON_DAY)
    clock.advance(1)
    uncounted.start_task(*RUN, 1, takeover=True, **ON_DAY)
    with refused(InvalidTransition, "Cannot end"):
        uncounted.end_task(*RUN, 1, claim=claim, **ON_DAY)


def test_mandatory_failure_reopens_the_initiation(uncounted: ETLMonitor, step: Step) -> None:
    uncounted.end_task(*RUN, 0, **ON_DAY)
    uncounted.fail_task(*RUN, 1, **ON_DAY)

    assert (step(0).status, step(1).status) == (Status.NQUE, Status.FAIL)


def test_stale_steps_when_failed_are_returned_once(uncounted: ETLMonitor, clock: ManualClock) -> None:
    uncounted.start_task(*RUN, 1, **ON_DAY)
    clock.advance(60)

    assert [[step.task_id for step in uncounted.fail_stale(60)] for _ in range(2)] == [[1], []]


def test_reset_when_made_twice_queues_once(uncounted: ETLMonitor, tick: Callable[[], object]) -> None:
    uncounted.fail_task(*RUN, 1, **ON_DAY)
    first = uncounted.status_reset(*HR, execution_id="run-1")
    tick()

    assert [step.task_id for step in first] == [0, 1]
    assert uncounted.status_reset(*HR, execution_id="run-1") == []


def test_resets_of_two_runs_at_the_same_time_queue_the_steps_of_both(uncounted: ETLMonitor) -> None:
    uncounted.start_run(*HR, "2026-04-10", execution_id="run-2")
    for execution_id in ("run-1", "run-2"):
        uncounted.fail_task(execution_id, *HR, 1)
    queued = [uncounted.status_reset(*HR, execution_id=execution_id) for execution_id in ("run-1", "run-2")]

    assert [[step.task_id for step in steps] for steps in queued] == [[0, 1], [0, 1]]


def test_run_when_started_twice_has_its_steps_once(uncounted: ETLMonitor, tick: Callable[[], object]) -> None:
    for _ in range(2):
        run = uncounted.start_run(*HR, DAY, execution_id="run-2")
        tick()
    assert [step.task_id for step in run.status(attempts="all")] == [0, 1, 2, 3]


def test_run_of_an_unknown_process_is_refused(uncounted: ETLMonitor, refused: Refused) -> None:
    with refused(ProcessNotFound, "CORP/NOWHERE"):
        uncounted.start_run("CORP", "NOWHERE", DAY)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda m: m.register_task("CORP", "NOWHERE", 1, 1, 2, "T"), ProcessNotFound),
        (lambda m: m.register_parameter("CORP", "NOWHERE", "P", "FLAG"), ProcessNotFound),
        (lambda m: m.register_parameter(*HR, "LoadEvents", "FLAG"), InvalidInput),
        (lambda m: m.deactivate_process("CORP", "NOWHERE"), ProcessNotFound),
        (lambda m: m.activate_task(*HR, 99, 1), TaskNotFound),
    ],
    ids=["task", "parameter", "parameter of another type", "process", "activation"],
)
def test_registration_that_must_be_refused_is(
    uncounted: ETLMonitor, refused: Refused, call: Call, error: type[Exception]
) -> None:
    with refused(error):
        call(uncounted)


def test_watermark_when_moved_back_is_refused(uncounted: ETLMonitor, refused: Refused) -> None:
    uncounted.advance_watermark(*HR, "LoadEvents", new_int_value=7)
    with refused(InvalidInput, "LoadEvents"):
        uncounted.advance_watermark(*HR, "LoadEvents", new_int_value=6)
