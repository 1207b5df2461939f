"""Work in a thread that a coroutine waits for to its end, whatever happens to the coroutine meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


async def to_the_end(work: Callable[[], T]) -> T:
    """Do blocking work in a thread of the event loop's pool, with the caller's context variables.

    A cancellation that arrives meanwhile is raised in place of the result, and only once the work has ended: its
    outcome is known then.
    """
    import asyncio  # only coroutines need it

    context = copy_context()
    loop = asyncio.get_running_loop()
    try:
        # A future of the pool and no task: what cancels all tasks at the end of a loop leaves it alone.
        future = loop.run_in_executor(None, context.run, work)
    except RuntimeError:  # the pool has been shut down: the loop ends, and nobody else waits for it
        return context.run(work)
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        trouble = future.exception()
        if trouble is not None:
            cancelled.add_note(f"Meanwhile, {type(trouble).__name__}: {trouble}")
        raise cancelled
    return future.result()
