"""How much the door takes: sizes, times and rates."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

_MOST_KEYS: Final = 10_000


@dataclass(frozen=True)
class Limits:
    """What the door takes.

    Attributes:
        body_bytes: The largest body.
        body_seconds: How long a body may take to arrive.
        rate: Requests a second of one token, over time.
        burst: Requests of one token at once.
        refusals: Wrong tokens from one address at once.
        forgiven: How many more of them are taken each second.
        calls: Calls at work at the same time; others wait their turn.
        waiting: Requests that may wait.
        grant_seconds: How long a token that was found valid counts as valid without asking again.
        refresh: Seconds after which an open page looks again.
        page_seconds: How long a page is handed out to others who ask for the same; half of `refresh` at most.
        pages: Pages that are kept.
    """

    body_bytes: int = 1024 * 1024
    body_seconds: float = 30.0
    rate: float = 50.0
    burst: int = 100
    refusals: int = 20
    forgiven: float = 1.0
    calls: int = 8
    waiting: int = 256
    grant_seconds: float = 5.0
    refresh: int = 30
    page_seconds: float = 5.0
    pages: int = 50


class Buckets:
    """Token buckets, one a key: each holds so many requests, and is filled again with time.

    Args:
        rate: Requests a second.
        burst: Requests at once.
        now: The time, in seconds.
    """

    def __init__(self, rate: float, burst: int, now: Callable[[], float] = monotonic) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds until the key's next request is taken; 0 if one is taken now."""
        left, _ = self._state(key)
        return 0.0 if left >= 1 else (1 - left) / self._rate

    def take(self, key: str) -> float:
        """Take a request; return 0, or the seconds to wait, and then nothing is taken."""
        left, now = self._state(key)
        if left < 1:
            return (1 - left) / self._rate
        self._left[key] = (left - 1, now)
        self._left.move_to_end(key)
        if len(self._left) > _MOST_KEYS:
            self._left.popitem(last=False)
        return 0.0

    def _state(self, key: str) -> tuple[float, float]:
        now = self._now()
        left, at = self._left.get(key, (self._burst, now))
        return min(self._burst, left + (now - at) * self._rate), now
