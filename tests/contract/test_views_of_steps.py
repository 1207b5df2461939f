"""What the five views of steps say: processes, runs, attempts, failures and blockers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from etl_monitor_orm import (
    CurrentFailure,
    ETLMonitor,
    MandatoryBlocker,
    ManualClock,
    Process,
    ProcessingStep,
    ProcessStatus,
    Run,
    RunStatus,
    RunSummary,
    Status,
    Task,
    TaskDetail,
)

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"

Row = Callable[..., object]
Rows = Callable[..., list]
Work = Callable[..., None]


def test_given_two_runs_of_a_date_then_the_process_has_one_row(hr: ETLMonitor, run: Run, rows: Rows) -> None:
    hr.start_run(*HR, DAY)

    assert len(rows(ProcessStatus)) == 1


def test_given_two_dates_and_two_processes_then_each_has_its_row(hr: ETLMonitor, run: Run, rows: Rows) -> None:
    hr.register_process("CORP", "FIN_DAILY").register_task("CORP", "FIN_DAILY", 1, 1, 2, "Load costs")
    hr.start_run("CORP", "FIN_DAILY", DAY)
    hr.start_run(*HR, "2026-04-10")

    assert [(found.processing_date.day, found.process_load) for found in rows(ProcessStatus)] == [
        (9, "FIN_DAILY"),
        (9, "HR_DAILY"),
        (10, "HR_DAILY"),
    ]


def test_given_a_process_then_its_row_has_its_name_and_owner(hr: ETLMonitor, run: Run, row: Row) -> None:
    found = row(ProcessStatus)

    assert (found.process_name, found.process_owner) == ("HR daily load", "HR team")


def test_given_several_runs_of_a_date_then_all_of_them_are_counted(hr: ETLMonitor, run: Run, row: Row) -> None:
    hr.start_run(*HR, DAY)
    hr.start_run(*HR, DAY)

    assert (row(ProcessStatus).total_runs, row(ProcessStatus).latest_attempt) == (3, 2)


def test_given_a_retried_run_then_it_is_still_one_run(hr: ETLMonitor, run: Run, row: Row, fail: Work) -> None:
    fail(run, 1)
    run.reset()

    assert (row(ProcessStatus).total_runs, row(ProcessStatus).latest_attempt) == (1, 1)


def test_given_steps_in_every_state_then_the_process_counts_them(
    hr: ETLMonitor, run: Run, row: Row, work: Work, fail: Work
) -> None:
    work(run, 0)
    fail(run, 2)
    hr.start_task("run-1", *HR, 1)

    found = row(ProcessStatus)
    assert (found.done, found.failed, found.pending, found.running) == (1, 1, 2, 1)


def test_given_a_retried_step_then_the_process_counts_its_current_attempt_only(
    hr: ETLMonitor, run: Run, row: Row, work: Work, fail: Work
) -> None:
    work(run, 0)
    fail(run, 2)
    run.reset(remark="again")
    work(run, 2)

    found = row(ProcessStatus)
    assert (found.done, found.failed, found.pending) == (1, 0, 3)


def test_given_a_resumed_run_then_the_process_counts_each_step_where_it_is_current(
    hr: ETLMonitor, run: Run, row: Row, work: Work, fail: Work
) -> None:
    work(run, 1)
    fail(run, 3)
    hr.start_run(*HR, DAY, resume=True)

    found = row(ProcessStatus)
    assert (found.done, found.failed, found.pending) == (1, 0, 3)


def test_given_steps_that_ran_then_the_process_has_their_first_start_last_end_and_duration(
    hr: ETLMonitor, run: Run, clock: ManualClock, row: Row, work: Work
) -> None:
    began = clock.now
    work(run, 0, 10)
    clock.advance(30)
    work(run, 1, 20.9)

    found = row(ProcessStatus)
    assert (found.run_start, found.run_end, found.wall_clock_seconds) == (began, clock.now, 60)


def test_given_nothing_that_ran_then_the_process_has_no_times(hr: ETLMonitor, run: Run, row: Row) -> None:
    found = row(ProcessStatus)

    assert (found.run_start, found.run_end, found.wall_clock_seconds) == (None, None, None)


def test_given_a_step_that_was_ended_before_the_first_started_then_no_seconds_are_negative(
    hr: ETLMonitor, run: Run, clock: ManualClock, row: Row
) -> None:
    hr.end_task("run-1", *HR, 1)
    clock.advance(60)
    hr.start_task("run-1", *HR, 2)

    assert (row(ProcessStatus).wall_clock_seconds, row(RunSummary).wall_clock_seconds) == (0, 0)


def test_given_an_initiation_step_then_its_status_is_that_of_the_process(
    hr: ETLMonitor, run: Run, row: Row, work: Work
) -> None:
    work(run, 0)

    assert row(ProcessStatus).overall_status is Status.DONE


def test_given_a_mandatory_failure_then_the_process_is_open_again(
    hr: ETLMonitor, run: Run, row: Row, work: Work, fail: Work
) -> None:
    work(run, 0)
    fail(run, 1)

    assert row(ProcessStatus).overall_status is Status.NQUE


def test_given_a_reset_then_the_process_has_the_status_of_the_new_initiation(
    hr: ETLMonitor, run: Run, row: Row, work: Work, fail: Work
) -> None:
    work(run, 0)
    fail(run, 1)
    run.reset()

    assert row(ProcessStatus).overall_status is Status.RQUE


def test_given_no_initiation_step_then_the_process_has_no_overall_status(monitor: ETLMonitor, row: Row) -> None:
    monitor.register_process("CORP", "FIN_DAILY").register_task("CORP", "FIN_DAILY", 1, 1, 2, "Load costs")
    run = monitor.start_run("CORP", "FIN_DAILY", DAY)
    monitor.end_task(run.execution_id, "CORP", "FIN_DAILY", 1)

    assert row(ProcessStatus).overall_status is None


def test_given_a_run_that_was_reset_then_it_has_one_row_per_attempt(
    hr: ETLMonitor, run: Run, rows: Rows, fail: Work
) -> None:
    fail(run, 1)
    run.reset()

    assert [(found.execution_id, found.attempts, found.total_tasks) for found in rows(RunSummary)] == [
        ("run-1", 0, 4),
        ("run-1", 1, 2),
    ]


def test_given_two_runs_then_each_has_its_row(hr: ETLMonitor, run: Run, rows: Rows) -> None:
    hr.start_run(*HR, DAY, execution_id="run-2")

    assert [(found.execution_id, found.attempts) for found in rows(RunSummary)] == [("run-1", 0), ("run-2", 1)]


def test_given_steps_in_every_state_then_the_run_counts_them(
    hr: ETLMonitor, run: Run, row: Row, work: Work, fail: Work
) -> None:
    work(run, 0)
    fail(run, 2)
    hr.start_task("run-1", *HR, 1)

    found = row(RunSummary)
    assert (found.total_tasks, found.done, found.failed, found.pending, found.running) == (4, 1, 1, 2, 1)


def test_given_steps_side_by_side_then_the_run_has_their_seconds_in_sum_and_by_the_clock(
    hr: ETLMonitor, run: Run, clock: ManualClock, row: Row, work: Work
) -> None:
    began = clock.now
    with run.task(1):
        clock.advance(10)
        work(run, 2, 30)

    found = row(RunSummary)
    assert (found.run_start, found.run_end, found.wall_clock_seconds, found.total_duration_seconds) == (
        began,
        clock.now,
        40,
        70,
    )


def test_given_a_heartbeat_then_it_is_the_runs_last_activity(
    hr: ETLMonitor, run: Run, clock: ManualClock, row: Row
) -> None:
    with run.task(1) as task:
        clock.advance(10)
        task.heartbeat()
        assert row(RunSummary).last_activity == clock.now


def test_given_a_mandatory_failure_then_the_run_has_failed_although_steps_are_unfinished(
    hr: ETLMonitor, run: Run, row: Row, fail: Work
) -> None:
    fail(run, 1)

    assert row(RunSummary).overall_status is RunStatus.FAILED


def test_given_an_optional_failure_then_the_run_goes_on(hr: ETLMonitor, run: Run, row: Row, fail: Work) -> None:
    fail(run, 2)

    assert row(RunSummary).overall_status is RunStatus.RUNNING


def test_given_a_run_that_is_queued_only_then_it_is_running(hr: ETLMonitor, run: Run, row: Row) -> None:
    assert row(RunSummary).overall_status is RunStatus.RUNNING


def test_given_all_steps_over_and_only_an_optional_one_failed_then_the_run_is_complete(
    hr: ETLMonitor, run: Run, row: Row, work: Work, fail: Work
) -> None:
    fail(run, 2)
    for task_id in (0, 1, 3):
        work(run, task_id)

    assert row(RunSummary).overall_status is RunStatus.COMPLETE


def test_given_a_finished_retry_then_its_attempt_is_complete_and_the_failed_one_stays_failed(
    hr: ETLMonitor, run: Run, rows: Rows, work: Work, fail: Work
) -> None:
    fail(run, 1)
    run.reset()
    for task_id in (0, 1):
        work(run, task_id)

    assert [found.overall_status for found in rows(RunSummary)] == [RunStatus.FAILED, RunStatus.COMPLETE]


def test_given_a_retried_step_then_every_attempt_has_its_row(hr: ETLMonitor, run: Run, rows: Rows, fail: Work) -> None:
    fail(run, 1)
    run.reset()

    assert [(found.attempts, found.status) for found in rows(TaskDetail, task_id=1)] == [(0, "FAIL"), (1, "RQUE")]


@pytest.mark.parametrize(("seconds", "breached"), [(60, False), (60.9, False), (61, True)])
def test_given_a_finished_step_then_it_broke_its_deadline_if_it_took_longer_than_expected(
    hr: ETLMonitor, run: Run, row: Row, seconds: float, breached: bool, work: Work
) -> None:
    work(run, 3, seconds)

    assert row(TaskDetail, task_id=3).sla_breached is breached


def test_given_a_failed_step_that_took_too_long_then_it_broke_its_deadline_too(
    hr: ETLMonitor, run: Run, row: Row, fail: Work
) -> None:
    fail(run, 3, 61)

    assert row(TaskDetail, task_id=3).sla_breached is True


@pytest.mark.parametrize(("seconds", "breached"), [(20, False), (90, True)])
def test_given_a_running_step_then_the_time_since_its_start_counts(
    hr: ETLMonitor, run: Run, row: Row, clock: ManualClock, seconds: int, breached: bool
) -> None:
    clock.set(datetime.now(UTC))
    hr.start_task("run-1", *HR, 3, timestamp=clock.now - timedelta(seconds=seconds))

    assert row(TaskDetail, task_id=3).sla_breached is breached


def test_given_a_step_without_an_expected_duration_then_it_breaks_no_deadline(
    hr: ETLMonitor, run: Run, row: Row, work: Work
) -> None:
    work(run, 1, 10_000)

    assert row(TaskDetail, task_id=1).sla_breached is False


def test_given_a_step_that_has_not_started_then_it_breaks_no_deadline(hr: ETLMonitor, run: Run, row: Row) -> None:
    assert row(TaskDetail, task_id=3).sla_breached is False


def test_given_a_queued_a_running_and_a_finished_step_then_only_the_running_one_is_running(
    hr: ETLMonitor, run: Run, rows: Rows, work: Work
) -> None:
    work(run, 1)
    hr.start_task("run-1", *HR, 2)

    assert {found.task_id: found.is_running for found in rows(TaskDetail)} == {0: False, 1: False, 2: True, 3: False}


def test_given_a_retry_that_was_started_then_it_is_running(hr: ETLMonitor, run: Run, row: Row, fail: Work) -> None:
    fail(run, 1)
    run.reset()
    hr.start_task("run-1", *HR, 1)

    assert row(TaskDetail, task_id=1, attempts=1).is_running is True


def test_given_failures_then_all_are_current_and_the_mandatory_ones_block(
    hr: ETLMonitor, run: Run, rows: Rows, fail: Work
) -> None:
    fail(run, 1)
    fail(run, 2)

    assert [found.task_id for found in rows(CurrentFailure)] == [1, 2]
    assert [found.task_id for found in rows(MandatoryBlocker)] == [1]


def test_given_a_failure_then_both_views_say_why(hr: ETLMonitor, run: Run, row: Row, fail: Work) -> None:
    fail(run, 1)

    messages = (row(CurrentFailure).log_message, row(MandatoryBlocker).log_message)
    assert messages == ("OSError: source is down", "OSError: source is down")


@pytest.mark.parametrize("view", [CurrentFailure, MandatoryBlocker])
def test_given_a_retry_that_is_queued_then_the_failure_is_cleared(
    hr: ETLMonitor, run: Run, rows: Rows, view: type, fail: Work
) -> None:
    fail(run, 1)
    run.reset()

    assert rows(view) == []


@pytest.mark.parametrize("view", [CurrentFailure, MandatoryBlocker])
def test_given_a_retry_that_is_done_then_the_failure_is_cleared(
    hr: ETLMonitor, run: Run, rows: Rows, view: type, work: Work, fail: Work
) -> None:
    fail(run, 1)
    run.reset()
    work(run, 1)

    assert rows(view) == []


@pytest.mark.parametrize("view", [CurrentFailure, MandatoryBlocker])
def test_given_a_retry_that_failed_then_it_is_the_current_failure(
    hr: ETLMonitor, run: Run, row: Row, view: type, fail: Work
) -> None:
    fail(run, 1)
    run.reset()
    fail(run, 1)

    assert row(view).attempts == 1


@pytest.mark.parametrize("view", [CurrentFailure, MandatoryBlocker])
def test_given_a_later_run_of_the_date_that_queued_the_step_then_the_failure_is_cleared(
    hr: ETLMonitor, run: Run, rows: Rows, view: type, fail: Work
) -> None:
    fail(run, 1)
    hr.start_run(*HR, DAY, resume=True)

    assert rows(view) == []


@pytest.mark.parametrize("view", [CurrentFailure, MandatoryBlocker])
def test_given_a_run_of_another_date_then_the_failure_stands(
    hr: ETLMonitor, run: Run, rows: Rows, view: type, work: Work, fail: Work
) -> None:
    fail(run, 1)
    work(hr.start_run(*HR, "2026-04-10"), 1)

    assert len(rows(view)) == 1


@pytest.mark.parametrize(("later", "failures"), [("run-1", 1), ("run-2", 0)])
def test_given_two_attempts_of_one_number_then_the_one_updated_last_is_current(
    hr: ETLMonitor, run: Run, clock: ManualClock, rows: Rows, fail: Work, later: str, failures: int
) -> None:
    fail(run, 1)
    seconds = 60 if later == "run-2" else -60
    with hr.session() as session:
        failed = session.query(ProcessingStep).filter_by(task_id=1).one()
        values = {column.key: getattr(failed, column.key) for column in ProcessingStep.__mapper__.column_attrs}
        written = clock.now + timedelta(seconds=seconds)
        session.add(ProcessingStep(**{**values, "execution_id": "run-2", "status": "DONE", "last_updated_on": written}))
        session.commit()

    assert len(rows(CurrentFailure)) == failures


@pytest.mark.parametrize(("table", "view"), [(Process, ProcessStatus), (Task, TaskDetail)])
def test_given_a_process_or_task_that_is_gone_then_its_history_is_still_shown(
    hr: ETLMonitor, run: Run, rows: Rows, table: type, view: type
) -> None:
    before = len(rows(view))
    with hr.session() as session:
        session.query(table).delete()
        session.commit()

    assert len(rows(view)) == before
