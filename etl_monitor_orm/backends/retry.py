"""Trying again: how long work that others were in the way of is repeated, and how it pauses in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential


@dataclass(frozen=True)
class RetryPolicy:
    """How long work that conflicts with others is tried again.

    Attributes:
        first: Upper bound of the first pause, in seconds; each further bound doubles.
        longest: Upper bound of any pause, in seconds.
        patience: Seconds from the first try after which the last error is reported.
    """

    first: float = 0.002
    longest: float = 0.25
    patience: float = 30.0

    def retrying(
        self,
        again: Callable[[BaseException], bool],
        give_up: Callable[[RetryCallState], object] | None = None,
    ) -> Retrying:
        """Return a caller that repeats work while `again` says so of its error; exponential pauses, full jitter.

        Args:
            again: Whether the work may be repeated after this error.
            give_up: Called instead of raising the last error when patience has run out.
        """
        return Retrying(
            retry=retry_if_exception(again),
            wait=wait_random_exponential(multiplier=self.first, max=self.longest),
            stop=stop_after_delay(self.patience),
            retry_error_callback=give_up,
            reraise=give_up is None,
        )
