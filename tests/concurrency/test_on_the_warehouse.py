"""Workers at once on the local warehouse: each statement commits by itself, and Delta refuses the later of two.

Each test counts the refusals that really happened: what never met another writer has shown nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, InvalidTransition, ProcessingStep, SysLog
from tests.databases import migrated, monitor_url
from tests.warehouse import Warehouse

WORKERS = 8
DAY = "2026-04-09"
HR = ("CORP", "HR_DAILY")
MANY = {"etl_partitioned": 40, "etl_clustered": 16}
"""Steps that are claimed: with deletion vectors, each claim takes twice as long here."""

AtOnce = Callable[[Sequence[Callable[[], object]]], list[object]]
Steps = Callable[..., list[ProcessingStep]]


@pytest.fixture(scope="module", params=["partitioned", "clustered"])
def shared(request: pytest.FixtureRequest, warehouse: Warehouse) -> Iterator[ETLMonitor]:
    """A monitor on the warehouse, set up once in each layout."""
    migrated(warehouse)
    monitor = ETLMonitor(monitor_url(warehouse), schema=f"etl_{request.param}", actor="pytest")
    monitor.setup(layout=request.param)
    monitor.register_process(*HR).register_task(*HR, 0, 0, 0, "Initiation")
    warehouse.save("concurrency")
    yield monitor
    monitor.close()


@pytest.fixture
def workers(shared: ETLMonitor, warehouse: Warehouse) -> Iterator[list[ETLMonitor]]:
    """A monitor for each worker, as if each were a separate process: they share no lock and no connection."""
    monitors = [
        ETLMonitor(monitor_url(warehouse), schema=shared.schema, actor=f"worker {number}") for number in range(WORKERS)
    ]
    yield monitors
    for monitor in monitors:
        monitor.close()


@pytest.fixture
def monitor(shared: ETLMonitor, warehouse: Warehouse) -> ETLMonitor:
    """The process CORP/HR_DAILY: its initiation and nothing else yet."""
    warehouse.restore("concurrency")
    warehouse.log.clear()
    return shared


def queue(monitor: ETLMonitor, tasks: int, watermark: str | None = None) -> None:
    """Register tasks and start a run of them; with `watermark`, all share one of this name."""
    if watermark is not None:
        monitor.register_parameter(*HR, watermark, "DELTA_DATE")
    for task_id in range(1, tasks + 1):
        monitor.register_task(*HR, task_id, 1, 2, f"Load {task_id}", source_system_code=watermark)
    monitor.start_run(*HR, DAY, execution_id="run-1")


def test_given_8_workers_and_many_steps_when_they_claim_what_they_find_then_each_is_won_once(
    monitor: ETLMonitor, workers: list[ETLMonitor], at_once: AtOnce, warehouse: Warehouse
) -> None:
    many = MANY[monitor.schema]
    queue(monitor, many)
    taken: set[int] = set()

    def claim(worker: int) -> list[int]:
        won = []
        for number in range(many):
            # Neighbours begin with the same step, so that they meet; what is known to be taken is passed over.
            task_id = 1 + (number + many // 4 * (worker // 2)) % many
            if task_id in taken:
                continue
            try:
                workers[worker].start_task("run-1", *HR, task_id, processing_date=DAY)
            except InvalidTransition:
                pass
            else:
                won.append(task_id)
            taken.add(task_id)
        return won

    wins = at_once([lambda worker=worker: claim(worker) for worker in range(WORKERS)])

    assert Counter(task_id for won in wins for task_id in won) == dict.fromkeys(range(1, many + 1), 1)
    assert len(warehouse.log.conflicts) > 0


def test_given_8_workers_that_end_at_once_then_all_are_recorded_and_their_watermark_moved(
    monitor: ETLMonitor, workers: list[ETLMonitor], at_once: AtOnce, steps: Steps, warehouse: Warehouse
) -> None:
    queue(monitor, WORKERS, "Shared")
    for task_id in range(1, WORKERS + 1):
        monitor.start_task("run-1", *HR, task_id, processing_date=DAY)
    warehouse.log.clear()

    results = at_once(
        [
            lambda worker=worker, task_id=task_id: worker.end_task("run-1", *HR, task_id, processing_date=DAY)
            for task_id, worker in enumerate(workers, start=1)
        ]
    )

    assert results == [None] * WORKERS
    ended = steps(workflow_id=1)
    assert {step.status for step in ended} == {"DONE"}
    assert None not in {step.end_time for step in ended}
    earliest = min(step.start_time for step in ended if step.start_time is not None)
    assert monitor.get_active_watermark(*HR, "Shared") == earliest
    assert len(warehouse.log.conflicts) > 0


def test_given_two_dispatchers_that_generate_one_run_at_once_then_there_is_one_set_of_steps(
    monitor: ETLMonitor, workers: list[ETLMonitor], at_once: AtOnce, steps: Steps, warehouse: Warehouse
) -> None:
    monitor.register_task(*HR, 1, 1, 2, "Load employees")

    results = at_once([lambda one=one: one.start_run(*HR, DAY, execution_id="run-1") for one in workers[:2]])

    assert not [result for result in results if isinstance(result, Exception)]
    assert [(step.task_id, step.attempts) for step in steps()] == [(0, 0), (1, 0)]
    assert len(warehouse.log.conflicts) > 0


def test_given_runs_that_start_at_once_then_each_has_a_number_of_its_own(
    workers: list[ETLMonitor], at_once: AtOnce, steps: Steps, warehouse: Warehouse
) -> None:
    at_once([lambda one=one: one.start_run(*HR, DAY) for one in workers[:4]])

    assert sorted(step.attempts for step in steps()) == [0, 1, 2, 3]
    assert len(warehouse.log.conflicts) > 0


def test_given_many_who_write_receipts_then_none_is_lost(
    monitor: ETLMonitor, workers: list[ETLMonitor], at_once: AtOnce, warehouse: Warehouse
) -> None:
    def write(writer: int) -> None:
        for number in range(3):
            workers[writer].log(f"{writer}-{number}a", f"{writer}-{number}b")

    results = at_once([lambda writer=writer: write(writer) for writer in range(WORKERS)])

    assert results == [None] * WORKERS
    with monitor.session() as session:
        found = session.scalars(select(SysLog.message)).all()
    assert sorted(found) == sorted(f"{w}-{n}{half}" for w in range(WORKERS) for n in range(3) for half in "ab")
    assert len(warehouse.log.conflicts) > 0
