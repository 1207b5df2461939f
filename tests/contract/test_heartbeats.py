"""`heartbeat=`: a task gives signs of life by itself, and nothing that happens to them reaches the job."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event

from etl_monitor_orm import ETLMonitor, InvalidInput, InvalidTransition, ManualClock, ProcessingStep, Run, Status
from tests.patience import PATIENT

HR = ("CORP", "HR_DAILY")
SOON = 0.001
NAME = "etl-monitor-heartbeat"

Step = Callable[..., ProcessingStep]


def beating() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == NAME]


class Beats:
    """What heartbeats send to a database, which can be away for them."""

    def __init__(self, monitor: ETLMonitor) -> None:
        self.away = False
        self._tried, self._written = threading.Semaphore(0), threading.Semaphore(0)
        event.listen(monitor.engine, "before_cursor_execute", self._try)
        event.listen(monitor.engine, "commit", self._note)

    def wait_for_tries(self, number: int) -> None:
        self._wait(self._tried, number)

    def wait(self) -> None:
        """Wait for a beat that begins now or later: one may be under way, and one that was written may be counted."""
        while self._written.acquire(blocking=False):
            pass
        self._wait(self._written, 2)

    def _wait(self, counted: threading.Semaphore, number: int) -> None:
        for _ in range(number):
            assert counted.acquire(timeout=PATIENT)

    def _try(self, *statement: object) -> None:
        if threading.current_thread().name != NAME:
            return
        if self.away:
            self._tried.release()
            raise OSError("the database is away")

    def _note(self, connection: object) -> None:
        if threading.current_thread().name == NAME:
            self._written.release()


def ours(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What the monitor logged; drivers log too."""
    return [record for record in caplog.records if record.name == "etl_monitor_orm"]


@pytest.fixture
def beats(hr: ETLMonitor) -> Beats:
    return Beats(hr)


@pytest.mark.parametrize("every", [SOON, timedelta(milliseconds=1)])
def test_given_a_heartbeat_when_the_body_works_then_the_step_gives_signs_of_life(
    hr: ETLMonitor, run: Run, beats: Beats, clock: ManualClock, step: Step, every: float | timedelta
) -> None:
    with run.task(1, heartbeat=every) as task:
        clock.advance(3600)
        beats.wait()
        assert step(1).last_updated_on == clock.now
        assert step(1).start_time == task.started
        assert hr.stale_steps(60) == []
        assert step(2).last_updated_on < clock.now


def test_given_a_heartbeat_when_the_run_is_known_by_its_id_only_then_it_beats_too(
    hr: ETLMonitor, run: Run, beats: Beats, clock: ManualClock, step: Step
) -> None:
    with hr.task("run-1", *HR, 1, heartbeat=SOON):
        clock.advance(3600)
        beats.wait()
        assert step(1).last_updated_on == clock.now


@pytest.mark.parametrize("error", [None, OSError("source is down"), KeyboardInterrupt()])
def test_given_a_heartbeat_when_the_task_ends_then_its_thread_ends(run: Run, beats: Beats, error: object) -> None:
    try:
        with run.task(1, heartbeat=SOON):
            (thread,) = beating()
            beats.wait()
            if isinstance(error, BaseException):
                raise error
    except (OSError, KeyboardInterrupt):
        pass

    thread.join(PATIENT)
    assert not thread.is_alive()


def test_given_a_long_interval_when_the_task_ends_then_its_thread_does_not_wait_for_it(run: Run) -> None:
    with run.task(1, heartbeat=10**9):
        (thread,) = beating()

    thread.join(PATIENT)
    assert not thread.is_alive()


def test_given_no_heartbeat_or_no_start_when_tasks_run_then_there_is_no_thread(run: Run) -> None:
    with run.task(1):
        assert beating() == []
    with run.task(1, heartbeat=SOON, on_not_runnable="skip") as task:
        assert not task.active
        assert beating() == []


def test_given_a_database_that_is_away_when_beating_then_the_task_goes_on_and_is_told_once(
    run: Run, beats: Beats, clock: ManualClock, step: Step, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "etl_monitor_orm"), run.task(1, heartbeat=SOON):
        beats.away = True
        beats.wait_for_tries(3)
        beats.away = False
        clock.advance(60)
        beats.wait()
        assert step(1).last_updated_on == clock.now

    assert step(1).status is Status.DONE
    (record,) = ours(caplog)
    assert "heartbeat of task 1 (workflow 1) of CORP/HR_DAILY" in record.getMessage()
    assert "OSError: the database is away" in record.getMessage()


def test_given_a_step_that_another_ended_when_beating_then_the_thread_ends_and_says_so(
    hr: ETLMonitor, run: Run, beats: Beats, caplog: pytest.LogCaptureFixture
) -> None:
    task = run.task(1, heartbeat=SOON).__enter__()
    (thread,) = beating()
    beats.away = True  # beats without a pause would be in the way of any other write
    hr.end_task("run-1", *HR, 1)
    with caplog.at_level(logging.WARNING):
        beats.away = False
        thread.join(PATIENT)

    assert not thread.is_alive()
    stopped = (record.getMessage() for record in ours(caplog) if "stopped" in record.getMessage())
    assert [message.partition(":")[0] for message in stopped] == [
        "The heartbeat of task 1 (workflow 1) of CORP/HR_DAILY in run run-1 on 2026-04-09 stopped"
    ]
    with pytest.raises(InvalidTransition):
        task.__exit__(None, None, None)


def test_given_no_thread_to_be_had_when_a_task_starts_then_it_works_without(
    run: Run, step: Step, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        task = run.task(1, heartbeat=SOON).__enter__()
    task.__exit__(None, None, None)

    assert step(1).status is Status.DONE
    assert "can't start new thread" in caplog.text


@pytest.mark.parametrize("wrong", [0, -1, "soon", float("nan"), timedelta(0), True])
def test_given_what_is_no_interval_when_a_task_is_made_then_it_is_refused(run: Run, refused, wrong: object) -> None:
    with refused(InvalidInput, "heartbeat"):
        run.task(1, heartbeat=wrong)
