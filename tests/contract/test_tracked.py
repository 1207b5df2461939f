"""`@monitor.tracked(...)`: a function, or a coroutine function, that is a task."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    InvalidTransition,
    ManualClock,
    ProcessingStep,
    Run,
    Status,
    StepNotFound,
    TaskHandle,
)
from etl_monitor_orm.at_work import task_at_work

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"

Rows = Callable[..., list[ProcessingStep]]


def test_given_a_function_when_called_then_it_works_as_the_task_and_returns_its_result(
    hr: ETLMonitor, run: Run, step
) -> None:
    @hr.tracked(*HR, 1, processing_date=DAY)
    def load(table: str, *, limit: int = 10) -> str:
        assert step(1).is_running
        return f"{table} {limit}"

    assert load("employees", limit=3) == "employees 3"
    assert step(1).status is Status.DONE


def test_given_a_function_when_it_raises_then_the_step_is_failed_and_the_error_goes_on(
    hr: ETLMonitor, run: Run, step
) -> None:
    @hr.tracked(*HR, 1, processing_date=DAY)
    def load() -> None:
        raise OSError("source is down")

    with pytest.raises(OSError, match="source is down"):
        load()
    assert (step(1).status, step(1).log_message) == (Status.FAIL, "OSError: source is down")


def test_given_no_run_when_two_functions_are_called_then_both_are_of_one_run(
    hr: ETLMonitor, clock: ManualClock, rows: Rows
) -> None:
    @hr.tracked(*HR, "Load employees")
    def load_employees() -> None:
        pass

    @hr.tracked(*HR, "Load events")
    def load_events() -> None:
        pass

    load_employees()
    load_events()

    done = rows(ProcessingStep, status=Status.DONE)
    assert [step.task_id for step in done] == [1, 2]
    assert {(step.execution_id, step.processing_date) for step in done} == {
        (hr.join_run(*HR).execution_id, clock.now.date())
    }


def test_given_a_function_that_is_not_called_when_decorated_then_the_database_is_not_asked(
    hr: ETLMonitor, statements
) -> None:
    with statements.counted() as executed:
        hr.tracked(*HR, "No such task")(lambda: None)

    assert executed == []


@pytest.mark.parametrize("kind", ["first", "last", "keyword", "with the rest"])
def test_given_a_parameter_task_when_called_then_it_has_the_handle_and_callers_leave_it_out(
    hr: ETLMonitor, run: Run, kind: str
) -> None:
    def first(task: TaskHandle, table: str, limit: int = 10) -> tuple[int, object, object]:
        return task.task_id, table, limit

    def last(table: str, limit: int, task: TaskHandle) -> tuple[int, object, object]:
        return task.task_id, table, limit

    def keyword(table: str, limit: int, *, task: TaskHandle) -> tuple[int, object, object]:
        return task.task_id, table, limit

    def rest(task: TaskHandle, *table: object, **limit: object) -> tuple[int, object, object]:
        return task.task_id, *table

    functions = {"first": first, "last": last, "keyword": keyword, "with the rest": rest}
    load = hr.tracked(*HR, 1, processing_date=DAY)(functions[kind])

    assert load("employees", 3) == (1, "employees", 3)
    assert "task" not in inspect.signature(load).parameters


def test_given_a_parameter_of_another_name_when_called_then_nothing_is_filled_in(hr: ETLMonitor, run: Run) -> None:
    @hr.tracked(*HR, 1, processing_date=DAY)
    def load(tasks: int, **task: int) -> tuple[int, dict[str, int]]:
        return tasks, task

    assert load(3, limit=4) == (3, {"limit": 4})


def test_given_wrong_arguments_when_called_then_the_error_is_python_s_and_recorded(
    hr: ETLMonitor, run: Run, step
) -> None:
    @hr.tracked(*HR, 1, processing_date=DAY)
    def load(task: TaskHandle, table: str) -> None:
        pass

    with pytest.raises(TypeError, match="table"):
        load()
    assert step(1).log_message.startswith("TypeError")


def test_given_a_method_when_called_then_it_has_its_object(hr: ETLMonitor, run: Run) -> None:
    class Load:
        table = "employees"

        @hr.tracked(*HR, 1, processing_date=DAY)
        def do(self, task: TaskHandle) -> tuple[str, int]:
            """Load a table."""
            return self.table, task.task_id

    assert Load().do() == ("employees", 1)
    assert (Load.do.__name__, Load.do.__doc__) == ("do", "Load a table.")


def test_given_a_coroutine_function_when_awaited_then_it_works_as_the_task(hr: ETLMonitor, run: Run, step) -> None:
    @hr.tracked(*HR, "Load employees", processing_date=DAY)
    async def load(task: TaskHandle, table: str) -> str:
        await asyncio.sleep(0)
        assert task_at_work() is task
        return table

    assert inspect.iscoroutinefunction(load)
    assert asyncio.run(load("employees")) == "employees"
    assert step(1).status is Status.DONE


def test_given_a_coroutine_function_when_it_is_cancelled_then_the_step_is_failed(
    hr: ETLMonitor, run: Run, step
) -> None:
    async def main() -> None:
        started = asyncio.Event()

        @hr.tracked(*HR, 1, processing_date=DAY)
        async def load() -> None:
            started.set()
            await asyncio.Event().wait()

        loading = asyncio.create_task(load())
        await started.wait()
        loading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loading

    asyncio.run(main())

    assert step(1).log_message.startswith("CancelledError")


def test_given_a_step_that_is_done_when_called_again_then_it_is_refused_and_does_not_work(
    hr: ETLMonitor, run: Run
) -> None:
    calls = []

    @hr.tracked(*HR, 1, processing_date=DAY)
    def load() -> None:
        calls.append(1)

    load()
    with pytest.raises(InvalidTransition, match="DONE"):
        load()
    assert calls == [1]


def test_given_a_name_that_no_task_has_when_called_then_it_is_refused(hr: ETLMonitor, run: Run) -> None:
    with pytest.raises(StepNotFound, match="No such task"):
        hr.tracked(*HR, "No such task", processing_date=DAY)(lambda: None)()


def read() -> Iterator[int]:
    yield 1


async def read_soon() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize("wrong", [read, read_soon])
def test_given_a_generator_when_decorated_then_it_is_refused(hr: ETLMonitor, wrong: Callable[..., object]) -> None:
    with pytest.raises(InvalidInput, match=rf"{wrong.__name__} is a generator"):
        hr.tracked(*HR, 1)(wrong)


@pytest.mark.parametrize(
    ("arguments", "options", "word"),
    [
        (("", "HR_DAILY", 1), {}, "project_code"),
        (("CORP", 5, 1), {}, "process_load"),
        (("CORP", "HR_DAILY", 1), {"processing_date": "yesterday"}, "processing_date"),
    ],
)
def test_given_wrong_words_when_the_decorator_is_made_then_they_are_refused_at_once(
    hr: ETLMonitor, arguments, options, word: str
) -> None:
    with pytest.raises(InvalidInput, match=word):
        hr.tracked(*arguments, **options)


async def wait() -> int:
    return 120


def waited() -> object:
    return wait()


def read_later() -> object:
    return read()


def read_even_later() -> object:
    return read_soon()


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (waited, "must still be awaited"),
        (read_later, "must still be read from"),
        (read_even_later, "must still be read from"),
    ],
)
def test_given_a_function_whose_work_is_yet_to_be_done_when_called_then_its_step_is_not_done(
    hr: ETLMonitor, function: Callable[[], object], why: str, rows
) -> None:
    with pytest.raises(InvalidInput, match=why):
        hr.tracked(*HR, 1, processing_date=DAY)(function)()

    (step,) = rows(ProcessingStep, task_id=1)
    assert step.status == "FAIL"
    assert why in step.log_message
