"""Locks between processes, by files beside the journal. A process that dies lets go of them."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from etl_monitor_orm.errors import ConflictError
from etl_monitor_orm.journal.disk import opened

_LONGEST_PAUSE: Final = 0.05
"""Seconds between two tries."""


@contextmanager
def locked(path: Path, patience: float) -> Iterator[None]:
    """Hold a lock for the length of a block; threads of one process exclude each other too.

    Args:
        path: The lock's file; it is made, and stays.
        patience: How many seconds to wait for it.

    Raises:
        ConflictError: Others kept it.
        OSError: The file cannot be made.
    """
    try:
        import fcntl
    except ImportError:
        raise OSError("this system has no locks between processes") from None
    number = opened(path)
    try:
        until = monotonic() + patience
        while True:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if monotonic() >= until:
                    raise ConflictError(
                        f"Another process kept {path} locked for {patience:.0f} s. Make the call again later."
                    ) from None
                sleep(random.uniform(0, _LONGEST_PAUSE))
        yield
    finally:
        os.close(number)
