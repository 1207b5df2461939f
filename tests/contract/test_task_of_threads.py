"""Which task a log record bears: on worker threads, in other contexts, and where tasks end out of order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context

import pytest

from etl_monitor_orm import EtlLogHandler, Run, SysLog, in_task
from etl_monitor_orm.at_work import entered
from tests.patience import PATIENT

Attach = Callable[..., EtlLogHandler]
Named = Callable[[], dict[str, str | None]]


@pytest.fixture
def named(rows: Callable[..., list[SysLog]], attach: Attach) -> Named:
    """Which task each message bears; messages are all different."""
    handler = attach()

    def read() -> dict[str, str | None]:
        handler.flush()
        return {line.message: line.activity_name for line in rows(SysLog)}

    return read


ONE, TWO, THREE = (f"task {number} (workflow 1)" for number in (1, 2, 3))


def test_in_task_makes_records_of_a_pool_bear_the_task(run: Run, log: logging.Logger, named: Named) -> None:
    together = threading.Barrier(3)

    def load(table: str) -> int:
        together.wait(timeout=PATIENT)  # three threads are in the same function at once
        log.info(table)
        return len(table)

    with run.task(1), ThreadPoolExecutor(3) as pool:
        lengths = list(pool.map(in_task(load), ["a", "bb", "ccc"]))
        pool.submit(in_task(log.info), "submitted").result(timeout=PATIENT)
        pool.submit(log.info, "plain").result(timeout=PATIENT)

    assert lengths == [1, 2, 3]
    assert named() == {"a": ONE, "bb": ONE, "ccc": ONE, "submitted": ONE, "plain": None}


def test_in_task_makes_records_of_a_thread_bear_the_task(run: Run, log: logging.Logger, named: Named) -> None:
    with run.task(2):
        thread = threading.Thread(target=in_task(log.info), args=("one",))
        thread.start()
        thread.join(timeout=PATIENT)

    assert named() == {"one": TWO}


def test_in_task_carries_other_context_variables_and_changes_none_outside() -> None:
    place: ContextVar[str] = ContextVar("place", default="nowhere")

    def move() -> str:
        before = place.get()
        place.set("moved")
        return before

    token = place.set("here")
    carried = in_task(move)
    place.reset(token)

    assert (carried(), carried(), place.get()) == ("here", "here", "nowhere")


def test_in_task_keeps_the_functions_name() -> None:
    assert in_task(copy_context).__name__ == "copy_context"


def test_in_task_within_a_pool_restores_the_threads_own_task(run: Run, log: logging.Logger, named: Named) -> None:
    def work() -> None:
        with run.task(2):
            carried("carried")
            log.info("own")

    with run.task(1), ThreadPoolExecutor(1) as pool:
        carried = in_task(log.info)
        pool.submit(work).result(timeout=PATIENT)

    assert named() == {"carried": ONE, "own": TWO}


def test_task_left_in_another_context_ends_and_names_no_later_record(
    run: Run, log: logging.Logger, named: Named
) -> None:
    elsewhere = copy_context()
    task = run.task(1)
    task.__enter__()
    log.info("within")
    elsewhere.run(task.__exit__, None, None, None)
    log.info("after")
    elsewhere.run(log.info, "after elsewhere")

    assert named() == {"within": ONE, "after": None, "after elsewhere": None}
    assert not task.active


def test_task_left_on_another_thread_leaves_that_threads_task_alone(
    run: Run, log: logging.Logger, named: Named
) -> None:
    def work() -> None:
        with run.task(2):
            task.__exit__(None, None, None)
            log.info("of the thread")

    task = run.task(1)
    task.__enter__()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result(timeout=PATIENT)
    log.info("after")
    with run.task(3):
        log.info("next")
    log.info("at last")

    assert named() == {"of the thread": TWO, "after": None, "next": THREE, "at last": None}


def test_tasks_left_out_of_order_each_name_their_records_until_they_end(
    run: Run, log: logging.Logger, named: Named
) -> None:
    outer, inner = run.task(1), run.task(2)
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    log.info("inner works on")
    inner.__exit__(None, None, None)
    log.info("none")

    assert named() == {"inner works on": TWO, "none": None}


def test_task_that_was_left_is_not_kept_alive_by_its_context(run: Run) -> None:
    with run.task(1):
        pass

    assert entered.get() is None


def test_task_in_a_generator_that_is_closed_elsewhere_ends(run: Run, log: logging.Logger, named: Named) -> None:
    def load() -> Iterator[str]:
        with run.task(1):
            log.info("within")
            yield "row"

    rows = load()
    assert next(rows) == "row"
    copy_context().run(rows.close)
    log.info("after")

    assert named() == {"within": ONE, "after": None}
