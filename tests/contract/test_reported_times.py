"""Times that an outside system reports: any past is fine, the future and an end before its start are refused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, ManualClock, ProcessingStep, Run, Status

HR = ("CORP", "HR_DAILY")
RUN = ("run-1", *HR)
ON_DAY = {"processing_date": "2026-04-09"}
LONGEST = 2**31 - 1

Refused = Callable[..., AbstractContextManager[None]]
Step = Callable[..., ProcessingStep]

each_call = pytest.mark.parametrize("call", ["start_task", "end_task", "fail_task"])
each_ending = pytest.mark.parametrize("ending", ["end_task", "fail_task"])


@each_call
def test_time_ahead_of_the_clock_is_refused(
    hr: ETLMonitor, run: Run, clock: ManualClock, refused: Refused, call: str
) -> None:
    ahead = clock.now + timedelta(minutes=5, microseconds=1)
    with refused(InvalidInput, "timestamp", "2026-01-01 06:05:00 UTC", "offset"):
        getattr(hr, call)(*RUN, 1, timestamp=ahead, **ON_DAY)


@each_call
def test_time_within_five_minutes_of_the_clock_is_taken(
    hr: ETLMonitor, run: Run, clock: ManualClock, step: Step, call: str
) -> None:
    ahead = clock.now + timedelta(minutes=5)
    getattr(hr, call)(*RUN, 1, timestamp=ahead, **ON_DAY)

    assert ahead in (step(1).start_time, step(1).end_time)


@each_ending
def test_end_before_the_start_is_refused(hr: ETLMonitor, run: Run, refused: Refused, ending: str) -> None:
    hr.start_task(*RUN, 1, timestamp="2026-01-01 05:00", **ON_DAY)
    with refused(InvalidInput, "task 1", "2026-01-01 04:59:59 UTC", "started at 2026-01-01 05:00:00 UTC", "offset"):
        getattr(hr, ending)(*RUN, 1, timestamp="2026-01-01 04:59:59", **ON_DAY)


def test_end_before_the_start_leaves_the_initiation_alone(hr: ETLMonitor, run: Run, step: Step) -> None:
    hr.end_task(*RUN, 0, **ON_DAY)
    hr.start_task(*RUN, 1, **ON_DAY)
    with pytest.raises(InvalidInput):
        hr.fail_task(*RUN, 1, timestamp="2025-12-31", **ON_DAY)

    assert step(0).status == Status.DONE


@each_ending
def test_end_at_the_start_lasts_no_time(hr: ETLMonitor, run: Run, step: Step, ending: str) -> None:
    hr.start_task(*RUN, 1, timestamp="2026-01-01 05:00", **ON_DAY)
    getattr(hr, ending)(*RUN, 1, timestamp="2026-01-01 05:00", **ON_DAY)

    assert step(1).duration_seconds == 0


@each_ending
def test_end_of_a_step_that_was_never_started_may_lie_in_any_past(
    hr: ETLMonitor, run: Run, step: Step, ending: str
) -> None:
    getattr(hr, ending)(*RUN, 1, timestamp="1900-01-01", **ON_DAY)

    assert (step(1).end_time, step(1).duration_seconds) == (datetime(1900, 1, 1, tzinfo=UTC), None)


@each_ending
def test_step_with_a_start_ahead_can_be_ended_without_a_time(
    hr: ETLMonitor, run: Run, clock: ManualClock, step: Step, ending: str
) -> None:
    hr.start_task(*RUN, 1, timestamp=clock.now + timedelta(minutes=4), **ON_DAY)
    getattr(hr, ending)(*RUN, 1, **ON_DAY)

    assert (step(1).end_time, step(1).duration_seconds) == (clock.now, 0)


@each_ending
@pytest.mark.parametrize("began", ["1900-01-01", "0001-01-01"])
def test_old_start_can_be_ended_and_its_duration_stops_at_the_largest(
    hr: ETLMonitor, run: Run, step: Step, ending: str, began: str
) -> None:
    hr.start_task(*RUN, 1, timestamp=began, **ON_DAY)
    getattr(hr, ending)(*RUN, 1, **ON_DAY)

    assert step(1).duration_seconds == LONGEST


def test_duration_just_below_the_largest_is_whole(hr: ETLMonitor, run: Run, clock: ManualClock, step: Step) -> None:
    hr.start_task(*RUN, 1, timestamp=clock.now - timedelta(seconds=LONGEST - 1), **ON_DAY)
    hr.end_task(*RUN, 1, **ON_DAY)

    assert step(1).duration_seconds == LONGEST - 1


def test_old_start_can_be_failed_as_stale(hr: ETLMonitor, run: Run, clock: ManualClock, step: Step) -> None:
    hr.start_task(*RUN, 1, timestamp="1900-01-01", **ON_DAY)
    hr.start_task(*RUN, 2, **ON_DAY)
    clock.advance(60)

    assert [stale.task_id for stale in hr.fail_stale(60)] == [1, 2]
    assert step(1).duration_seconds == LONGEST
