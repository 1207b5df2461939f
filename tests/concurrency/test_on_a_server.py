"""Several processes and a server: conflicting calls wait on the server, and no two get the same work."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from etl_monitor_orm import ETLMonitor, InvalidTransition, Parameter, ProcessingStep, Run
from tests.concurrency.test_processes import PREAMBLE
from tests.patience import PATIENT
from tests.postgres import Server

BACKENDS = ("postgresql",)  # the one with a server
PROCESSES, THREADS, TASKS = 4, 8, 24
DAY = "2026-04-09"
HR = ("CORP", "HR_DAILY")

AtOnce = Callable[[Sequence[Callable[[], object]]], list[object]]
Steps = Callable[..., list[ProcessingStep]]


@pytest.fixture
def run(monitor: ETLMonitor) -> Run:
    """A run whose tasks all share one watermark."""
    monitor.register_parameter(*HR, "Shared", "DELTA_DATE")
    for task_id in range(1, TASKS + 1):
        monitor.register_task(*HR, task_id, 1, 2, f"Load {task_id}", source_system_code="Shared")
    return monitor.start_run(*HR, DAY, execution_id="run-1")


def someone_waits(server: Server, limit: int = 10_000) -> bool:
    """Ask the server until somebody waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return any(server.execute(waiting) != [(0,)] for _ in range(limit))


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        (
            lambda m: m.start_task("run-1", *HR, 1, processing_date=DAY),
            lambda m: m.start_task("run-1", *HR, 1, processing_date=DAY),
            InvalidTransition,
        ),
        (
            lambda m: m.start_run(*HR, DAY, execution_id="run-2"),
            lambda m: m.start_run(*HR, DAY, execution_id="run-2"),
            None,
        ),
        (
            lambda m: m.end_task("run-1", *HR, 1, processing_date=DAY),
            lambda m: m.end_task("run-1", *HR, 2, processing_date=DAY),
            None,
        ),
        (
            lambda m: m.status_reset(*HR, execution_id="run-1"),
            lambda m: m.start_run(*HR, DAY, execution_id="run-2"),
            None,
        ),
        (
            lambda m: m.register_task(*HR, 99, 1, 2, "Load"),
            lambda m: m.register_task(*HR, 99, 1, 2, "Load"),
            None,
        ),
    ],
    ids=["two claims", "two starts of a run", "two ends", "a reset and a start", "two registrations"],
)
def test_call_that_meets_an_uncommitted_one_waits_and_sees_what_that_wrote(
    monitor: ETLMonitor,
    run: Run,
    at_once: AtOnce,
    postgres: Server,
    steps: Steps,
    first: Callable[[ETLMonitor], object],
    second: Callable[[ETLMonitor], object],
    outcome: type[Exception] | None,
) -> None:
    monitor.fail_task("run-1", *HR, 3, processing_date=DAY)
    waited: list[bool] = []
    event.listen(monitor.engine, "commit", lambda _: waited.append(someone_waits(postgres)), once=True)
    results = at_once([lambda: first(monitor), lambda: second(monitor)])

    assert waited == [True]
    assert [type(result) for result in results if isinstance(result, Exception)] == ([outcome] if outcome else [])
    keys = Counter((step.task_id, step.attempts) for step in steps())
    assert max(keys.values()) == 1


def test_end_of_a_step_that_waits_for_a_watermark_set_by_hand_leaves_it_as_it_was_set(
    monitor: ETLMonitor, run: Run, at_once: AtOnce, postgres: Server
) -> None:
    monitor.register_parameter(*HR, "Own", "DELTA_DATE").register_task(*HR, 50, 1, 2, "Own", source_system_code="Own")
    monitor.start_run(*HR, DAY, execution_id="run-2")
    monitor.start_task("run-2", *HR, 50, processing_date=DAY)
    by_hand = datetime(2020, 1, 1, tzinfo=UTC)
    begun = threading.Event()

    def set_by_hand() -> None:
        with monitor.session() as session:
            parameter = session.get(Parameter, (*HR, "Own"))
            parameter.value_datetime, parameter.last_updated_on = by_hand, datetime.now(UTC)
            session.flush()
            begun.set()
            assert someone_waits(postgres)
            session.commit()

    def end() -> None:
        begun.wait(PATIENT)
        monitor.end_task("run-2", *HR, 50, processing_date=DAY)

    assert at_once([set_by_hand, end]) == [None, None]
    assert monitor.get_active_watermark(*HR, "Own") == by_hand


WORK = """
import random, threading
from collections import Counter
from sqlalchemy import event
from etl_monitor_orm import InvalidTransition
conflicts, done = Counter(), []
@event.listens_for(monitor.engine, "handle_error")
def note(context):
    conflicts[context.original_exception.sqlstate] += 1
def work(number):
    order = random.Random(number)
    for task_id in order.sample(range(1, TASKS + 1), TASKS):
        try:
            monitor.start_task("run-1", *HR, task_id, processing_date="2026-04-09")
        except InvalidTransition:
            continue
        monitor.end_task("run-1", *HR, task_id, processing_date="2026-04-09")
        done.append(task_id)
threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sum(conflicts.values()), *done)
"""


def test_4_processes_of_8_threads_do_each_step_once_and_retry_little(
    monitor: ETLMonitor, run: Run, url: str, steps: Steps
) -> None:
    program = PREAMBLE + f"TASKS, THREADS = {TASKS}, {THREADS}\n" + WORK
    workers = [
        subprocess.Popen([sys.executable, "-c", program, url], stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    printed = [[int(word) for word in worker.communicate(timeout=PATIENT)[0].split()] for worker in workers]

    assert sorted(task_id for _, *done in printed for task_id in done) == list(range(1, TASKS + 1))
    assert {step.status for step in steps(workflow_id=1)} == {"DONE"}
    assert monitor.get_active_watermark(*HR, "Shared") == min(step.start_time for step in steps(workflow_id=1))
    assert sum(conflicts for conflicts, *_ in printed) < PROCESSES * THREADS * TASKS / 10
