"""How a process really stands on a date, and what a deactivated task no longer holds up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl_monitor_orm import (
    CurrentFailure,
    ETLMonitor,
    MandatoryBlocker,
    ProcessStatus,
    Run,
    RunState,
    RunStatus,
    RunSummary,
    Task,
)

HR = ("CORP", "HR_DAILY")

Row = Callable[..., object]
Rows = Callable[..., list]
Work = Callable[..., None]


def test_process_status_of_a_queued_run_is_waiting(hr: ETLMonitor, run: Run, row: Row) -> None:
    assert row(ProcessStatus).run_state is RunState.WAITING


def test_process_status_of_a_run_at_work_is_running_although_its_initiation_is_done(
    hr: ETLMonitor, run: Run, row: Row, work: Work
) -> None:
    work(run, 0)
    hr.start_task("run-1", *HR, 1)

    assert row(ProcessStatus).run_state is RunState.RUNNING


def test_process_status_with_a_mandatory_failure_is_failed_although_a_step_runs(
    hr: ETLMonitor, run: Run, row: Row, fail: Work
) -> None:
    hr.start_task("run-1", *HR, 2)
    fail(run, 1)

    assert row(ProcessStatus).run_state is RunState.FAILED


def test_process_status_with_an_optional_failure_is_complete_when_all_else_is_done(
    hr: ETLMonitor, run: Run, row: Row, work: Work, fail: Work
) -> None:
    optional = [step.task_id for step in run.pending() if not step.task_mandatory]
    for step in run.pending():
        fail(run, step.task_id) if step.task_id in optional else work(run, step.task_id)

    assert optional
    assert row(ProcessStatus).run_state is RunState.COMPLETE


def test_process_status_after_a_reset_is_waiting_and_not_failed(hr: ETLMonitor, run: Run, row: Row, fail: Work) -> None:
    fail(run, 1)
    run.reset()

    assert row(ProcessStatus).run_state is RunState.WAITING


def test_queued_step_of_a_deactivated_task_counts_nowhere_as_pending(
    hr: ETLMonitor, run: Run, row: Row, work: Work
) -> None:
    *others, last = run.pending()
    for step in others:
        work(run, step.task_id)
    hr.deactivate_task(*HR, last.task_id, last.workflow_id)

    assert (row(ProcessStatus).pending, row(ProcessStatus).run_state) == (0, RunState.COMPLETE)
    assert (row(RunSummary).pending, row(RunSummary).overall_status) == (0, RunStatus.COMPLETE)


def test_queued_step_of_a_task_that_is_active_again_is_pending_again(hr: ETLMonitor, run: Run, row: Row) -> None:
    before = row(ProcessStatus).pending
    hr.deactivate_task(*HR, 1, 1)
    hr.activate_task(*HR, 1, 1)

    assert row(ProcessStatus).pending == row(RunSummary).pending == before


def test_running_step_of_a_deactivated_task_is_still_running(hr: ETLMonitor, run: Run, row: Row) -> None:
    hr.start_task("run-1", *HR, 1)
    before = row(ProcessStatus).pending
    hr.deactivate_task(*HR, 1, 1)

    found = row(ProcessStatus)
    assert (found.running, found.pending, found.run_state) == (1, before, RunState.RUNNING)


def test_failed_step_of_a_deactivated_task_blocks_nothing_and_is_still_a_failure(
    hr: ETLMonitor, run: Run, row: Row, rows: Rows, fail: Work
) -> None:
    fail(run, 1)
    hr.deactivate_task(*HR, 1, 1)

    assert rows(MandatoryBlocker) == []
    assert [failure.task_id for failure in rows(CurrentFailure)] == [1]
    assert row(ProcessStatus).run_state is RunState.WAITING
    assert row(RunSummary).overall_status is RunStatus.FAILED


@pytest.mark.parametrize("other", [("CORP", "FIN_DAILY", 1, 1), ("EVIL", "HR_DAILY", 1, 1), ("CORP", "HR_DAILY", 1, 2)])
def test_task_of_the_same_number_elsewhere_when_deactivated_settles_nothing_here(
    hr: ETLMonitor, run: Run, row: Row, rows: Rows, fail: Work, other: tuple[str, str, int, int]
) -> None:
    project, process, task, workflow = other
    hr.register_process(project, process).register_task(project, process, task, workflow, 2, "Load employees")
    fail(run, 1)
    before = (row(ProcessStatus).pending, row(RunSummary).pending)
    hr.deactivate_task(project, process, task, workflow)

    assert [blocker.task_id for blocker in rows(MandatoryBlocker)] == [1]
    assert (row(ProcessStatus).pending, row(RunSummary).pending) == before
    assert row(ProcessStatus).run_state is RunState.FAILED


def test_step_whose_task_is_gone_is_settled_as_it_is_offered_nowhere(hr: ETLMonitor, run: Run, row: Row) -> None:
    with hr.session() as session:
        session.query(Task).filter_by(task_id=1).delete()
        session.commit()

    assert 1 not in [step.task_id for step in run.pending()]
    assert row(ProcessStatus).pending == len(run.pending())


def test_failures_and_blockers_say_in_which_stage_they_are(hr: ETLMonitor, run: Run, row: Row, fail: Work) -> None:
    fail(run, 1)

    assert row(CurrentFailure).sequence_id == row(MandatoryBlocker).sequence_id == run.pending()[1].sequence_id
