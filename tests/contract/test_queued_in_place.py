"""A step that another tool queued again in place, its times left standing: queued for every call, not running."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from etl_monitor_orm import ETLMonitor, InvalidTransition, ManualClock, ProcessingStep, Run, Status

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"
RUN = ("run-1", *HR)
ON_DAY = {"processing_date": DAY}

Step = Callable[..., ProcessingStep]


@pytest.fixture(params=[True, False], ids=["with a start", "without a start"])
def requeued(request: pytest.FixtureRequest, hr: ETLMonitor, run: Run, clock: ManualClock) -> Run:
    """The run, its first task queued again in place after it was done."""
    before = clock.now - timedelta(hours=1)
    values = {
        ProcessingStep.status: Status.RQUE,
        ProcessingStep.start_time: before if request.param else None,
        ProcessingStep.end_time: before + timedelta(minutes=5),
        ProcessingStep.duration_seconds: 300,
    }
    with hr.session() as session:
        session.execute(update(ProcessingStep).where(ProcessingStep.task_id == 1).values(values))
        session.commit()
    hr.end_task(*RUN, 0, **ON_DAY)
    hr.end_task(*RUN, 2, **ON_DAY)
    return run


def test_step_queued_in_place_is_offered_as_not_running(requeued: Run) -> None:
    assert [(step.task_id, step.is_running) for step in requeued.ready()] == [(1, False)]
    assert [step.is_running for step in requeued.pending(task_id=1)] == [False]


def test_step_queued_in_place_when_worked_on_is_done_and_offered_no_more(
    requeued: Run, clock: ManualClock, step: Step
) -> None:
    began = clock.now
    with requeued.task(1):
        assert step(1).is_running
        clock.advance(7)

    found = step(1)
    assert (found.status, found.start_time, found.duration_seconds) == (Status.DONE, began, 7)
    assert [ready.task_id for ready in requeued.ready()] == [3]


def test_step_queued_in_place_when_started_loses_the_times_of_the_earlier_try(
    requeued: Run, hr: ETLMonitor, clock: ManualClock, step: Step
) -> None:
    hr.start_task(*RUN, 1, **ON_DAY)

    found = step(1)
    assert (found.start_time, found.end_time, found.duration_seconds) == (clock.now, None, None)


def test_step_queued_in_place_when_started_twice_is_refused_to_the_second(requeued: Run, hr: ETLMonitor) -> None:
    hr.start_task(*RUN, 1, **ON_DAY)
    with pytest.raises(InvalidTransition, match="running since"):
        hr.start_task(*RUN, 1, **ON_DAY)


def test_step_queued_in_place_when_ended_at_once_was_never_started(requeued: Run, hr: ETLMonitor, step: Step) -> None:
    hr.end_task(*RUN, 1, **ON_DAY)

    found = step(1)
    assert (found.status, found.start_time, found.duration_seconds) == (Status.DONE, None, None)
    assert hr.get_active_watermark(*HR, "LoadEmployees") is None


def test_step_queued_in_place_is_neither_stale_nor_in_the_way(
    requeued: Run, hr: ETLMonitor, clock: ManualClock
) -> None:
    clock.advance(7200)
    assert hr.stale_steps(60) == []
    assert [step.task_id for step in hr.start_run(*HR, DAY, resume=True).pending()] == [1, 3]


def test_step_queued_in_place_when_its_old_claim_comes_is_not_ended(
    requeued: Run, hr: ETLMonitor, clock: ManualClock
) -> None:
    before = clock.now - timedelta(hours=1)
    with pytest.raises(InvalidTransition, match="not started"):
        hr.end_task(*RUN, 1, claim=f"0@{before.isoformat()}", **ON_DAY)


@pytest.mark.parametrize("status", ["DONE", "FAIL"])
def test_ended_step_without_an_end_time_is_not_running(hr: ETLMonitor, run: Run, step: Step, status: str) -> None:
    """Other tools leave EndTime out."""
    hr.start_task(*RUN, 1, **ON_DAY)
    with hr.session() as session:
        session.execute(update(ProcessingStep).where(ProcessingStep.task_id == 1).values(status=status))
        session.commit()

    assert not step(1).is_running
    assert hr.stale_steps(0) == []
