"""`join_run`: jobs that know their process but no run meet in one run of the date."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    ManualClock,
    ProcessInactive,
    ProcessingStep,
    ProcessNotFound,
    Run,
    StepNotFound,
)

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)

Rows = Callable[..., list[ProcessingStep]]


def finish(run: Run) -> None:
    for step in run.pending():
        with run.task(step.task_id, step.workflow_id):
            pass


def test_given_no_run_when_joined_then_the_steps_are_queued(hr: ETLMonitor) -> None:
    run = hr.join_run(*HR, DAY)

    assert [step.task_id for step in run.pending()] == [0, 1, 2, 3]
    assert run.processing_date == DAY


def test_given_no_date_when_joined_then_it_is_the_date_to_work_on(hr: ETLMonitor, clock: ManualClock) -> None:
    assert hr.join_run(*HR).processing_date == clock.now.date()

    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2020-02-02")
    assert hr.join_run(*HR).processing_date == date(2020, 2, 2)


def test_given_a_joined_run_when_joined_again_then_it_is_the_same_and_nothing_is_added(
    hr: ETLMonitor, unchanged
) -> None:
    first = hr.join_run(*HR, DAY)

    with unchanged():
        assert hr.join_run(*HR, "2026-04-09").execution_id == first.execution_id


def test_given_an_unfinished_run_of_another_id_when_joined_then_it_is_that_one(hr: ETLMonitor, run: Run) -> None:
    assert hr.join_run(*HR, DAY).execution_id == "run-1"


def test_given_two_unfinished_runs_when_joined_then_it_is_the_later(hr: ETLMonitor, run: Run) -> None:
    hr.start_run(*HR, DAY, execution_id="a later run")

    assert hr.join_run(*HR, DAY).execution_id == "a later run"


@pytest.mark.parametrize("later", ["a run", "z run"])
@pytest.mark.parametrize("at_work", [(1,), (0, 2, 3), (0, 1, 2)])
def test_given_two_runs_at_work_on_different_steps_when_joined_then_it_is_the_later(
    hr: ETLMonitor, run: Run, later: str, at_work: tuple[int, ...]
) -> None:
    for task in at_work:
        hr.start_task("run-1", *HR, task)
    hr.start_run(*HR, DAY, execution_id=later, resume=True, if_running="skip")

    assert hr.join_run(*HR, DAY).execution_id == later


def test_given_a_finished_run_when_joined_then_the_run_of_the_date_is_started(hr: ETLMonitor, run: Run) -> None:
    finish(run)

    joined = hr.join_run(*HR, DAY)

    assert joined.execution_id != "run-1"
    assert len(joined.pending()) == 4


def test_given_the_finished_run_of_the_date_when_joined_then_it_is_found_again(hr: ETLMonitor) -> None:
    first = hr.join_run(*HR, DAY)
    finish(first)

    again = hr.join_run(*HR, DAY)

    assert again.execution_id == first.execution_id
    assert again.pending() == []


def test_given_a_mandatory_failure_when_all_else_is_done_then_the_run_is_joined(hr: ETLMonitor, run: Run, fail) -> None:
    for task in (0, 2, 3):
        hr.end_task("run-1", *HR, task)
    fail(run, 1)
    hr.end_task("run-1", *HR, 0)

    assert hr.join_run(*HR, DAY).execution_id == "run-1"


def test_given_an_optional_failure_when_all_else_is_done_then_the_run_is_finished(
    hr: ETLMonitor, run: Run, fail
) -> None:
    for task in (0, 1, 3):
        hr.end_task("run-1", *HR, task)
    fail(run, 2)

    assert hr.join_run(*HR, DAY).execution_id != "run-1"


def test_given_a_failure_that_a_later_run_mended_then_the_failed_run_is_not_joined(
    hr: ETLMonitor, run: Run, fail, clock: ManualClock
) -> None:
    for task in (0, 2, 3):
        hr.end_task("run-1", *HR, task)
    fail(run, 1)
    finish(hr.start_run(*HR, DAY, execution_id="run-2", resume=True))

    assert hr.join_run(*HR, DAY).execution_id not in ("run-1", "run-2")


@pytest.mark.parametrize("state", ["queued", "failed"])
def test_given_the_only_step_left_is_of_a_deactivated_task_then_the_run_is_finished(
    hr: ETLMonitor, run: Run, fail, state: str
) -> None:
    for task in (0, 2, 3):
        hr.end_task("run-1", *HR, task)
    if state == "failed":
        fail(run, 1)
        hr.end_task("run-1", *HR, 0)
    hr.deactivate_task(*HR, 1, 1)

    assert hr.join_run(*HR, DAY).execution_id != "run-1"


def test_given_a_run_of_another_date_or_process_when_joined_then_it_is_neither(hr: ETLMonitor, run: Run) -> None:
    hr.register_process("CORP", "FINANCE").register_task("CORP", "FINANCE", 1, 1, 2, "Load")

    others = [hr.join_run(*HR, "2026-04-10"), hr.join_run(*HR, "2026-04-11"), hr.join_run("CORP", "FINANCE", DAY)]

    assert len({"run-1", *(other.execution_id for other in others)}) == 4


def test_given_codes_that_read_alike_when_joined_then_their_runs_have_different_ids(hr: ETLMonitor) -> None:
    ids = set()
    for codes in (("A", "B/C"), ("A/B", "C"), ('A","B', "C"), ("A", 'B","C')):
        hr.register_process(*codes).register_task(*codes, 1, 1, 2, "Load")
        ids.add(hr.join_run(*codes, DAY).execution_id)

    assert len(ids) == 4


def test_given_many_jobs_when_they_join_at_once_then_all_meet_in_one_run(hr: ETLMonitor, rows: Rows) -> None:
    barrier = Barrier(6)

    def join(_: int) -> str:
        barrier.wait()
        return hr.join_run(*HR, DAY).execution_id

    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(join, range(6)))

    assert len(ids) == 1
    assert len(rows(ProcessingStep)) == 4


def test_given_an_unknown_process_when_joined_then_it_is_refused(hr: ETLMonitor, refused) -> None:
    with refused(ProcessNotFound, "CORP/NONE", "register_process"):
        hr.join_run("CORP", "NONE", DAY)


def test_given_a_deactivated_process_without_a_run_when_joined_then_it_is_refused(hr: ETLMonitor, refused) -> None:
    hr.deactivate_process(*HR)

    with refused(ProcessInactive, "deactivated"):
        hr.join_run(*HR, DAY)


@pytest.mark.parametrize("task", [{"task_id": 9}, {"task_id": "Load cars"}])
def test_given_finished_runs_when_joined_for_a_task_registered_since_then_it_is_the_latest_of_them(
    hr: ETLMonitor, run: Run, clock: ManualClock, task: dict[str, object]
) -> None:
    finish(run)
    clock.advance(60)
    later = hr.start_run(*HR, DAY, execution_id="a later run")
    finish(later)
    hr.register_task(*HR, 9, 1, 2, "Load cars")

    joined = hr.join_run(*HR, DAY, **task)
    with joined.task(**task, queue_missing=True):
        pass

    assert joined.execution_id == "a later run"
    assert joined.pending() == []


@pytest.mark.parametrize("task", [{"task_id": 1}, {"task_id": "Load employees"}])
def test_given_finished_runs_when_joined_for_a_task_that_they_had_then_one_is_started(
    hr: ETLMonitor, run: Run, task: dict[str, object]
) -> None:
    finish(run)

    assert hr.join_run(*HR, DAY, **task).execution_id != "run-1"


@pytest.mark.parametrize(("workflow_id", "process", "day"), [(2, "HR_DAILY", DAY), (1, "PAYROLL", DAY)])
def test_given_finished_runs_when_a_namesake_elsewhere_was_done_then_the_task_itself_was_not(
    hr: ETLMonitor, run: Run, workflow_id: int, process: str, day: date
) -> None:
    hr.register_process("CORP", "PAYROLL")
    hr.register_task("CORP", process, 9, workflow_id, 2, "Load cars")
    finish(run)
    if process == "PAYROLL":
        finish(hr.start_run("CORP", process, day, execution_id="run-1"))
    else:
        with run.task(9, workflow_id, queue_missing=True):
            pass
    hr.register_task(*HR, 9, 1, 2, "Load cars, too")

    assert hr.join_run(*HR, DAY, task_id=9).execution_id == "run-1"


def test_given_a_deactivated_task_that_no_run_had_when_joined_then_a_run_is_started(hr: ETLMonitor, run: Run) -> None:
    finish(run)
    hr.register_task(*HR, 9, 1, 2, "Load cars").deactivate_task(*HR, 9, 1)

    assert hr.join_run(*HR, DAY, task_id=9).execution_id != "run-1"


def test_given_no_run_of_the_date_when_joined_for_a_task_then_the_run_of_the_date_is_started(
    hr: ETLMonitor, run: Run
) -> None:
    finish(run)

    other = hr.join_run(*HR, "2026-04-10", task_id=1)

    assert other.execution_id != "run-1"
    assert len(other.pending()) == 4


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({"task_id": 77}, "task 77 .* is not registered"),
        ({"task_id": 1, "workflow_id": 2}, "is not registered"),
        ({"task_id": "Load cars"}, "has no task called 'Load cars'"),
    ],
)
def test_given_no_run_when_joined_for_a_task_that_nobody_knows_then_none_is_started(
    hr: ETLMonitor, task: dict[str, object], words: str, unchanged
) -> None:
    with unchanged(), pytest.raises(StepNotFound, match=words):
        hr.join_run(*HR, DAY, **task)


def test_given_an_unknown_process_when_joined_for_a_task_then_it_is_the_process_that_is_missing(
    monitor: ETLMonitor,
) -> None:
    with pytest.raises(ProcessNotFound):
        monitor.join_run("CORP", "NOPE", DAY, task_id=1)
