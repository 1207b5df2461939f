"""The child's output on its way through `exec`: every byte at once, none kept but the last few."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios
from contextlib import suppress
from typing import Final

from etl_monitor_orm.reporting.tails import Tail

_CHUNK: Final = 64 * 1024


class Pump:
    """Passes on what arrives in a pipe.

    When nobody reads the output any more, the pipe is closed, and the child learns it as it would without `exec`.

    Args:
        source: The pipe's end to read from.
        target: The file descriptor to write to.
        tail: Keeps the last of it.
    """

    def __init__(self, source: int, target: int, tail: Tail) -> None:
        self.source = source
        self._target = target
        self._tail = tail
        self.is_open = True

    def move(self, most: int = _CHUNK) -> int:
        """Pass on what there is, waiting for it if there is nothing; return how many bytes."""
        chunk = os.read(self.source, most)
        if not chunk:
            self.close()
            return 0
        self._tail.add(chunk)
        self._write(chunk)
        return len(chunk)

    def finish(self) -> None:
        """Pass on what the child had written when it ended.

        All of that is in the pipe by now. Another process may still hold the pipe's other end, and write: `cat` goes on
        passing that on, so that nobody waits here, and nobody's output is cut off.
        """
        if not self.is_open:
            return
        left = _waiting(self.source)
        while left > 0 and self.is_open:
            left -= self.move(min(left, _CHUNK))
        if self.is_open and not _is_at_its_end(self.source):
            actions = [(os.POSIX_SPAWN_DUP2, self.source, 0), (os.POSIX_SPAWN_DUP2, self._target, 1)]
            with suppress(OSError):  # without a `cat`, what others print from now on is lost
                os.posix_spawnp("cat", ["cat"], os.environ, file_actions=actions)
        self.close()

    def close(self) -> None:
        """Let go of the pipe."""
        if self.is_open:
            self.is_open = False
            os.close(self.source)

    def _write(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        while rest:
            try:
                rest = rest[os.write(self._target, rest) :]
            except BlockingIOError:
                select.select([], [self._target], [])
            except BrokenPipeError:
                self.close()
                return
            except OSError:
                return  # a full disk: the tail has it


def _waiting(source: int) -> int:
    """How many bytes are in a pipe."""
    (waiting,) = struct.unpack("i", fcntl.ioctl(source, termios.FIONREAD, b"\0" * 4))
    return int(waiting)


def _is_at_its_end(source: int) -> bool:
    """Whether nobody can write into a pipe any more, and nothing is in it."""
    readable, _, _ = select.select([source], [], [], 0)
    return bool(readable) and _waiting(source) == 0
