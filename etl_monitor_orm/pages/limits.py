"""How much the page shows, so that it stays small whatever there is."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

MOST_BYTES: Final = 390_000
"""Bytes of a page: less than 400 kB, whatever a mail adds."""


@dataclass(frozen=True)
class Limits:
    """How much of each part is shown; the page counts the rest.

    Attributes:
        processes: Processes in the grid, and among the durations.
        blocked: Processes that are blocked.
        late: Things that are late.
        failures: Failed steps.
        steps: Steps of the latest run.
        watermarks: Watermarks.
        changes: Changes.
        message: Characters of a message.
    """

    processes: int = 100
    blocked: int = 20
    late: int = 40
    failures: int = 40
    steps: int = 80
    watermarks: int = 100
    changes: int = 40
    message: int = 2_000

    def halved(self) -> Limits:
        """Return limits half as high."""
        return Limits(*(max(1, limit // 2) for limit in astuple(self)))
