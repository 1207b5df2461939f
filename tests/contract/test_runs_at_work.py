"""A run that is resumed while another run of the date is at work: refused, or told what to do about running steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, InvalidTransition, ManualClock, Run, RunInProgress, Status

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
ON_DAY = {"processing_date": DAY}

Block = AbstractContextManager[None]
Refused = Callable[..., Block]


@pytest.fixture
def busy(hr: ETLMonitor, run: Run) -> Iterator[ETLMonitor]:
    """CORP/HR_DAILY with a run whose first task is running."""
    hr.end_task("run-1", *HR, 0, **ON_DAY)
    hr.start_task("run-1", *HR, 1, **ON_DAY)
    return hr


def queued(run: Run) -> list[int]:
    return [step.task_id for step in run.status()]


def test_run_when_resumed_beside_a_running_step_is_refused(busy: ETLMonitor, refused: Refused) -> None:
    with refused(
        RunInProgress,
        "Run run-1 of CORP/HR_DAILY on 2026-04-09",
        "task 1",
        "since 2026-01-01 06:00:00 UTC",
        "last sign of life",
        'if_running="skip"',
        'if_running="queue"',
        "fail_stale()",
    ):
        busy.start_run(*HR, DAY, resume=True)


def test_refusal_beside_two_running_steps_names_the_first(busy: ETLMonitor, refused: Refused) -> None:
    busy.start_task("run-1", *HR, 3, **ON_DAY)
    busy.start_task("run-1", *HR, 2, **ON_DAY)
    with refused(RunInProgress, "task 1"):
        busy.start_run(*HR, DAY, resume=True)


def test_refusal_tells_run_step_and_state(busy: ETLMonitor) -> None:
    with pytest.raises(InvalidTransition) as caught:
        busy.start_run(*HR, DAY, resume=True, if_running="raise")

    error = caught.value
    assert error.run is not None
    assert error.step is not None
    assert (error.run.execution_id, error.run.processing_date) == ("run-1", DAY)
    assert (error.step.task_id, error.step.workflow_id, error.step.attempts) == (1, 1, 0)
    assert (error.state, error.asked) == (Status.NQUE, "resume")


def test_refusal_names_the_latest_heartbeat(hr: ETLMonitor, run: Run, clock: ManualClock) -> None:
    with run.task(1) as task:
        clock.advance(7200)
        task.heartbeat()
        with pytest.raises(RunInProgress, match=r"since 2026-01-01 06:00:00 UTC.*life at 2026-01-01 08:00:00 UTC"):
            hr.start_run(*HR, DAY, resume=True)


def test_run_when_told_to_skip_leaves_the_running_step_out(busy: ETLMonitor) -> None:
    assert queued(busy.start_run(*HR, DAY, resume=True, if_running="skip")) == [2, 3]


def test_run_when_told_to_queue_queues_the_running_step_too(busy: ETLMonitor) -> None:
    assert queued(busy.start_run(*HR, DAY, resume=True, if_running="queue")) == [1, 2, 3]


@pytest.mark.parametrize("if_running", ["raise", "skip"])
def test_step_when_silent_for_longer_than_stale_after_is_queued(
    busy: ETLMonitor, clock: ManualClock, if_running: str
) -> None:
    clock.advance(timedelta(hours=1, seconds=1))
    assert queued(busy.start_run(*HR, DAY, resume=True, if_running=if_running)) == [1, 2, 3]


def test_step_when_its_heartbeat_is_recent_is_not_dead(hr: ETLMonitor, run: Run, clock: ManualClock) -> None:
    with run.task(1) as task:
        clock.advance(5000)
        task.heartbeat()
        clock.advance(3599)
        assert 1 not in queued(hr.start_run(*HR, DAY, resume=True, if_running="skip"))


@pytest.mark.parametrize("stale_after", [60, timedelta(minutes=1)])
def test_step_when_stale_after_is_shorter_is_dead_sooner(
    busy: ETLMonitor, clock: ManualClock, stale_after: float | timedelta
) -> None:
    clock.advance(59)
    with pytest.raises(RunInProgress):
        busy.start_run(*HR, DAY, resume=True, stale_after=stale_after)
    clock.advance(2)
    assert 1 in queued(busy.start_run(*HR, DAY, resume=True, stale_after=stale_after))


def test_run_when_not_resumed_queues_everything_as_ever(busy: ETLMonitor) -> None:
    assert queued(busy.start_run(*HR, DAY)) == [0, 1, 2, 3]


def test_run_when_asked_for_again_while_its_own_step_runs_is_the_same(
    busy: ETLMonitor, unchanged: Callable[[], Block]
) -> None:
    with unchanged():
        again = busy.start_run(*HR, DAY, execution_id="run-1", resume=True)
    assert queued(again) == [0, 1, 2, 3]


def test_running_step_of_a_deactivated_task_is_not_in_the_way(busy: ETLMonitor) -> None:
    busy.deactivate_task(*HR, 1, 1)
    assert queued(busy.start_run(*HR, DAY, resume=True)) == [2, 3]


def test_running_step_that_is_not_due_is_not_in_the_way(hr: ETLMonitor) -> None:
    hr.register_task(*HR, 1, 1, 2, "Load employees", load_frequency="W")
    with hr.start_run(*HR, DAY - timedelta(days=1)).task(1):
        pass
    hr.start_task(hr.start_run(*HR, DAY, execution_id="run-1").execution_id, *HR, 1, **ON_DAY)
    assert queued(hr.start_run(*HR, DAY, resume=True, only_due=True)) == [0, 2, 3]


def test_running_step_that_a_later_run_has_done_is_not_in_the_way(busy: ETLMonitor) -> None:
    with busy.start_run(*HR, DAY, resume=True, if_running="queue").task(1):
        pass
    assert queued(busy.start_run(*HR, DAY, resume=True)) == [2, 3]


def test_step_that_runs_under_the_same_number_elsewhere_is_not_in_the_way(hr: ETLMonitor) -> None:
    """Another pass, process and project have a task 1 too, and another date is at work on this one."""
    hr.register_task(*HR, 1, 2, 2, "Load employees, second pass")
    for process in (("CORP", "FIN_DAILY"), ("SHOP", "HR_DAILY")):
        hr.register_process(*process).register_task(*process, 1, 1, 2, "Load")
        hr.start_task(hr.start_run(*process, DAY, execution_id="run-1").execution_id, *process, 1, **ON_DAY)
    yesterday = hr.start_run(*HR, DAY - timedelta(days=1))
    hr.start_task(yesterday.execution_id, *HR, 1, processing_date=yesterday.processing_date)
    hr.start_task(hr.start_run(*HR, DAY, execution_id="run-1").execution_id, *HR, 1, workflow_id=2, **ON_DAY)
    with pytest.raises(RunInProgress, match=r"task 1 \(workflow 2\)"):
        hr.start_run(*HR, DAY, resume=True)
    resumed = hr.start_run(*HR, DAY, resume=True, if_running="skip")
    assert [(step.workflow_id, step.task_id) for step in resumed.status()] == [(0, 0), (1, 1), (1, 2), (1, 3)]


@pytest.mark.parametrize("value", ["ignore", "", None, True])
def test_unknown_choice_is_refused(hr: ETLMonitor, refused: Refused, value: object) -> None:
    with refused(InvalidInput, "if_running", "'skip'"):
        hr.start_run(*HR, DAY, resume=True, if_running=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [-1, "an hour", 1e12])
def test_unreadable_stale_after_is_refused(hr: ETLMonitor, refused: Refused, value: object) -> None:
    with refused(InvalidInput, "stale_after"):
        hr.start_run(*HR, DAY, resume=True, stale_after=value)  # type: ignore[arg-type]


def test_refusal_costs_two_reads(busy: ETLMonitor, statements) -> None:
    counting = 0 if busy._runtime.units.backend.capabilities.counts_inserts else 1
    with statements.counted() as executed, pytest.raises(RunInProgress):
        busy.start_run(*HR, DAY, resume=True)
    assert len(executed) == 3 + counting
