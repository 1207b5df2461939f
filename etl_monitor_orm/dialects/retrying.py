"""Retries: how long conflicting work is retried, and the pauses in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

REPEATABLE: Final = "repeatable_statement"
"""Execution option: the statement may be resent when its reply was lost; a second execution changes nothing."""


@dataclass(frozen=True)
class RetryPolicy:
    """How long conflicting work is retried.

    Attributes:
        first: Upper bound of the first pause, in seconds; each further bound doubles.
        longest: Upper bound of any pause, in seconds.
        patience: Seconds after the first try, after which the last error is raised.
    """

    first: float = 0.002
    longest: float = 0.25
    patience: float = 30.0

    def run(
        self,
        work: Callable[[], T],
        again: Callable[[BaseException], bool],
        give_up: Callable[[RetryCallState], T] | None = None,
    ) -> T:
        """Run work, and retry it while `again` accepts its error, with exponential pauses and full jitter.

        Args:
            work: What to do.
            again: Whether the work may be retried after this error; asked twice about the first one.
            give_up: Called when patience has run out, instead of raising the last error.
        """
        try:
            return work()
        except Exception as error:
            if not again(error):
                raise
            failed = [error]
        # Only trouble needs tenacity, which loads asyncio, and tornado where that is installed.
        from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

        def once_more() -> T:
            if failed:  # the try above counts as the first
                raise failed.pop()
            return work()

        return Retrying(
            retry=retry_if_exception(again),
            wait=wait_random_exponential(multiplier=self.first, max=self.longest),
            stop=stop_after_delay(self.patience),
            retry_error_callback=give_up,
            reraise=give_up is None,
        )(once_more)


ONCE: Final = RetryPolicy(first=0.0, longest=0.0, patience=0.0)
"""Nothing is tried again."""
