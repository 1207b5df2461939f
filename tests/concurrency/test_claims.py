"""Many workers on one run: each step is won once, nothing is lost, and numbers stay in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import func, select

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    InvalidTransition,
    Parameter,
    Process,
    ProcessingStep,
    Run,
    SysLog,
    Task,
)

NEEDS = ("transactions",)
WORKERS = 8
DAY = "2026-04-09"
HR = ("CORP", "HR_DAILY")

AtOnce = Callable[[Sequence[Callable[[], object]]], list[object]]
Steps = Callable[..., list[ProcessingStep]]


@pytest.fixture
def queue(monitor: ETLMonitor) -> Callable[..., Run]:
    """Register some tasks and start a run of them; with `watermark`, each task has its own, or all share one."""

    def start(tasks: int, watermark: str | None = None) -> Run:
        for task_id in range(1, tasks + 1):
            name = None if watermark is None else watermark.format(task_id)
            if name is not None:
                monitor.register_parameter(*HR, name, "DELTA_DATE")
            monitor.register_task(*HR, task_id, 1, 2, f"Load {task_id}", source_system_code=name)
        return monitor.start_run(*HR, DAY, execution_id="run-1")

    return start


def test_given_many_workers_that_claim_the_same_steps_then_each_step_is_won_by_one_of_them(
    monitor: ETLMonitor, queue: Callable[..., Run], at_once: AtOnce
) -> None:
    queue(40)

    def claim_all() -> list[int]:
        won = []
        for task_id in range(1, 41):
            try:
                monitor.start_task("run-1", *HR, task_id, processing_date=DAY)
            except InvalidTransition:
                continue
            won.append(task_id)
        return won

    wins = Counter(task_id for won in at_once([claim_all] * WORKERS) for task_id in won)
    assert wins == dict.fromkeys(range(1, 41), 1)


def test_given_many_workers_that_skip_what_others_do_then_each_body_runs_once(
    queue: Callable[..., Run], at_once: AtOnce, steps: Steps
) -> None:
    run = queue(10)
    bodies: list[int] = []

    def work_through() -> None:
        for task_id in range(1, 11):
            with run.task(task_id, on_not_runnable="skip") as task:
                if task.active:
                    bodies.append(task_id)

    at_once([work_through] * WORKERS)

    assert sorted(bodies) == list(range(1, 11))
    assert {step.status for step in steps(workflow_id=1)} == {"DONE"}


def test_given_many_workers_that_end_their_steps_then_each_is_done_and_each_watermark_moved(
    monitor: ETLMonitor, queue: Callable[..., Run], at_once: AtOnce, steps: Steps
) -> None:
    run = queue(WORKERS, "Source{}")
    tasks = [run.task(task_id).__enter__() for task_id in range(1, WORKERS + 1)]
    at_once([lambda task=task: task.__exit__(None, None, None) for task in tasks])

    assert {step.status for step in steps(workflow_id=1)} == {"DONE"}
    moved = [monitor.get_active_watermark(*HR, f"Source{task.task_id}") for task in tasks]
    assert moved == [task.started for task in tasks]


def test_given_workers_that_end_at_once_when_they_share_a_watermark_then_the_last_moves_it(
    monitor: ETLMonitor, queue: Callable[..., Run], at_once: AtOnce
) -> None:
    run = queue(WORKERS, "Shared")
    tasks = [run.task(task_id).__enter__() for task_id in range(1, WORKERS + 1)]
    at_once([lambda task=task: task.__exit__(None, None, None) for task in tasks])

    assert monitor.get_active_watermark(*HR, "Shared") == tasks[0].started


def test_given_workers_that_end_by_ids_when_they_share_a_watermark_then_the_last_moves_it(
    monitor: ETLMonitor, queue: Callable[..., Run], at_once: AtOnce
) -> None:
    run = queue(WORKERS, "Shared")
    for task_id in range(1, WORKERS + 1):
        monitor.start_task("run-1", *HR, task_id)
    began = run.status()[1].start_time
    at_once([lambda task_id=task_id: monitor.end_task("run-1", *HR, task_id) for task_id in range(1, WORKERS + 1)])

    assert monitor.get_active_watermark(*HR, "Shared") == began


def test_given_mandatory_steps_that_fail_at_once_then_all_failed_and_the_initiation_is_open(
    monitor: ETLMonitor, queue: Callable[..., Run], at_once: AtOnce, steps: Steps
) -> None:
    run = queue(WORKERS)
    with run.task(0):
        pass
    at_once([lambda task_id=task_id: monitor.fail_task("run-1", *HR, task_id) for task_id in range(1, WORKERS + 1)])

    assert [step.status for step in steps()] == ["NQUE", *["FAIL"] * WORKERS]


def test_given_two_workers_that_end_one_step_then_one_of_them_does(
    monitor: ETLMonitor, queue: Callable[..., Run], at_once: AtOnce
) -> None:
    queue(1)
    results = at_once([lambda: monitor.end_task("run-1", *HR, 1, status="DONE")] * WORKERS)

    assert Counter(type(result) for result in results) == {type(None): 1, InvalidTransition: WORKERS - 1}


@pytest.mark.parametrize(
    "start",
    [
        lambda monitor: monitor.start_run(*HR, DAY, execution_id="run-1"),
        lambda monitor: monitor.get_pending_tasks("run-1", *HR, DAY),
    ],
    ids=["start_run", "get_pending_tasks"],
)
def test_given_dispatchers_that_generate_one_run_at_once_then_there_is_one_set_of_steps(
    monitor: ETLMonitor, at_once: AtOnce, steps: Steps, start: Callable[[ETLMonitor], object]
) -> None:
    monitor.register_task(*HR, 1, 1, 2, "Load employees")
    results = at_once([lambda: start(monitor)] * WORKERS)

    assert not any(isinstance(result, Exception) for result in results)
    assert [(step.task_id, step.attempts) for step in steps()] == [(0, 0), (1, 0)]


def test_given_a_run_generated_by_many_while_others_start_then_each_run_has_its_own_number(
    monitor: ETLMonitor, at_once: AtOnce, steps: Steps
) -> None:
    names = ["run-1"] * 4 + ["run-2", "run-3", "run-4", "run-5"]
    at_once([lambda name=name: monitor.start_run(*HR, DAY, execution_id=name) for name in names])

    found = steps(task_id=0)
    assert sorted(step.execution_id for step in found) == ["run-1", "run-2", "run-3", "run-4", "run-5"]
    assert sorted(step.attempts for step in found) == [0, 1, 2, 3, 4]


def test_given_two_monitors_on_one_file_when_both_start_runs_then_no_number_is_given_twice(
    monitor: ETLMonitor, url: str, at_once: AtOnce, steps: Steps
) -> None:
    other = ETLMonitor(url)
    at_once([lambda one=one: one.start_run(*HR, DAY) for one in [monitor, other] * 4])
    other.close()

    assert sorted(step.attempts for step in steps(task_id=0)) == list(range(8))


def test_given_runs_that_start_while_another_is_reset_then_no_number_is_given_twice(
    monitor: ETLMonitor, queue: Callable[..., Run], at_once: AtOnce, steps: Steps
) -> None:
    run = queue(1)
    monitor.fail_task("run-1", *HR, 1)
    at_once([run.reset, *[lambda: monitor.start_run(*HR, DAY)] * 5])

    assert sorted(step.attempts for step in steps(task_id=0)) == list(range(7))


def test_given_many_who_reset_one_run_then_it_is_queued_again_once(
    monitor: ETLMonitor, queue: Callable[..., Run], at_once: AtOnce, steps: Steps
) -> None:
    run = queue(1)
    monitor.fail_task("run-1", *HR, 1)
    results = at_once([run.reset] * WORKERS)

    assert sorted(len(result) for result in results) == [0] * (WORKERS - 1) + [2]
    assert [(step.task_id, step.attempts) for step in steps(status="RQUE")] == [(0, 1), (1, 1)]


def test_given_many_who_register_the_same_things_then_each_is_there_once(monitor: ETLMonitor, at_once: AtOnce) -> None:
    def register() -> None:
        monitor.register_process("CORP", "NEW", name="New load")
        monitor.register_parameter("CORP", "NEW", "Source", "DELTA_ID", value_int=7)
        monitor.register_task("CORP", "NEW", 1, 1, 2, "Load all", source_system_code="Source")

    results = at_once([register] * WORKERS)

    assert results == [None] * WORKERS
    with monitor.session() as session:
        assert [
            session.scalar(select(func.count()).select_from(kind).filter_by(process_load="NEW"))
            for kind in (Process, Parameter, Task)
        ] == [1, 1, 1]


def test_given_many_who_move_one_watermark_then_the_highest_stays_and_late_ones_are_told(
    monitor: ETLMonitor, at_once: AtOnce
) -> None:
    monitor.register_parameter(*HR, "Events", "DELTA_ID")
    results = at_once(
        [
            lambda number=number: monitor.advance_watermark(*HR, "Events", new_int_value=number)
            for number in range(WORKERS)
        ]
    )

    assert {type(result) for result in results} <= {type(None), InvalidInput}
    assert monitor.get_active_watermark(*HR, "Events") == WORKERS - 1


def test_given_many_who_write_receipts_then_none_is_lost(monitor: ETLMonitor, at_once: AtOnce) -> None:
    def write(writer: int) -> None:
        for number in range(25):
            monitor.log(f"{writer}-{number}a", f"{writer}-{number}b")

    at_once([lambda writer=writer: write(writer) for writer in range(WORKERS)])

    with monitor.session() as session:
        found = session.scalars(select(SysLog.message)).all()
    assert sorted(found) == sorted(f"{w}-{n}{half}" for w in range(WORKERS) for n in range(25) for half in "ab")


def test_given_a_stale_step_that_many_would_fail_and_take_over_then_one_attempt_has_one_end(
    monitor: ETLMonitor, queue: Callable[..., Run], at_once: AtOnce, steps: Steps
) -> None:
    queue(1)
    monitor.start_task("run-1", *HR, 1)
    results = at_once([lambda: monitor.fail_stale(0, since="2026-04-09")] * WORKERS)

    assert sorted(len(result) for result in results) == [0] * (WORKERS - 1) + [1]
    assert [step.log_code for step in steps(task_id=1)] == ["STALE"]
