"""Steps whose worker has gone quiet: heartbeats, who is stale, and what failing them does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from etl_monitor_orm import (
    ConnectionBroken,
    DatabaseError,
    ETLMonitor,
    InvalidInput,
    InvalidTransition,
    LogType,
    ManualClock,
    ProcessingStep,
    ProcessNotFound,
    Run,
    RunInProgress,
)
from etl_monitor_orm.keys import StepKey
from etl_monitor_orm.services import stale
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.ending import finish
from etl_monitor_orm.testing import assert_done

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"

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


def test_given_a_task_ended_by_someone_else_when_it_sends_a_heartbeat_then_it_learns_so(
    hr: ETLMonitor, run: Run, clock: ManualClock, refused: Refused
) -> None:
    task = run.task(1).__enter__()
    clock.advance(3600)
    hr.fail_stale(60)

    with refused(InvalidTransition, "heartbeat", "FAIL"):
        task.heartbeat()


def test_given_a_task_taken_over_when_the_first_worker_sends_a_heartbeat_then_it_learns_so(
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


def test_given_a_running_step_whose_run_was_reset_then_only_its_current_attempt_can_be_stale(
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
def test_given_a_stale_step_when_it_is_failed_then_only_a_mandatory_one_reopens_the_initiation(
    hr: ETLMonitor, run: Run, clock: ManualClock, step: Step, task_id: int, initiation: str
) -> None:
    hr.end_task("run-1", *HR, 0)
    hr.start_task("run-1", *HR, task_id)
    clock.advance(3600)
    hr.fail_stale(60)

    assert step(0).status == initiation


def test_given_a_step_that_was_failed_as_stale_when_its_worker_returns_then_it_cannot_end_it(
    hr: ETLMonitor, run: Run, clock: ManualClock, refused: Refused
) -> None:
    task = run.task(1).__enter__()
    clock.advance(3600)
    hr.fail_stale(60)

    with refused(InvalidTransition, "Cannot end", "FAIL"):
        task.__exit__(None, None, None)


def test_given_a_step_failed_as_stale_when_the_run_is_reset_then_it_can_be_worked_on_again(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 1)
    clock.advance(3600)
    hr.fail_stale(60)
    run.reset()
    with run.task(1):
        pass

    assert_done(run, 1)


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
def test_given_an_unreadable_argument_when_stale_steps_are_asked_for_then_it_is_refused(
    hr: ETLMonitor, refused: Refused, call: str, arguments: tuple[object, ...], words: str
) -> None:
    with refused(InvalidInput, words):
        getattr(hr, call)(*arguments)


# What a sweep looks at


def test_given_a_silent_step_that_a_later_run_works_on_then_it_is_not_stale(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 1, processing_date=DAY)
    clock.advance(7200)
    later = hr.start_run(*HR, DAY, resume=True)
    assert hr.stale_steps(60) == []
    hr.start_task(later.execution_id, *HR, 1, processing_date=DAY)
    clock.advance(60)

    assert [(step.execution_id, step.task_id) for step in hr.stale_steps(60)] == [(later.execution_id, 1)]
    assert [step.execution_id for step in hr.fail_stale(60)] == [later.execution_id]


def test_given_later_attempts_of_the_same_number_elsewhere_then_a_silent_step_stays_stale(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    """Of another task, pass, process, project and date."""
    hr.start_task("run-1", *HR, 1, processing_date=DAY)
    hr.register_task(*HR, 1, 2, 2, "Load employees, second pass")
    for process in (("CORP", "FIN_DAILY"), ("SHOP", "HR_DAILY")):
        hr.register_process(*process).register_task(*process, 1, 1, 2, "Load")
        for number in range(3):
            hr.start_run(*process, DAY, execution_id=f"run-{number}")
    for day in ("2026-04-08", "2026-04-10"):
        for number in range(3):
            hr.start_run(*HR, day, execution_id=f"run-{number}")
    hr.deactivate_task(*HR, 1, 1)
    hr.start_run(*HR, DAY)
    clock.advance(3600)

    assert [(step.execution_id, step.workflow_id, step.task_id) for step in hr.stale_steps(60)] == [("run-1", 1, 1)]


@pytest.mark.parametrize("call", ["stale_steps", "fail_stale"])
def test_given_steps_of_older_dates_then_only_those_since_a_date_are_stale(
    hr: ETLMonitor, clock: ManualClock, call: str
) -> None:
    today = clock.now.date()
    for days in (34, 35, 36):
        run = hr.start_run(*HR, today - timedelta(days=days))
        hr.start_task(run.execution_id, *HR, 1, processing_date=run.processing_date)
    clock.advance(3600)

    def dates(**since: object) -> list[int]:
        return [(today - step.processing_date).days for step in hr.stale_steps(60, **since)]

    assert dates(since=today - timedelta(days=34)) == [34]
    assert dates(since=(today - timedelta(days=36)).isoformat()) == [36, 35, 34]
    assert [(today - step.processing_date).days for step in getattr(hr, call)(60)] == [35, 34]


def test_given_an_unreadable_date_when_stale_steps_are_asked_for_then_it_is_refused(
    hr: ETLMonitor, refused: Refused
) -> None:
    with refused(InvalidInput, "since"):
        hr.stale_steps(60, since="last week")


# A sweep goes on


@pytest.fixture
def stubborn(hr: ETLMonitor, run: Run, clock: ManualClock) -> Iterator[Callable[[int], None]]:
    """Three stale steps; make some of them impossible to end."""
    for task_id in (1, 2, 3):
        hr.start_task("run-1", *HR, task_id, processing_date=DAY)
    clock.advance(3600)
    tasks: set[int] = set()

    def refuse(session: Session, context: Context, step: StepKey, *arguments: object, **options: object) -> object:
        if step.task_id in tasks:
            raise DatabaseError(f"task {step.task_id} cannot be written")
        return finish(session, context, step, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stale, "finish", refuse)
        yield tasks.add


def test_given_a_step_that_cannot_be_failed_then_the_others_are_and_it_is_told(
    hr: ETLMonitor, stubborn: Callable[[int], None], step: Step
) -> None:
    stubborn(1)
    stubborn(2)
    with pytest.raises(DatabaseError, match="task 1 cannot be written") as caught:
        hr.fail_stale(60)

    assert [step(number).status for number in (1, 2, 3)] == ["NQUE", "NQUE", "FAIL"]
    one, two, others = caught.value.__notes__
    assert ("task_id=1" in one, "task_id=2" in two, others) == (True, True, "Stale steps that were failed: 1.")


def test_given_a_connection_that_broke_then_the_sweep_ends_at_once(
    hr: ETLMonitor, stubborn: Callable[[int], None], step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **options: object) -> None:
        asked.append(arguments)
        raise ConnectionBroken

    asked: list[object] = []
    monkeypatch.setattr(stale, "finish", broken)
    with pytest.raises(ConnectionBroken):
        hr.fail_stale(60)

    assert len(asked) == 1


def test_given_a_step_that_shows_life_after_it_was_listed_then_it_is_not_failed(
    hr: ETLMonitor, run: Run, clock: ManualClock, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = run.task(1).__enter__(), run.task(2).__enter__()
    clock.advance(3600)
    listed = stale.stale_steps

    def then_it_beats(session: Session, context: Context, sweep: stale.Sweep) -> list[ProcessingStep]:
        found = listed(session, context, sweep)
        session.commit()
        one.heartbeat()
        return found

    monkeypatch.setattr(stale, "stale_steps", then_it_beats)

    assert [failed.task_id for failed in hr.fail_stale(60)] == [2]
    assert (step(1).is_running, two.active) == (True, True)


def test_given_a_step_of_another_tool_without_a_sign_of_life_then_its_start_counts(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 1, processing_date=DAY)
    with hr.session() as session:
        session.execute(update(ProcessingStep).values(last_updated_on=None))
        session.commit()
    clock.advance(60)

    assert [step.task_id for step in hr.stale_steps(60)] == [1]
    assert [step.status for step in hr.fail_stale(60)] == ["FAIL"]


# Beyond the dates that a sweep looks at

OLD, LATEST = "2025-11-26", "2025-11-27"
"""36 and 35 days before the clock's date."""

