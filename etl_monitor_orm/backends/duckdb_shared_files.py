"""The DuckDB files that this process shares with others, when it forks and when it ends.

At both moments, no thread that lets go of a file is left: a child would inherit half of it, and Python stops a thread
at its end by unwinding it, which aborts the process if the thread is inside DuckDB.
"""

from __future__ import annotations

import atexit
import os
import threading
from typing import Final
from weakref import WeakValueDictionary

from etl_monitor_orm.backends.duckdb_sharing import ENDING, SharedFile

_files: Final[WeakValueDictionary[str, SharedFile]] = WeakValueDictionary()
_finding: Final = threading.RLock()


def shared_file(database: str) -> SharedFile:
    """Return what the engines on a file have in common.

    Args:
        database: What two engines on the same file have in common.
    """
    with _finding:
        return _files.setdefault(database, SharedFile(database))


def _end_all() -> None:
    ENDING.set()
    for file in list(_files.values()):
        try:
            file.end()
        except KeyboardInterrupt:
            file.end()  # it takes milliseconds, and its thread must not outlive this


def _before_fork() -> None:
    """Have no thread, and hold no file that is idle: a child may then open it itself."""
    _finding.acquire()
    for file in list(_files.values()):
        file.end()
        file.lock.acquire()
        _locked.append(file)


def _after_fork_in_parent() -> None:
    while _locked:
        _locked.pop().lock.release()
    _finding.release()


def _after_fork_in_child() -> None:
    _finding.release()
    _locked.clear()
    for file in list(_files.values()):
        file.start_over()


_locked: Final[list[SharedFile]] = []

atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
