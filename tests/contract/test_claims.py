"""Claims: what `start_task` returns, and that a late worker cannot end its successor's step."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from etl_monitor_orm import Claim, ETLMonitor, InvalidInput, InvalidTransition, ManualClock, ProcessingStep, Run, Status

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"
RUN = ("run-1", *HR)
ON_DAY = {"processing_date": DAY}

Refused = Callable[..., AbstractContextManager[None]]
Step = Callable[..., ProcessingStep]

each_ending = pytest.mark.parametrize("ending", ["end_task", "fail_task"])


@pytest.fixture
def unknown(monitor: ETLMonitor) -> set[None]:
    """What the attempt may be where a write inside a transaction cannot return it."""
    can = monitor._runtime.units.capabilities
    return {None} if can.transactions and not can.returning else set()


def test_start_when_made_returns_attempt_and_start(
    hr: ETLMonitor, run: Run, clock: ManualClock, unknown: set[None]
) -> None:
    claim = hr.start_task(*RUN, 1, **ON_DAY)
    assert claim.started == clock.now
    assert claim.attempts in {0, *unknown}


def test_start_of_a_later_attempt_when_made_returns_its_number(hr: ETLMonitor, run: Run, unknown: set[None]) -> None:
    hr.fail_task(*RUN, 1, **ON_DAY)
    run.reset()
    assert hr.start_task(*RUN, 1, **ON_DAY).attempts in {1, *unknown}


def test_start_of_a_named_attempt_when_made_returns_its_number(hr: ETLMonitor, run: Run) -> None:
    assert hr.start_task(*RUN, 1, attempts=0, **ON_DAY).attempts == 0


def test_start_of_an_attempt_that_another_process_queued_is_made(hr: ETLMonitor, run: Run, clock: ManualClock) -> None:
    """This monitor has read an earlier attempt."""
    hr.fail_task(*RUN, 1, **ON_DAY)
    ETLMonitor(hr.engine, clock=clock).status_reset(*HR, DAY, "run-1")
    hr.end_task(*RUN, 1, claim=hr.start_task(*RUN, 1, **ON_DAY), **ON_DAY)
    assert [(step.attempts, step.status) for step in run.status() if step.task_id == 1] == [(1, Status.DONE)]


def test_start_with_a_reported_time_when_made_returns_that_time(hr: ETLMonitor, run: Run) -> None:
    claim = hr.start_task(*RUN, 1, timestamp="2025-12-31 23:00", **ON_DAY)
    assert claim.started == datetime(2025, 12, 31, 23, tzinfo=UTC)


@each_ending
def test_step_when_ended_with_its_claim_ends(hr: ETLMonitor, run: Run, step: Step, ending: str) -> None:
    claim = hr.start_task(*RUN, 1, **ON_DAY)
    getattr(hr, ending)(*RUN, 1, claim=claim, **ON_DAY)

    assert step(1).status == {"end_task": Status.DONE, "fail_task": Status.FAIL}[ending]


def test_claim_when_passed_on_as_text_ends_the_step(hr: ETLMonitor, run: Run, step: Step) -> None:
    passed_on = json.loads(json.dumps({"claim": str(hr.start_task(*RUN, 1, **ON_DAY))}))
    hr.end_task(*RUN, 1, **passed_on, **ON_DAY)

    assert step(1).status == Status.DONE


@pytest.mark.parametrize("attempts", [0, 17, None])
def test_claim_when_read_from_its_text_is_the_same(attempts: int | None) -> None:
    claim = Claim(attempts, datetime(2026, 4, 9, 8, 0, 0, 123_456, tzinfo=UTC))
    assert Claim.parse(str(claim)) == claim


@each_ending
def test_late_worker_when_its_step_was_taken_over_cannot_end_it(
    hr: ETLMonitor, run: Run, clock: ManualClock, refused: Refused, ending: str
) -> None:
    late = hr.start_task(*RUN, 1, **ON_DAY)
    clock.advance(1)
    hr.start_task(*RUN, 1, takeover=True, **ON_DAY)

    with refused(InvalidTransition, "task 1", "started again", "this claim"):
        getattr(hr, ending)(*RUN, 1, claim=late, **ON_DAY)


@each_ending
def test_late_worker_when_its_step_failed_and_was_started_again_cannot_end_it(
    hr: ETLMonitor, run: Run, clock: ManualClock, refused: Refused, ending: str
) -> None:
    """Also if the clock has not moved: the attempt tells them apart."""
    late = hr.start_task(*RUN, 1, **ON_DAY)
    hr.fail_stale(0)
    run.reset()
    hr.start_task(*RUN, 1, **ON_DAY)

    with refused(InvalidTransition, "Cannot", "FAIL"):
        getattr(hr, ending)(*RUN, 1, claim=late, **ON_DAY)


def test_late_worker_when_its_step_is_queued_again_cannot_end_it(hr: ETLMonitor, run: Run, refused: Refused) -> None:
    late = hr.start_task(*RUN, 1, **ON_DAY)
    hr.fail_stale(0)
    run.reset()

    with refused(InvalidTransition):
        hr.end_task(*RUN, 1, claim=late, **ON_DAY)


def test_late_worker_when_refused_leaves_the_initiation_alone(
    hr: ETLMonitor, run: Run, clock: ManualClock, step: Step
) -> None:
    hr.end_task(*RUN, 0, **ON_DAY)
    late = hr.start_task(*RUN, 1, **ON_DAY)
    clock.advance(1)
    hr.start_task(*RUN, 1, takeover=True, **ON_DAY)
    with pytest.raises(InvalidTransition):
        hr.fail_task(*RUN, 1, claim=late, **ON_DAY)

    assert (step(0).status, step(1).is_running) == (Status.DONE, True)


@each_ending
def test_step_when_ended_without_a_claim_ends_whoever_started_it(
    hr: ETLMonitor, run: Run, step: Step, ending: str
) -> None:
    hr.start_task(*RUN, 1, **ON_DAY)
    hr.start_task(*RUN, 1, takeover=True, **ON_DAY)
    getattr(hr, ending)(*RUN, 1, **ON_DAY)

    assert step(1).end_time is not None


@pytest.mark.parametrize("claim", ["", "yesterday", "1", "@", "x@2026-04-09", "-1@2026-04-09", 7, ("0", "2026-04-09")])
def test_claim_that_cannot_be_read_is_refused(hr: ETLMonitor, run: Run, refused: Refused, claim: object) -> None:
    with refused(InvalidInput, "claim"):
        hr.end_task(*RUN, 1, claim=claim, **ON_DAY)  # type: ignore[arg-type]


def test_claim_of_another_attempt_than_the_named_one_is_refused(hr: ETLMonitor, run: Run, refused: Refused) -> None:
    with refused(InvalidInput, "attempts is 1", "attempt 0"):
        hr.end_task(*RUN, 1, attempts=1, claim="0@2026-04-09T08:00:00+00:00", **ON_DAY)


# Several starts at one instant, or that report one time

REPORTED = {"now": {}, "a reported time": {"timestamp": "2025-12-31 23:00"}}
at_one_time = pytest.mark.parametrize("start", REPORTED.values(), ids=REPORTED)


@each_ending
@at_one_time
def test_late_worker_when_taken_over_at_the_same_time_cannot_end_the_step(
    hr: ETLMonitor, run: Run, refused: Refused, step: Step, ending: str, start: dict[str, str]
) -> None:
    late = [hr.start_task(*RUN, 1, **ON_DAY, **start)]
    late += [hr.start_task(*RUN, 1, takeover=True, **ON_DAY, **start) for _ in range(2)]
    holder = hr.start_task(*RUN, 1, takeover=True, **ON_DAY, **start)
    for claim in late:
        with refused(InvalidTransition, "started again"):
            getattr(hr, ending)(*RUN, 1, claim=claim, **ON_DAY)
    getattr(hr, ending)(*RUN, 1, claim=holder, **ON_DAY)

    assert step(1).end_time is not None


def test_late_worker_when_another_monitor_took_over_at_the_same_time_cannot_end_the_step(
    hr: ETLMonitor, run: Run, clock: ManualClock, refused: Refused
) -> None:
    late = hr.start_task(*RUN, 1, **ON_DAY)
    ETLMonitor(hr.engine, clock=clock, actor="pytest").start_task(*RUN, 1, takeover=True, **ON_DAY)

    with refused(InvalidTransition, "started again"):
        hr.end_task(*RUN, 1, claim=late, **ON_DAY)


def test_late_handle_when_taken_over_at_the_same_time_can_neither_beat_nor_end_the_step(
    run: Run, refused: Refused, step: Step
) -> None:
    late = run.task(1).__enter__()
    with run.task(1, takeover=True):
        with refused(InvalidTransition, "heartbeat"):
            late.heartbeat()
        with refused(InvalidTransition, "Cannot end"):
            late.__exit__(None, None, None)

    assert step(1).status == Status.DONE


def test_watermark_when_taken_over_at_the_same_time_moves_when_the_step_is_done(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task(*RUN, 1, **ON_DAY)
    hr.end_task(*RUN, 1, claim=hr.start_task(*RUN, 1, takeover=True, **ON_DAY), **ON_DAY)

    found = hr.get_active_watermark(*HR, "LoadEmployees")
    assert isinstance(found, datetime)
    assert timedelta(0) <= clock.now - found < timedelta(milliseconds=1)


def test_takeover_at_another_time_starts_at_that_time(hr: ETLMonitor, run: Run, clock: ManualClock, step: Step) -> None:
    hr.start_task(*RUN, 1, **ON_DAY)
    now = clock.advance(1)
    claim = hr.start_task(*RUN, 1, takeover=True, **ON_DAY)

    assert (claim.started, step(1).start_time) == (now, now)


@each_ending
def test_refusal_to_start_when_the_step_has_ended_says_so_at_a_takeover_too(
    hr: ETLMonitor, run: Run, refused: Refused, ending: str
) -> None:
    hr.start_task(*RUN, 1, **ON_DAY)
    getattr(hr, ending)(*RUN, 1, **ON_DAY)

    with refused(InvalidTransition, "Cannot start"):
        hr.start_task(*RUN, 1, takeover=True, **ON_DAY)
