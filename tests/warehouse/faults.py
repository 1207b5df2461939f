"""Faults on demand: what a network and a busy warehouse do to a statement, at the statement that a test names.

    warehouse.faults.at(lambda statement: statement.startswith("MERGE"), warehouse.faults.REPLY_LOST)

A fault strikes once, at the first statement that it is for, unless it is told how often; until then it waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

CONFLICT_WORDS = (
    "[DELTA_CONCURRENT_APPEND.WITH_PARTITION_HINT] Transaction conflict detected. Files were added to partition "
    "[ProcessingDate=2026-04-09] by a concurrent update. Please try the operation again."
)
DENIED_WORDS = (
    "[INSUFFICIENT_PERMISSIONS] Insufficient privileges:\nUser does not have MODIFY on Table "
    "'main.etl.etlconfigprocess'. SQLSTATE: 42501"
)
ERROR_WORDS = "[INTERNAL_ERROR] The warehouse had an accident. SQLSTATE: XX000"


@dataclass(frozen=True)
class Fault:
    """What happens to a statement.

    Attributes:
        executed: Whether the warehouse executes it all the same.
        drops: Whether the connection is closed without an answer.
        error: The error that it is answered with.
        status: The HTTP status that it is answered with, before the warehouse has seen it.
        retry_after: Seconds after which the client is asked to come again.
        delay: Seconds for which it takes longer.
    """

    executed: bool = False
    drops: bool = False
    error: str | None = None
    status: int | None = None
    retry_after: int | None = None
    delay: float = 0.0


REQUEST_LOST = Fault(drops=True)
"""The connection breaks before the warehouse has the statement."""
REPLY_LOST = Fault(drops=True, executed=True)
"""The connection breaks when it was executed."""
CONFLICT = Fault(error=CONFLICT_WORDS)
"""Another writer was faster."""
ERROR_BEFORE = Fault(error=ERROR_WORDS)
"""It fails, and was not executed."""
ERROR_AFTER = Fault(error=ERROR_WORDS, executed=True)
"""It fails, though it was executed."""
DENIED = Fault(error=DENIED_WORDS)
"""A privilege is missing; the local warehouse has none that it could take away."""
SLOW = Fault(executed=True, delay=1.5)
"""It takes its time."""
BUSY = Fault(status=503, retry_after=1)
"""The warehouse is starting."""
THROTTLED = Fault(status=429, retry_after=1)
"""The warehouse has too many requests."""


@dataclass
class _Armed:
    matches: Callable[[str], bool]
    fault: Fault
    times: int
    skip: int


class Faults:
    """The faults that wait for their statement.

    Attributes:
        struck: How many faults have struck.
    """

    def __init__(self) -> None:
        self.struck = 0
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()

    def at(self, matches: Callable[[str], bool], fault: Fault, *, times: int = 1, skip: int = 0) -> None:
        """Arm a fault for statements whose text matches, `times` times, after it let `skip` of them pass."""
        self._armed.append(_Armed(matches, replace(fault), times, skip))

    def at_statement(self, number: int, fault: Fault) -> None:
        """Arm a fault for the statement of this number from now on, counted from 1."""
        self.at(lambda statement: True, fault, skip=number - 1)

    def clear(self) -> None:
        """Disarm all."""
        self.struck = 0
        self._armed.clear()

    def take(self, statement: str) -> Fault | None:
        """Return the fault that strikes this statement."""
        with self._lock:
            for armed in self._armed:
                if not armed.matches(statement):
                    continue
                if armed.skip:
                    armed.skip -= 1
                    continue
                if armed.times:
                    armed.times -= 1
                    self.struck += 1
                    return armed.fault
        return None
