"""`retry_failed=True`: a step that failed is queued again, and started."""

from __future__ import annotations

import pytest

from etl_monitor_orm import ETLMonitor, InvalidTransition, ProcessingStep, Run, Status

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"


def attempts(rows, **of: object) -> list[tuple[int, str]]:
    return [(step.attempts, str(step.status)) for step in rows(ProcessingStep, **of)]


def test_given_a_failed_step_when_started_again_then_it_is_a_new_attempt_and_the_initiation_too(
    run: Run, fail, rows
) -> None:
    fail(run, 1)
    with run.task(1, retry_failed=True) as task:
        assert task.attempts == 1

    assert attempts(rows, task_id=1) == [(0, "FAIL"), (1, "DONE")]
    assert attempts(rows, task_id=0)[-1] == (1, "RQUE")
    assert attempts(rows, task_id=2) == [(0, "NQUE")]


def test_given_a_queued_step_when_started_so_then_it_is_no_new_attempt(run: Run, rows) -> None:
    with run.task(1, retry_failed=True):
        pass

    assert attempts(rows, task_id=1) == [(0, "DONE")]


@pytest.mark.parametrize("state", ["running", "done", "deactivated"])
def test_given_a_step_that_did_not_fail_when_started_so_then_it_is_refused_as_ever(
    hr: ETLMonitor, run: Run, state: str, unchanged
) -> None:
    if state == "deactivated":
        hr.deactivate_task(*HR, 1, 1)
    else:
        hr.start_task("run-1", *HR, 1)
    if state == "done":
        hr.end_task("run-1", *HR, 1)
    with unchanged(), pytest.raises(InvalidTransition), run.task(1, retry_failed=True):
        pass


def test_given_a_failure_of_the_same_number_elsewhere_when_started_so_then_only_the_own_step_is_queued(
    hr: ETLMonitor, run: Run, fail, rows
) -> None:
    hr.register_task(*HR, 1, 2, 2, "Load employees again")
    other_date = hr.start_run(*HR, "2026-04-10", execution_id="run-1")
    other_run = hr.start_run(*HR, DAY, execution_id="run-2")
    for one, workflow in ((run, 1), (other_date, 1), (other_date, 2), (other_run, 1), (other_run, 2)):
        with pytest.raises(OSError, match="down"), one.task(1, workflow):
            raise OSError("down")
    with other_run.task(1, retry_failed=True):
        pass

    failed = rows(ProcessingStep, task_id=1, status=Status.FAIL)
    queued = [step for step in rows(ProcessingStep, task_id=1) if step.status is not Status.FAIL]
    assert len(failed) == 5
    assert [(step.execution_id, step.workflow_id, step.status) for step in queued] == [("run-2", 1, Status.DONE)]


def test_given_a_failed_step_when_started_again_then_it_costs_a_refusal_a_reset_and_a_start(
    run: Run, fail, statements
) -> None:
    fail(run, 1)
    with statements.counted() as refused, pytest.raises(InvalidTransition), run.task(1):
        pass
    task = run.task(1, retry_failed=True)
    with statements.counted() as executed:
        task.__enter__()

    assert len(executed) <= len(refused) + 4
