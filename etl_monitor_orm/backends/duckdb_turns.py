"""Waiting for a turn on a DuckDB file that another process holds."""

from __future__ import annotations

import random
import re
import time
from typing import Final

import duckdb

from etl_monitor_orm.backends.file_locks import held_against

_FIRST_LOOKS: Final = 0.06
_LAST_LOOKS: Final = 0.004
_AFTER_A_SECOND: Final = 0.35
"""Seconds between two looks, at most. They become shorter by this factor, so that who waited longest comes first."""
_FIRST_TRIES: Final = 0.015
_LAST_TRIES: Final = 0.1
"""The same where the system does not list locks, and each look is a try: they become longer."""
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
        self._begin: float | None = None
        self._tries = 0
        self._sees_locks = False
        self.waited = False

    def wait(self) -> bool:
        """Wait until the file may be free; return False if the time is up."""
        self.waited = True
        time_is = now()
        self._begin = time_is if self._begin is None else self._begin
        if time_is >= self._end:
            return False
        self._tries += 1
        again = min(time_is + random.uniform(*_TRY), self._end)
        while True:
            held = held_against(self._path, reads=self._reads)
            self._sees_locks |= held
            if not held and self._sees_locks:
                return True
            pause(min(self._interval(time_is - self._begin), max(again - time_is, 0.0)))
            time_is = now()
            if time_is >= again or not self._sees_locks:
                return True

    def _interval(self, waited: float) -> float:
        """Return how long to wait before the next look."""
        if self._sees_locks:
            most = max(_FIRST_LOOKS * _AFTER_A_SECOND**waited, _LAST_LOOKS)
        else:
            most = min(_FIRST_TRIES * 1.5**self._tries, _LAST_TRIES)
        return random.uniform(most / 5, most)
