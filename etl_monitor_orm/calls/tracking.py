"""`monitor.tracked(...)`: a function that is a task."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

from etl_monitor_orm import inputs
from etl_monitor_orm.calls.opening import OpeningCalls
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.task import TaskHandle
from etl_monitor_orm.threads import to_the_end

P = ParamSpec("P")
T = TypeVar("T")

_HANDLE = "task"
"""Name of the parameter that is given the task's handle."""


class Tracked(Protocol):
    """Decorates a function: it keeps its arguments and its result; a first parameter `task` is filled in."""

    @overload
    def __call__(self, function: Callable[Concatenate[TaskHandle, P], T], /) -> Callable[P, T]: ...

    @overload
    def __call__(self, function: Callable[P, T], /) -> Callable[P, T]: ...


class TrackingCalls(OpeningCalls):
    """Makes tasks of functions."""

    def tracked(
        self,
        project_code: str,
        process_load: str,
        task_id: int | str,
        *,
        workflow_id: int | None = None,
        processing_date: date | str | None = None,
        heartbeat: timedelta | float | None = None,
    ) -> Tracked:
        """Return a decorator: each call of the function, or coroutine function, is tracked as a task.

        A call joins the date's latest unfinished run or starts one, like `join_run`, and tracks the task in it, like
        `Run.task`. If the function has a parameter `task`, it gets the task's handle; callers leave it out. Nothing is
        read or written before the first call.

        Args:
            project_code: The project.
            process_load: The process.
            task_id: The task's number, or its name if it is the only one of that name in the run.
            workflow_id: The pass; else 0 for task 0 and 1 for any other. A name needs none.
            processing_date: The date to work on; else, at each call, the SYSDT parameter's, else today (UTC).
            heartbeat: Time between signs of life that a thread gives: a timedelta, or seconds.

        Raises:
            InvalidInput: An argument cannot be read, or what is decorated is no such function.

        Example:
            ```python
            @monitor.tracked("CORP", "HR_DAILY", "Load employees")
            def load_employees(task: TaskHandle) -> None:
                read_since(task.watermark)


            load_employees()
            ```
        """
        process = inputs.process(project_code, process_load)
        on = inputs.optional_day("processing_date", processing_date)

        def enter() -> TaskHandle:
            run = self.join_run(
                process.project_code, process.process_load, on, task_id=task_id, workflow_id=workflow_id
            )
            return run.task(task_id, workflow_id, heartbeat=heartbeat, queue_missing=True)

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            return _tracked(function, enter)

        return cast(Tracked, decorate)


def _at_its_end(function: Callable[..., Any], result: Any) -> Any:
    """Return what a call returned, if its work is over with it: the step must not be DONE before that.

    Raises:
        InvalidInput: It is to be awaited, or read from.
    """
    import inspect

    later = "awaited" if inspect.isawaitable(result) else "read from"
    if later == "awaited" or inspect.isgenerator(result) or inspect.isasyncgen(result):
        if close := getattr(result, "close", None):
            close()
        raise InvalidInput(
            f"{_name_of(function)} returns what must still be {later}, so its work is not over when it ends. Decorate "
            "the function that does the work, below other decorators."
        )
    return result


def _name_of(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _tracked(function: Callable[..., Any], enter: Callable[[], TaskHandle]) -> Callable[..., Any]:
    import inspect  # takes longer to load than all of this

    inputs.function("function", function)
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise InvalidInput(
            f"{_name_of(function)} is a generator: its body runs after the call, when somebody reads from it. "
            "Decorate the function that reads from it."
        )
    whole = inspect.signature(function)
    wanted = whole.parameters.get(_HANDLE)
    gets_handle = wanted is not None and wanted.kind not in (wanted.VAR_POSITIONAL, wanted.VAR_KEYWORD)
    callers = whole.replace(
        parameters=[one for name, one in whole.parameters.items() if one is not wanted or not gets_handle]
    )

    def call(task: TaskHandle, *args: Any, **kwargs: Any) -> Any:
        if not gets_handle:
            return function(*args, **kwargs)
        given = {**callers.bind(*args, **kwargs).arguments, _HANDLE: task}
        in_order = {name: given[name] for name in whole.parameters if name in given}
        bound = inspect.BoundArguments(whole, cast(Any, in_order))
        return function(*bound.args, **bound.kwargs)

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            async with await to_the_end(enter) as task:
                return _at_its_end(function, await cast(Awaitable[Any], call(task, *args, **kwargs)))

        tracked: Callable[..., Any] = awaited
    else:

        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with enter() as task:
                return _at_its_end(function, call(task, *args, **kwargs))

        tracked = called
    tracked.__signature__ = callers  # type: ignore[attr-defined]  # what callers pass, for help() and other decorators
    return tracked
