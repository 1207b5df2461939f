"""A crash between two statements: on a transactional backend a call is there whole, or not at all.

Where there are no transactions every prefix of a call's statements must be safe: see `test_order_of_statements.py` and
`every_call/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import event

from etl_monitor_orm import ETLMonitor, ManualClock, ProcessingStep, Run

NEEDS = ("transactions",)

HR = ("CORP", "HR_DAILY")

Crash = Callable[..., AbstractContextManager[None]]
Unchanged = Callable[[], AbstractContextManager[None]]


class PowerCut(Exception):
    """The machine stopped."""


@pytest.fixture
def crash(monitor: ETLMonitor, unchanged: Unchanged) -> Crash:
    """Make a block that dies before a statement that has these words, or before COMMIT, and must leave no trace."""

    @contextmanager
    def dying(*words: str, at_commit: bool = False) -> Iterator[None]:
        def before_statement(connection, cursor, statement, parameters, context, executemany) -> None:
            if not at_commit and all(word in statement for word in words):
                raise PowerCut

        def before_commit(connection) -> None:
            if at_commit:
                raise PowerCut

        with unchanged():
            event.listen(monitor.engine, "before_cursor_execute", before_statement)
            event.listen(monitor.engine, "commit", before_commit)
            try:
                with pytest.raises(PowerCut):
                    yield
            finally:
                event.remove(monitor.engine, "before_cursor_execute", before_statement)
                event.remove(monitor.engine, "commit", before_commit)

    return dying


def test_given_a_crash_before_the_automatic_watermark_when_a_step_ends_then_it_is_not_done(
    hr: ETLMonitor, run: Run, crash: Crash
) -> None:
    hr.start_task("run-1", *HR, 1)

    with crash("MERGE", "ETLconfigParameters"):
        hr.end_task("run-1", *HR, 1)


def test_given_a_crash_before_a_staged_watermark_when_a_task_ends_then_it_is_not_done_either(
    run: Run, crash: Crash
) -> None:
    task = run.task(2).__enter__()
    task.advance(120)

    with crash("UPDATE", "ETLconfigParameters"):
        task.__exit__(None, None, None)


@pytest.mark.parametrize(("task_id", "staged"), [(1, "2026-01-01"), (1, None), (2, 120)])
def test_given_a_crash_at_commit_when_a_task_ends_then_neither_state_nor_watermark_is_written(
    run: Run, crash: Crash, task_id: int, staged: str | int | None
) -> None:
    task = run.task(task_id).__enter__()
    if staged is not None:
        task.advance(staged)

    with crash(at_commit=True):
        task.__exit__(None, None, None)


def test_given_a_crash_while_recording_done_when_the_task_ends_then_the_step_is_still_running(
    hr: ETLMonitor, run: Run, crash: Crash, step: Callable[..., ProcessingStep]
) -> None:
    task = run.task(1).__enter__()
    with crash("MERGE", "ETLconfigParameters"):
        task.__exit__(None, None, None)

    assert step(1).is_running


def test_given_a_crash_while_recording_done_when_the_step_ends_again_then_its_watermark_moves(
    hr: ETLMonitor, run: Run, crash: Crash, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 1)
    began = clock.now
    clock.advance(60)
    with crash(at_commit=True):
        hr.end_task("run-1", *HR, 1)
    hr.end_task("run-1", *HR, 1)

    assert hr.get_active_watermark(*HR, "LoadEmployees") == began


def test_given_a_crash_before_fail_is_written_when_a_step_fails_then_the_initiation_stays_done(
    hr: ETLMonitor, run: Run, crash: Crash
) -> None:
    with run.task(0):
        pass
    hr.start_task("run-1", *HR, 1)

    with crash("MERGE", "LogMessage"):
        hr.fail_task("run-1", *HR, 1)


def test_given_a_crash_after_the_rows_are_queued_when_a_run_is_reset_then_none_is_queued(
    hr: ETLMonitor, run: Run, crash: Crash
) -> None:
    hr.fail_task("run-1", *HR, 1)

    with crash("SELECT", "LastUpdatedOn"):
        run.reset()


def test_given_a_crash_at_commit_when_a_run_is_started_then_none_of_its_steps_is_there(
    hr: ETLMonitor, crash: Crash
) -> None:
    with crash(at_commit=True):
        hr.start_run(*HR)


def test_given_a_crash_between_receipt_and_value_when_a_mode_is_set_then_neither_is_there(
    hr: ETLMonitor, crash: Crash
) -> None:
    hr.advance_watermark(*HR, "LoadEvents", new_int_value=120)

    with crash("UPDATE", "ETLconfigParameters"):
        hr.set_processing_mode(*HR, is_bulk_mode=True)


def test_given_a_crash_at_the_second_stale_step_when_they_are_failed_then_only_the_first_is(
    hr: ETLMonitor, run: Run, clock: ManualClock, step: Callable[..., ProcessingStep]
) -> None:
    for task_id in (1, 3):
        hr.start_task("run-1", *HR, task_id)
    clock.advance(3600)
    failures = []

    def second(connection, cursor, statement, parameters, context, executemany) -> None:
        if statement.startswith(("MERGE", "UPDATE")) and "LogMessage" in statement:
            failures.append(statement)
            if len(failures) == 2:
                raise PowerCut

    event.listen(hr.engine, "before_cursor_execute", second)
    with pytest.raises(PowerCut):
        hr.fail_stale(60)
    event.remove(hr.engine, "before_cursor_execute", second)

    assert [step(task_id).status for task_id in (1, 3)] == ["FAIL", "NQUE"]