AT_WORK: dict[str, Callable[[ETLMonitor, str], object]] = {
    "start": lambda m, day: m.start_task("old", *HR, 1, processing_date=day),
    "resume": lambda m, day: m.start_run(*HR, day, resume=True),
}


@pytest.mark.parametrize("call", AT_WORK.values(), ids=AT_WORK)
@pytest.mark.parametrize(("day", "named"), [(OLD, 'fail_stale(..., since="2025-11-26")'), (LATEST, "fail_stale()")])
def test_refusal_of_a_running_step_names_since_only_when_a_sweep_would_not_find_it(
    hr: ETLMonitor, refused: Refused, call: Callable[[ETLMonitor, str], object], day: str, named: str
) -> None:
    hr.start_run(*HR, day, execution_id="old")
    hr.start_task("old", *HR, 1, processing_date=day)

    with refused(RunInProgress if call is AT_WORK["resume"] else InvalidTransition, named):
        call(hr, day)


def test_sweep_since_the_date_that_a_refusal_names_finds_the_step(hr: ETLMonitor, clock: ManualClock) -> None:
    hr.start_run(*HR, OLD, execution_id="old")
    hr.start_task("old", *HR, 1, processing_date=OLD)
    clock.advance(3600)

    assert hr.fail_stale(60) == []
    assert [step.task_id for step in hr.fail_stale(60, since=OLD)] == [1]


@pytest.mark.parametrize("call", ["stale_steps", "fail_stale"])
def test_sweep_of_an_unknown_process_is_refused(hr: ETLMonitor, run: Run, refused: Refused, call: str) -> None:
    with refused(ProcessNotFound, "CORP/NOWHERE"):
        getattr(hr, call)(60, "CORP", "NOWHERE")
