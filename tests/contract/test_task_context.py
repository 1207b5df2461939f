"""`with run.task(...)`: what entering, leaving, failing and skipping do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import date

import pytest
from sqlalchemy import event

from etl_monitor_orm import (
    ETLMonitor,
    InvalidTransition,
    LogType,
    ManualClock,
    ProcessingStep,
    Run,
    SourceType,
    Status,
)
from etl_monitor_orm.testing import assert_done

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
RUN = ("run-1", *HR)

Block = AbstractContextManager[None]
Step = Callable[..., ProcessingStep]


class Interruption(BaseException):
    """Not an Exception, as the ones that stop a program are not."""


class Unspeakable(Exception):
    """Its text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


# Entering


def test_given_a_queued_step_when_entered_then_it_is_running_while_the_body_runs(
    run: Run, step: Step, clock: ManualClock
) -> None:
    with run.task(1, workflow_id=1):
        assert (step(1).status, step(1).is_running, step(1).start_time) == (Status.NQUE, True, clock.now)


def test_given_a_handle_when_not_entered_then_nothing_is_written(run: Run, unchanged: Callable[[], Block]) -> None:
    with unchanged():
        assert run.task(1).active is False


def test_given_a_handle_when_the_body_runs_then_it_tells_which_task_it_is(run: Run, clock: ManualClock) -> None:
    with run.task(1) as task:
        assert task.active is True
        assert (task.task_id, task.workflow_id, task.attempts, task.started) == (1, 1, 0, clock.now)
        assert (task.execution_id, task.processing_date) == ("run-1", DAY)
        assert (task.project_code, task.process_load) == HR


@pytest.mark.parametrize(("task_id", "workflow_id"), [(0, 0), (1, 1), (3, 1)])
def test_given_no_pass_when_entered_then_it_is_the_main_load_or_the_initiation_for_task_0(
    run: Run, task_id: int, workflow_id: int
) -> None:
    with run.task(task_id) as task:
        assert task.workflow_id == workflow_id


def test_given_a_second_attempt_when_entered_then_the_handle_tells_its_number(hr: ETLMonitor, run: Run) -> None:
    hr.fail_task(*RUN, 1)
    run.reset()
    with run.task(1) as task:
        assert task.attempts == 1


def test_given_where_the_work_is_done_when_entered_then_the_step_tells(run: Run, step: Step) -> None:
    with run.task(1, source_type="DATAFLOW", source_run_id="job/7", cluster_id="c"):
        pass
    assert (step(1).source_type, step(1).source_run_id, step(1).cluster_id) == (SourceType.DATAFLOW, "job/7", "c")


def test_given_a_handle_that_was_used_when_entered_again_then_it_is_refused(
    run: Run, refused: Callable[..., Block]
) -> None:
    task = run.task(1)
    with task:
        pass
    with refused(InvalidTransition, "task 1 (workflow 1) of CORP/HR_DAILY", "Call run.task() for a new one"), task:
        pass


# Leaving


def test_given_a_clean_exit_when_left_then_the_step_is_done(run: Run, step: Step, clock: ManualClock) -> None:
    with run.task(1):
        clock.advance(90)
    done = step(1)
    assert (done.status, done.end_time, done.duration_seconds) == (Status.DONE, clock.now, 90)
    assert (done.log_message, done.log_type) == (None, LogType.INFO)


def test_given_a_clean_exit_when_left_then_the_handle_is_not_active(run: Run) -> None:
    with run.task(1) as task:
        pass
    assert task.active is False


def test_given_log_fields_from_the_start_when_left_then_the_step_holds_them(run: Run, step: Step) -> None:
    with run.task(1, log_message="107 rows", log_type="WARN", log_code="W-7"):
        pass
    assert (step(1).log_message, step(1).log_type, step(1).log_code) == ("107 rows", LogType.WARN, "W-7")


