"""What `task()` yields: whether to do the work."""

from __future__ import annotations

from typing import Final

NOTHING_TO_DO: Final = "NULL"
"""The status, as a word, of a task that has nothing to do in a run."""


class TaskGuard:
    """Says whether to do the work of a task; `ETLMonitorFramework.task()` yields it.

    Attributes:
        active: Whether the task was started and is tracked.
        status: NQUE, RQUE or FAIL, as it was before the start; the word NULL if there is nothing to do.
    """

    __slots__ = ("active", "status")

    def __init__(self, active: bool, status: str) -> None:
        self.active = active
        self.status = status

    def __repr__(self) -> str:
        return f"<TaskGuard active={self.active} status={self.status}>"
