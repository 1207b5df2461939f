"""Keeps what is made for a while: whoever asks for the same meanwhile gets it, and it is made once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key, each of them made by one thread at a time; who waits for it holds no thread.

    Args:
        seconds: How long a value is handed out.
        most: How many values are kept.
        now: The time, in seconds.
    """

    def __init__(self, seconds: float, most: int, now: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._now = now
        self._kept: OrderedDict[K, tuple[V, float]] = OrderedDict()
        self._making: dict[K, asyncio.Future[V]] = {}

    async def get(self, key: K, make: Callable[[], V]) -> V:
        """Return a key's value, made in a thread if none is kept; an error is everybody's who waits, and not kept."""
        found = self._kept.get(key)
        if found is not None and self._now() < found[1]:
            return found[0]
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.ensure_future(self._make(key, make))
            making.add_done_callback(lambda done: done.cancelled() or done.exception())  # also if nobody waits any more
        return await asyncio.shield(making)

    async def _make(self, key: K, make: Callable[[], V]) -> V:
        try:
            value = await run_in_threadpool(make)
        finally:
            del self._making[key]
        self._kept[key] = (value, self._now() + self._seconds)
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value
