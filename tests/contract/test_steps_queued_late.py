"""`queue_missing=True`: a task that was registered after its run began gets its step in that run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from etl_monitor_orm import ETLMonitor, InvalidTransition, ManualClock, Run, Status, StepNotFound, StepNotQueued

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"


@pytest.fixture
def late(hr: ETLMonitor, run: Run) -> Run:
    """A run that began before task 9 was registered; a second pass and another process have tasks of that number."""
    hr.register_process("CORP", "PAYROLL")
    for process, workflow in (("HR_DAILY", 1), ("HR_DAILY", 2), ("PAYROLL", 1)):
        hr.register_task("CORP", process, 9, workflow, 2, "Load cars")
    return run


def numbers(run: Run) -> list[tuple[int, int, int]]:
    return [(step.workflow_id, step.task_id, step.attempts) for step in run.status(attempts="all")]


def test_given_a_late_task_when_its_step_is_to_be_queued_then_it_is_in_the_run_and_all_else_stays(late: Run) -> None:
    before = numbers(late)
    with late.task(9, queue_missing=True):
        pass

    assert sorted(set(numbers(late)) - set(before)) == [(1, 9, 0)]
    assert [step.workflow_id for step in late.status() if step.status is Status.DONE] == [1]
    assert [step.task_id for step in late.pending()] == [0, 1, 2, 3]


def test_given_a_late_task_when_nothing_is_said_then_it_is_refused_as_ever(late: Run, unchanged) -> None:
    with unchanged(), pytest.raises(StepNotQueued), late.task(9):
        pass


def test_given_a_late_task_when_named_then_the_one_of_its_pass_is_queued(late: Run) -> None:
    with late.task("Load cars", 2, queue_missing=True):
        pass

    assert (2, 9, 0) in numbers(late)
    assert (1, 9, 0) not in numbers(late)


def test_given_a_run_whose_steps_were_reset_when_a_late_task_starts_then_it_is_of_the_latest_attempt(
    late: Run, fail
) -> None:
    fail(late, 1)
    late.reset()
    with late.task(9, queue_missing=True) as task:
        assert task.attempts == 1


def test_given_a_run_of_another_date_when_a_late_task_starts_then_its_attempts_are_not_counted(
    hr: ETLMonitor, late: Run
) -> None:
    other = hr.start_run(*HR, "2026-04-10", execution_id="run-1")
    for _ in range(2):
        with other.task(9):
            pass
        other.reset(replay=True)
    with late.task(9, queue_missing=True) as task:
        assert task.attempts == 0


@pytest.mark.parametrize("state", ["queued", "running", "done"])
def test_given_a_step_in_another_run_of_the_date_when_it_is_not_failed_then_the_late_one_is_refused(
    hr: ETLMonitor, late: Run, state: str, unchanged
) -> None:
    hr.start_run(*HR, DAY, execution_id="run-2")
    if state != "queued":
        hr.start_task("run-2", *HR, 9, processing_date=DAY)
    if state == "done":
        hr.end_task("run-2", *HR, 9, processing_date=DAY)

    with unchanged(), pytest.raises(StepNotQueued), late.task(9, queue_missing=True):
        pass


def test_given_a_failure_in_another_run_of_the_date_when_a_late_task_starts_then_it_is_tried_again(
    hr: ETLMonitor, late: Run
) -> None:
    hr.start_run(*HR, DAY, execution_id="run-2")
    hr.fail_task("run-2", *HR, 9, processing_date=DAY)
    with late.task(9, queue_missing=True):
        pass

    assert (1, 9, 0) in numbers(late)


@pytest.mark.parametrize(("workflow_id", "process"), [(2, "HR_DAILY"), (1, "PAYROLL")])
def test_given_a_step_of_the_same_number_elsewhere_when_it_is_done_then_the_late_one_starts(
    hr: ETLMonitor, late: Run, workflow_id: int, process: str
) -> None:
    run = late if process == "HR_DAILY" else hr.start_run("CORP", process, DAY, execution_id="run-1")
    with run.task(9, workflow_id, queue_missing=True):
        pass
    with late.task(9, queue_missing=True) as task:
        assert task.active


def test_given_a_late_task_that_is_deactivated_when_it_starts_then_it_is_refused(
    hr: ETLMonitor, late: Run, unchanged
) -> None:
    hr.deactivate_task(*HR, 9, 1)
    with unchanged(), pytest.raises(InvalidTransition), late.task(9, queue_missing=True):
        pass


def test_given_a_task_that_nobody_registered_when_it_starts_then_it_is_refused(late: Run, unchanged) -> None:
    with unchanged(), pytest.raises(StepNotFound), late.task(77, queue_missing=True):
        pass


def test_given_a_run_that_does_not_exist_when_its_task_starts_then_nothing_is_queued(
    hr: ETLMonitor, late: Run, unchanged
) -> None:
    with (
        unchanged(),
        pytest.raises(StepNotFound),
        hr.task("no such run", *HR, 9, processing_date=DAY, queue_missing=True),
    ):
        pass


def test_given_a_step_that_is_done_when_it_is_to_be_queued_then_it_is_not_done_again(late: Run, unchanged) -> None:
    with late.task(9, queue_missing=True):
        pass
    with unchanged(), pytest.raises(InvalidTransition), late.task(9, queue_missing=True):
        pass


def test_given_a_tracked_function_of_a_late_task_when_called_then_it_is_a_step_of_the_run_at_work(
    hr: ETLMonitor, late: Run
) -> None:
    @hr.tracked(*HR, "Load cars", workflow_id=1, processing_date=DAY)
    def load() -> None:
        pass

    load()

    assert (1, 9, 0) in numbers(late)


def test_given_two_workers_of_a_late_task_when_both_start_it_then_one_does(
    late: Run, clock: ManualClock, backend: str
) -> None:
    barrier = Barrier(2)

    def work(_: int) -> bool:
        barrier.wait()
        with late.task(9, queue_missing=True, on_not_runnable="skip") as task:
            return task.active

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(work, range(2))) == [False, True]
    assert numbers(late).count((1, 9, 0)) == 1


def test_given_a_late_task_when_its_step_is_queued_then_it_costs_a_refusal_and_three_statements_at_most(
    late: Run, statements
) -> None:
    with statements.counted() as refused, pytest.raises(StepNotQueued), late.task(9):
        pass
    task = late.task(9, queue_missing=True)
    with statements.counted() as executed:
        task.__enter__()

    assert len(executed) <= len(refused) + 3  # where a write returns nothing, the start reads its attempt
