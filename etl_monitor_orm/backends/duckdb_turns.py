"""Waiting for a turn on a DuckDB file that another process holds."""

from __future__ import annotations

import random
import re
import time
from typing import Final

import duckdb

from etl_monitor_orm.backends.file_locks import held_against

_SHORTEST: Final = 0.003
_FIRST: Final = 0.015
_LONGEST: Final = 0.1
"""Seconds between two looks; each is drawn at random. They become longer where each look is a try."""
_TRY: Final = (0.3, 0.6)
"""Seconds after which the file is tried although it seems to be locked: what the system lists may be wrong."""
_LOCKED: Final = re.compile(r"Could not set lock|used by another process|File is already open in")
_HOLDER: Final = re.compile(r"(?:lock is held in|already open in)\s+(?P<program>\S.*?) \(PID (?P<pid>\d+)\)", re.DOTALL)


def now() -> float:
    """Return a time in seconds that never goes back."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Wait before the next look."""
    time.sleep(seconds)


def is_locked(cause: BaseException | None) -> bool:
    """Whether a file cannot be opened because another process has it open."""
    return isinstance(cause, duckdb.IOException) and _LOCKED.search(str(cause)) is not None


def holder_of(cause: BaseException | None) -> str | None:
    """Return the program that holds a file, and its process id, if DuckDB says so."""
    found = _HOLDER.search(str(cause))
    return f"{found['program']} (PID {found['pid']})" if found else None


class Turn:
    """One wait for a file.

    Trying to open a file costs thousands of times as much as looking who locks it. So the file is tried when nobody
    seems to lock it, and sometimes without regard to that.

    Args:
        path: The file.
        patience: Seconds to wait at most.
        reads: Whether the file will only be read; then others that read it are not in the way.
        since: When the wait began; else now.

    Attributes:
        waited: Whether the file was locked at the first try.
    """

    def __init__(self, path: str, patience: float, *, reads: bool, since: float | None = None) -> None:
        self._path = path
        self._end = (now() if since is None else since) + patience
        self._reads = reads
        self._most = _FIRST
        self._sees_locks = False
        self.waited = False

    def wait(self) -> bool:
        """Wait until the file may be free; return False if the time is up."""
        self.waited = True
        begin = now()
        if begin >= self._end:
            return False
        again = min(begin + random.uniform(*_TRY), self._end)
        while True:
            pause(min(random.uniform(_SHORTEST, self._most), max(again - now(), 0.0)))
            held = held_against(self._path, reads=self._reads)
            self._sees_locks |= held
            if now() >= again or not held:
                if not self._sees_locks:
                    self._most = min(self._most * 1.5, _LONGEST)
                return True
