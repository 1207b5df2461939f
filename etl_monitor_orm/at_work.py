"""Which task is at work here: in this thread or coroutine, and in others that carry it along."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from datetime import date
from functools import wraps
from typing import NamedTuple, ParamSpec, Protocol, TypeVar

from etl_monitor_orm import inputs

P = ParamSpec("P")
T = TypeVar("T")


class AtWork(Protocol):
    """A task that may be at work, as log records name it."""

    active: bool

    @property
    def project_code(self) -> str:
        """The project."""

    @property
    def process_load(self) -> str:
        """The process."""

    @property
    def processing_date(self) -> date:
        """The date that its run works on."""

    @property
    def execution_id(self) -> str:
        """Its run's id."""

    @property
    def task_id(self) -> int:
        """The task within the pass."""

    @property
    def workflow_id(self) -> int:
        """The pass."""


class _Entered(NamedTuple):
    """A task that was entered, and the one in which that was."""

    task: AtWork
    outer: _Entered | None


entered: ContextVar[_Entered | None] = ContextVar("etl_monitor_current_task", default=None)
"""The task that was entered last here. It may have been left elsewhere: ask `task_at_work`."""


def enter(task: AtWork) -> None:
    """Make a task the one at work here."""
    entered.set(_Entered(task, _innermost()))


def leave() -> None:
    """Forget the tasks that are over; a token would fit only the context and the order of entering."""
    entered.set(_innermost())


def task_at_work() -> AtWork | None:
    """Return the innermost task whose body is running here, for log records to name it."""
    innermost = _innermost()
    return None if innermost is None else innermost.task


def _innermost() -> _Entered | None:
    one = entered.get()
    while one is not None and not one.task.active:
        one = one.outer
    return one


def in_task(function: Callable[P, T]) -> Callable[P, T]:
    """Return `function` for other threads: wherever it is called, it runs in the task that is at work here, now.

    A new thread begins without the context variables of the thread that started it, so its log records would name no
    task. The returned function carries them all along. Many threads can call it at the same time.

    Args:
        function: What the other threads call.

    Returns:
        A function with the same arguments and result. Log records that it makes carry the task's run, process and date
        in `ETLsysLogs`, until the task ends.

    Raises:
        InvalidInput: It is not a function.

    Example:
        ```python
        with run.task(1), ThreadPoolExecutor() as pool:
            list(pool.map(in_task(load_table), tables))
        ```
    """
    inputs.function("function", function)
    context = copy_context()

    @wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> T:
        # A copy for each call: two threads cannot be in one context at the same time.
        return context.copy().run(function, *args, **kwargs)

    return carried
