"""Who holds a lock on a file, as Linux lists it. Elsewhere nobody seems to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

_LIST: Final = "/proc/locks"
_KIND, _PID, _INODE = 3, 4, 5
"""Fields of a line such as `1: POSIX ADVISORY WRITE 7404 fe:00:9980840 0 EOF`."""


def held_here(path: str) -> bool:
    """Return whether this process holds a lock on a file."""
    return os.getpid() in (holder for holder, _ in _locks(path))


def held_elsewhere(path: str) -> bool:
    """Return whether only other processes hold a lock on a file."""
    holders = {holder for holder, _ in _locks(path)}
    return bool(holders) and os.getpid() not in holders


def held_against(path: str, *, reads: bool) -> bool:
    """Return whether other processes hold locks on a file that keep this one from opening it.

    Args:
        path: The file.
        reads: Whether this process would only read it.
    """
    here = os.getpid()
    return any(holder != here and (writes or not reads) for holder, writes in _locks(path))


def _locks(path: str) -> Iterator[tuple[int, bool]]:
    """The processes that hold POSIX locks on a file, and whether they may write it.

    Opening the file to find out would drop our own lock.
    """
    try:
        inode = str(os.stat(path).st_ino)
        with open(_LIST) as lines:
            fields = [line.split() for line in lines]
    except OSError:
        return
    for parts in fields:
        if len(parts) > _INODE and parts[1] == "POSIX" and parts[_INODE].rpartition(":")[2] == inode:
            yield int(parts[_PID]), parts[_KIND] == "WRITE"
