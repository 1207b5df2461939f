"""`async with run.task(...)`: as `with`, without blocking the event loop, and with a record of cancellations."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from etl_monitor_orm import ETLMonitor, InvalidTransition, ProcessingStep, Run, Status, SysLog, in_task
from etl_monitor_orm.at_work import task_at_work
from tests.patience import PATIENT

Step = Callable[..., ProcessingStep]
ONE, TWO = (f"task {number} (workflow 1)" for number in (1, 2))


class Gate:
    """Holds what the database is asked, until it opens."""

    def __init__(self) -> None:
        self.reached, self._open = threading.Event(), threading.Event()
        self.opened_in_time = True

    def open(self) -> None:
        self._open.set()

    def hold(self, *statement: object) -> None:
        self.reached.set()
        self.opened_in_time = self._open.wait(PATIENT) and self.opened_in_time


@contextmanager
def held(monitor: ETLMonitor) -> Iterator[Gate]:
    """Make a block in which statements wait at a gate."""
    gate = Gate()
    event.listen(monitor.engine, "before_cursor_execute", gate.hold)
    try:
        yield gate
    finally:
        gate.open()
        event.remove(monitor.engine, "before_cursor_execute", gate.hold)


async def reached(gate: Gate) -> None:
    assert await asyncio.to_thread(gate.reached.wait, PATIENT)


def test_given_a_coroutine_when_its_body_ends_then_the_step_is_done(run: Run, step: Step) -> None:
    async def load() -> None:
        async with run.task(1) as task:
            await asyncio.sleep(0)
            assert (await asyncio.to_thread(step, 1)).is_running
            task.log_message = "12 rows"

    asyncio.run(load())

    assert (step(1).status, step(1).log_message) == (Status.DONE, "12 rows")


def test_given_a_coroutine_when_its_body_raises_then_the_step_is_failed_and_the_error_goes_on(
    run: Run, step: Step
) -> None:
    async def load() -> None:
        async with run.task(1):
            raise OSError("source is down")

    with pytest.raises(OSError, match="source is down"):
        asyncio.run(load())

    assert (step(1).status, step(1).log_message) == (Status.FAIL, "OSError: source is down")


def test_given_a_coroutine_when_it_is_cancelled_then_the_step_is_failed_with_the_cancellation(
    run: Run, step: Step
) -> None:
    async def load(started: asyncio.Event) -> None:
        async with run.task(1):
            started.set()
            await asyncio.Event().wait()

    async def main() -> None:
        started = asyncio.Event()
        loading = asyncio.create_task(load(started))
        await started.wait()
        loading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loading

    asyncio.run(main())

    assert (step(1).status, step(1).log_message.partition(":")[0]) == (Status.FAIL, "CancelledError")


def test_given_a_timeout_when_it_ends_the_body_then_the_step_is_failed_and_it_is_raised(run: Run, step: Step) -> None:
    async def load() -> None:
        async with asyncio.timeout(None) as timeout, run.task(1):
            timeout.reschedule(0)
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(load())

    assert step(1).status is Status.FAIL


@pytest.mark.parametrize("end", [False, True], ids=["start", "end"])
def test_given_a_slow_database_when_a_task_starts_or_ends_then_other_coroutines_go_on(
    hr: ETLMonitor, run: Run, end: bool
) -> None:
    async def main() -> None:
        task = run.task(1)
        if end:
            await task.__aenter__()
        with held(hr) as gate:
            working = asyncio.create_task(task.__aexit__(None, None, None) if end else task.__aenter__())
            await reached(gate)
            gate.open()  # by the loop: blocked, it could not
            await working
        assert gate.opened_in_time

    asyncio.run(main())


def test_given_a_start_under_way_when_cancelled_then_the_step_fails_without_its_body(
    hr: ETLMonitor, run: Run, step: Step
) -> None:
    ran = []

    async def load() -> None:
        async with run.task(1):
            ran.append(1)

    async def main() -> None:
        with held(hr) as gate:
            loading = asyncio.create_task(load())
            await reached(gate)
            loading.cancel()
            await asyncio.sleep(0)
            gate.open()
            with pytest.raises(asyncio.CancelledError):
                await loading

    asyncio.run(main())

    assert ran == []
    assert (step(1).status, step(1).log_message.partition(":")[0]) == (Status.FAIL, "CancelledError")


def test_given_an_end_under_way_when_cancelled_then_the_step_is_done_all_the_same(
    hr: ETLMonitor, run: Run, step: Step
) -> None:
    async def main() -> None:
        task = await run.task(1).__aenter__()
        with held(hr) as gate:
            ending = asyncio.create_task(task.__aexit__(None, None, None))
            await reached(gate)
            ending.cancel()
            await asyncio.sleep(0)
            gate.open()
            with pytest.raises(asyncio.CancelledError):
                await ending

    asyncio.run(main())

    assert step(1).status is Status.DONE


def test_given_two_coroutines_at_once_when_they_log_then_each_record_bears_its_own_task(
    run: Run, log: logging.Logger, attach, rows: Callable[..., list[SysLog]]
) -> None:
    handler = attach()

    async def load(task_id: int, both: asyncio.Barrier) -> None:
        async with run.task(task_id):
            await both.wait()
            log.info("in %s", task_id)
            await asyncio.to_thread(log.info, "in a thread of %s", task_id)
            await asyncio.get_running_loop().run_in_executor(None, in_task(log.info), f"carried by {task_id}")
            await both.wait()
        log.info("after %s", task_id)

    async def main() -> None:
        both = asyncio.Barrier(2)
        await asyncio.gather(load(1, both), load(2, both))
        assert task_at_work() is None

    asyncio.run(main())
    handler.flush()

    assert {line.message: line.activity_name for line in rows(SysLog)} == {
        **{"in 1": ONE, "in a thread of 1": ONE, "carried by 1": ONE, "after 1": None},
        **{"in 2": TWO, "in a thread of 2": TWO, "carried by 2": TWO, "after 2": None},
    }


def test_given_a_loop_whose_pool_is_shut_down_when_a_task_ends_then_it_is_recorded(run: Run, step: Step) -> None:
    async def main() -> None:
        async with run.task(1):
            await asyncio.get_running_loop().shutdown_default_executor()

    asyncio.run(main())

    assert step(1).status is Status.DONE


def test_given_a_warning_of_the_monitor_when_a_task_ends_then_its_record_bears_the_task(
    run: Run, attach, rows: Callable[..., list[SysLog]]
) -> None:
    handler = attach("etl_monitor_orm")

    async def main() -> None:
        async with run.task(1) as task:
            task.advance("2099-01-01")

    asyncio.run(main())
    handler.flush()

    assert [(line.activity_name, "2099-01-01" in line.message) for line in rows(SysLog)] == [(ONE, True)]


def test_given_a_coroutine_that_is_closed_when_its_task_ends_then_nothing_is_awaited(run: Run, step: Step) -> None:
    ending = run.task(1).__enter__().__aexit__(GeneratorExit, GeneratorExit(), None)

    with pytest.raises(StopIteration):
        ending.send(None)

    assert step(1).status is Status.FAIL


def test_given_tasks_within_each_other_when_the_inner_ends_then_the_outer_is_at_work(run: Run) -> None:
    async def main() -> None:
        async with run.task(1) as outer:
            async with run.task(2) as inner:
                assert task_at_work() is inner
            assert task_at_work() is outer
        assert task_at_work() is None

    asyncio.run(main())


def test_given_an_asynchronous_generator_when_it_is_closed_in_a_task_then_the_step_is_failed(
    run: Run, step: Step
) -> None:
    async def batches() -> AsyncIterator[int]:
        async with run.task(1):
            yield 1

    async def main() -> None:
        reading = batches()
        assert await anext(reading) == 1
        await reading.aclose()  # type: ignore[attr-defined]

    asyncio.run(main())

    assert (step(1).status, step(1).log_message) == (Status.FAIL, "GeneratorExit")


def test_given_a_step_that_may_not_start_when_entered_then_it_is_refused_or_skipped(run: Run, work) -> None:
    work(run, 1)

    async def main() -> None:
        with pytest.raises(InvalidTransition, match="DONE"):
            async with run.task(1):
                pass
        async with run.task(1, on_not_runnable="skip") as task:
            assert not task.active

    asyncio.run(main())


def test_given_a_handle_that_has_worked_when_entered_again_then_it_is_refused(run: Run) -> None:
    async def main() -> None:
        async with run.task(1) as task:
            pass
        with pytest.raises(InvalidTransition, match="already started"):
            await task.__aenter__()

    asyncio.run(main())


def test_given_a_heartbeat_when_a_coroutine_works_then_it_beats_until_the_end(run: Run) -> None:
    async def main() -> threading.Thread:
        async with run.task(1, heartbeat=0.001):
            (thread,) = [one for one in threading.enumerate() if one.name == "etl-monitor-heartbeat"]
            assert thread.is_alive()
        return thread

    thread = asyncio.run(main())

    thread.join(PATIENT)
    assert not thread.is_alive()
