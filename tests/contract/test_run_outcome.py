"""`run.succeeded` and `run.raise_for_failures()`: how a run went, by the current attempts of its steps."""

from __future__ import annotations

import pickle

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, Run, RunFailed

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"


@pytest.fixture
def all_but_one(hr: ETLMonitor, run: Run) -> Run:
    """A run in which everything but task 1 is done."""
    for task in (0, 2, 3):
        hr.end_task("run-1", *HR, task)
    return run


def test_given_a_run_when_its_last_step_is_done_then_it_succeeded(all_but_one: Run, work) -> None:
    assert not all_but_one.succeeded

    work(all_but_one, 1)

    assert all_but_one.succeeded
    all_but_one.raise_for_failures()


def test_given_a_running_step_when_asked_then_the_run_has_not_succeeded_and_nothing_failed(all_but_one: Run) -> None:
    with all_but_one.task(1):
        assert not all_but_one.succeeded
        all_but_one.raise_for_failures()


def test_given_a_mandatory_failure_when_asked_then_it_is_raised_with_what_failed(
    hr: ETLMonitor, run: Run, fail
) -> None:
    with pytest.raises(OSError, match="source is down"), run.task(1):
        raise OSError("source is down\nsee the manual")
    fail(run, 2)

    assert not run.succeeded
    with pytest.raises(RunFailed) as caught:
        run.raise_for_failures()
    error = caught.value
    assert str(error) == (
        "2 tasks failed in run run-1 of CORP/HR_DAILY on 2026-04-09: "
        "task 1 (workflow 1) Load employees: OSError: source is down; "
        "task 2 (workflow 1) Load events: OSError: source is down. "
        "Correct the cause, and queue them again with run.reset()."
    )
    assert [(one.task_id, one.workflow_id, one.task_name, one.attempts) for one in error.failures] == [
        (1, 1, "Load employees", 0),
        (2, 1, "Load events", 0),
    ]
    assert [one.task_mandatory for one in error.failures] == [True, False]
    assert error.failures[0].log_message == "OSError: source is down\nsee the manual"
    assert (error.run.execution_id, error.process.process_load) == ("run-1", "HR_DAILY")
    assert pickle.loads(pickle.dumps(error)).failures == error.failures


def test_given_an_optional_failure_when_all_else_is_done_then_the_run_succeeded_all_the_same(
    hr: ETLMonitor, run: Run, fail
) -> None:
    for task in (0, 1, 3):
        hr.end_task("run-1", *HR, task)
    fail(run, 2)

    assert run.succeeded
    run.raise_for_failures()
    with pytest.raises(RunFailed, match=r"^1 task failed .*Load events"):
        run.raise_for_failures(optional=True)


def test_given_a_failure_that_was_tried_again_when_asked_then_the_last_attempt_counts(
    all_but_one: Run, fail, work
) -> None:
    fail(all_but_one, 1)
    all_but_one.reset()
    all_but_one.raise_for_failures()
    assert not all_but_one.succeeded

    work(all_but_one, 0)
    work(all_but_one, 1)
    assert all_but_one.succeeded


def test_given_another_run_or_process_that_failed_when_asked_then_this_run_has_not(
    hr: ETLMonitor, all_but_one: Run, fail, work
) -> None:
    work(all_but_one, 1)
    hr.register_process("CORP", "FINANCE").register_task("CORP", "FINANCE", 1, 1, 2, "Load")
    fail(hr.start_run(*HR, DAY, execution_id="run-2"), 1)
    fail(hr.start_run(*HR, "2026-04-10", execution_id="run-1"), 1)
    fail(hr.start_run("CORP", "FINANCE", DAY, execution_id="run-1"), 1)

    assert all_but_one.succeeded
    all_but_one.raise_for_failures()


@pytest.mark.parametrize("state", ["queued", "failed"])
def test_given_a_deactivated_task_when_all_else_is_done_then_its_step_does_not_count(
    hr: ETLMonitor, all_but_one: Run, fail, state: str
) -> None:
    if state == "failed":
        fail(all_but_one, 1)
        hr.end_task("run-1", *HR, 0)
    hr.deactivate_task(*HR, 1, 1)

    assert all_but_one.succeeded
    all_but_one.raise_for_failures(optional=True)


@pytest.mark.parametrize("with_initiation", [True, False])
def test_given_a_run_that_found_nothing_to_do_when_asked_then_it_succeeded(
    hr: ETLMonitor, all_but_one: Run, work, with_initiation: bool
) -> None:
    work(all_but_one, 1)
    if not with_initiation:
        hr.deactivate_task(*HR, 0, 0)

    assert hr.start_run(*HR, DAY, execution_id="run-2", resume=True).succeeded


def test_given_many_failures_when_raised_then_the_message_names_some_and_the_error_has_all(
    hr: ETLMonitor, fail
) -> None:
    for task in range(10, 22):
        hr.register_task(*HR, task, 1, 2, f"Task {task}")
    run = hr.start_run(*HR, DAY)
    for task in range(10, 22):
        fail(run, task)

    with pytest.raises(RunFailed, match=r"^12 tasks failed .*Task 19.*; and 2 more\. ") as caught:
        run.raise_for_failures()
    assert len(caught.value.failures) == 12


def test_given_names_and_messages_that_drive_a_terminal_when_raised_then_they_are_harmless(hr: ETLMonitor) -> None:
    hr.register_task(*HR, 9, 1, 2, "Load\x1b[2J\nAll is fine")
    run = hr.start_run(*HR, DAY)
    hr.fail_task(run.execution_id, *HR, 9, log_message="\x07\u202eevil")

    with pytest.raises(RunFailed) as caught:
        run.raise_for_failures()
    assert str(caught.value).isprintable()


def test_given_a_failure_without_a_message_when_raised_then_it_says_so(hr: ETLMonitor, run: Run) -> None:
    hr.fail_task("run-1", *HR, 1)

    with pytest.raises(RunFailed, match="Load employees: no message"):
        run.raise_for_failures()


def test_given_what_is_no_switch_when_asked_then_it_is_refused(run: Run, refused) -> None:
    with refused(InvalidInput, "optional"):
        run.raise_for_failures(optional="yes")
