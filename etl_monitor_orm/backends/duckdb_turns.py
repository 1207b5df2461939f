"""Waiting for a turn on a DuckDB file that another process holds."""

from __future__ import annotations

import random
import re
import time
from typing import Final

import duckdb

from etl_monitor_orm.backends.file_locks import held_against

_LOOKS: Final = (0.06, 0.004)
"""Seconds between two looks, at most: at first, and for whoever has waited for seconds."""
_POLITE: Final = 0.03
"""Seconds for which a process that has not waited for long leaves a free file to others, at most.

Opening a file takes a third of that. Without this, whoever began to open it first would get it, by chance.
"""
_AFTER_A_SECOND: Final = 0.35
"""What remains of both after a second of waiting, so that who waited longest comes first."""
_OLD: Final = 2.0
"""Seconds of waiting after which a process is polite no more."""
_TRIES: Final = (0.015, 0.1)
"""Seconds between two tries where the system does not list locks: at first, and later."""
_TOO_OFTEN: Final = 4
"""How often in a row a file may look free and be locked; then the system does not list the lock."""
_ANYWAY: Final = (1.0, 2.0)
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

    Trying to open a file costs a hundred times as much as looking who locks it. So the file is tried when nobody seems
    to lock it, and now and then without regard to that.

    Args:
        path: The file.
        patience: Seconds to wait at most.
        reads: Whether the file will only be read; then others that read it are not in the way.
        since: When the wait began; else now.

    Attributes:
        waited: Whether another process had the file.
    """

    def __init__(self, path: str, patience: float, *, reads: bool, since: float | None = None) -> None:
        self._path = path
        self._begin = now() if since is None else since
        self._end = self._begin + patience
        self._reads = reads
        self._tries = 0
        self._misled = _TOO_OFTEN
        self.waited = False

    def wait(self) -> bool:
        """Wait until the file may be free, after it was not; return False if the time is up."""
        self.waited = True
        if now() >= self._end:
            return False
        self._tries += 1
        self._look(blind=self._misled >= _TOO_OFTEN)
        return True

    def let_others_go_first(self) -> None:
        """Wait before the first try: others were waiting when this process had the file."""
        self._look(blind=False)

    def _look(self, *, blind: bool) -> None:
        until, free = min(now() + random.uniform(*_ANYWAY), self._end), False
        while (time_is := now()) < until:
            aged = _AFTER_A_SECOND ** (time_is - self._begin)
            held = held_against(self._path, reads=self._reads)
            if held:
                self.waited, self._misled, blind = True, 0, False
            elif blind:
                pause(_upto(min(_TRIES[0] * 1.5**self._tries, _TRIES[1]), until - time_is))
                return
            elif free or time_is - self._begin > _OLD:
                self._misled += 1
                return
            free = not held
            pause(_upto(_POLITE * aged if free else max(_LOOKS[0] * aged, _LOOKS[1]), until - time_is))


def _upto(most: float, rest: float) -> float:
    """Return seconds to pause, by chance."""
    return min(random.uniform(most / 4, most), rest)