def test_given_log_fields_set_in_the_body_when_left_then_the_step_holds_them(run: Run, step: Step) -> None:
    with run.task(1, log_message="nothing yet") as task:
        task.log_message = "107 rows"
        task.log_type = "WARN"
        task.log_code = "W-7"
    assert (step(1).log_message, step(1).log_type, step(1).log_code) == ("107 rows", LogType.WARN, "W-7")


@pytest.mark.parametrize(
    "error", [ValueError("it's bad"), KeyboardInterrupt("^C"), SystemExit("stop"), Interruption("power")]
)
def test_given_an_exception_when_left_then_the_step_is_fail_with_it_and_it_goes_on(
    run: Run, step: Step, clock: ManualClock, error: BaseException
) -> None:
    def job() -> None:
        with run.task(1):
            clock.advance(90)
            raise error

    with pytest.raises(type(error)) as caught:
        job()
    failed = step(1)
    assert caught.value is error
    assert (failed.status, failed.end_time, failed.duration_seconds) == (Status.FAIL, clock.now, 90)
    assert (failed.log_message, failed.log_type) == (f"{type(error).__name__}: {error}", LogType.ERROR)


def test_given_a_message_for_done_when_an_exception_leaves_then_the_exception_is_the_message(
    run: Run, step: Step
) -> None:
    with pytest.raises(OSError, match="down"), run.task(1, log_message="all went well", log_type="INFO"):
        raise OSError("down")
    assert (step(1).log_message, step(1).log_type) == ("OSError: down", LogType.ERROR)


def test_given_an_exception_when_left_then_the_handle_is_not_active(run: Run) -> None:
    task = run.task(1)
    with pytest.raises(OSError, match="down"), task:
        raise OSError("down")
    assert task.active is False


def test_given_a_task_deactivated_meanwhile_when_left_then_the_step_is_done(hr: ETLMonitor, run: Run) -> None:
    with run.task(1):
        hr.deactivate_task(*HR, 1, 1)
    assert_done(run, 1)


def test_given_a_run_started_elsewhere_when_tracked_by_the_flat_call_then_it_is_the_same(
    hr: ETLMonitor, run: Run, step: Step
) -> None:
    with hr.task(*RUN, task_id=1, workflow_id=1, sequence_id=2, processing_date="2026-04-09") as task:
        assert step(1).is_running
        task.log_message = "107 rows"
    assert (step(1).status, step(1).log_message) == (Status.DONE, "107 rows")


def test_given_a_run_of_another_date_when_a_task_is_tracked_without_one_then_its_date_is_used(
    hr: ETLMonitor, run: Run
) -> None:
    with hr.task(*RUN, 1) as task:
        assert task.processing_date == DAY


# What cannot be recorded


def lose_a_statement(monitor: ETLMonitor, number: int = 1) -> None:
    """Have the next statement fail, or the one of this number, and none after it: the connection is back."""
    count = iter(range(1, 1_000))

    def fail(*_: object) -> None:
        if next(count) == number:
            raise ConnectionError("the database is gone")

    event.listen(monitor.engine, "before_cursor_execute", fail)


@pytest.fixture
def fragile(hr: ETLMonitor, run: Run, clock: ManualClock) -> tuple[ETLMonitor, Run]:
    """A second monitor on the same database, whose own statements can be made to fail."""
    other = ETLMonitor(hr.engine.execution_options(), clock=clock, actor="fragile")
    return other, other.start_run(*HR, DAY, execution_id="run-1")


def test_given_a_lost_statement_when_done_cannot_be_recorded_then_it_raises_without_a_fail(
    fragile: tuple[ETLMonitor, Run], step: Step
) -> None:
    monitor, run = fragile
    with pytest.raises(ConnectionError, match="the database is gone"), run.task(1):
        lose_a_statement(monitor)
    assert (step(1).status, step(1).is_running) == (Status.NQUE, True)


def test_given_a_watermark_that_cannot_be_written_when_done_then_the_step_is_never_fail(
    fragile: tuple[ETLMonitor, Run], step: Step
) -> None:
    monitor, run = fragile
    with pytest.raises(ConnectionError, match="the database is gone"), run.task(1):
        lose_a_statement(monitor, 2)
    assert step(1).status is not Status.FAIL


def test_given_a_step_failed_by_someone_else_when_done_then_it_is_refused_and_stays_unchanged(
    hr: ETLMonitor, run: Run, step: Step
) -> None:
    with pytest.raises(InvalidTransition, match="Cannot end"), run.task(1):
        hr.fail_task(*RUN, 1, log_message="stopped by an operator")
    assert (step(1).status, step(1).log_message) == (Status.FAIL, "stopped by an operator")


def test_given_a_lost_statement_when_fail_cannot_be_recorded_then_the_job_exception_has_a_note(
    fragile: tuple[ETLMonitor, Run], step: Step
) -> None:
    monitor, run = fragile
    error = ValueError("the job's own")

    def job() -> None:
        with run.task(1):
            lose_a_statement(monitor)
            raise error

    with pytest.raises(ValueError, match="the job's own") as caught:
        job()
    assert caught.value is error
    (note,) = error.__notes__
    assert "could not record" in note
    assert "task 1 (workflow 1) of CORP/HR_DAILY in run run-1" in note
    assert "the database is gone" in note


def test_given_a_recorded_failure_when_the_exception_goes_on_then_it_bears_no_note(run: Run) -> None:
    error = ValueError("the job's own")
    with pytest.raises(ValueError, match="the job's own"), run.task(1):
        raise error
    assert not hasattr(error, "__notes__")


def test_given_a_step_ended_by_someone_else_when_the_job_fails_then_its_exception_has_a_note(
    hr: ETLMonitor, run: Run
) -> None:
    error = ValueError("the job's own")

    def job() -> None:
        with run.task(1):
            hr.end_task(*RUN, 1)
            raise error

    with pytest.raises(ValueError, match="the job's own"):
        job()
    assert "Cannot fail" in error.__notes__[0]
    assert_done(run, 1)


def test_given_an_exception_with_unreadable_text_when_left_then_the_step_is_fail_with_its_type(
    run: Run, step: Step
) -> None:
    error = Unspeakable()
    with pytest.raises(Unspeakable) as caught, run.task(1):
        raise error
    assert caught.value is error
    assert step(1).status is Status.FAIL
    assert step(1).log_message.startswith("Unspeakable")


LATE = [("log_message", "107 rows"), ("log_type", "WARN"), ("log_code", "W-7")]


@pytest.mark.parametrize(("name", "value"), LATE)
@pytest.mark.parametrize("fails", [False, True])
def test_what_is_set_after_the_task_ended_is_refused(
    run: Run, refused: Callable[..., AbstractContextManager[None]], name: str, value: str, fails: bool
) -> None:
    with suppress(OSError), run.task(1) as task:
        if fails:
            raise OSError("down")

    with refused(InvalidTransition, name, "task 1", "with run.task(...) as task:"):
        setattr(task, name, value)


@pytest.mark.parametrize(("name", "value"), LATE)
def test_what_is_set_before_the_task_starts_is_stored(run: Run, step, name: str, value: str) -> None:
    task = run.task(1)
    setattr(task, name, value)
    with task:
        pass

    assert getattr(step(1), name) == value


@pytest.mark.parametrize(("name", "value"), LATE)
def test_what_is_set_on_a_skipped_task_is_ignored(
    run: Run, unchanged: Callable[[], AbstractContextManager[None]], name: str, value: str
) -> None:
    with run.task(1):
        pass
    with unchanged(), run.task(1, on_not_runnable="skip") as task:
        setattr(task, name, value)


def test_misspelt_attribute_of_a_task_is_refused_so_that_no_message_is_lost(run: Run) -> None:
    with run.task(1) as task, pytest.raises(AttributeError):
        task.log_mesage = "120 rows"
