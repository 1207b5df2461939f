"""Signals that reach `exec`: passed on to the child, and remembered."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Final, Self

PASSED_ON: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_FROM_A_KEY: Final = (signal.SIGINT, signal.SIGQUIT)


class Signals:
    """Within its block no signal ends this process: `exec` lives until the child's end is recorded.

    A signal that was ignored when `exec` began, as `nohup` ignores SIGHUP, stays ignored, for the child too.

    Attributes:
        received: The signals that arrived, in order.
    """

    def __init__(self) -> None:
        self.received: list[signal.Signals] = []
        self._send: Callable[[int], None] | None = None
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
        self._wake: tuple[int, int] | None = None
        self._wake_before = -1

    def __enter__(self) -> Self:
        read, write = self._wake = os.pipe()
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        self._wake_before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for number in PASSED_ON:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._arrived)
        # Its handler does nothing; with it, the end of the child wakes who waits.
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda number, frame: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(self._wake_before)
        for end in self._wake or ():
            os.close(end)

    def to(self, send: Callable[[int], None] | None) -> None:
        """From now on, pass signals on by `send`, and what arrived before too; None keeps them here."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
        try:
            self._send = send
            if send is not None:
                for number in self.received:
                    send(number)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @property
    def wake(self) -> int:
        """A file descriptor that can be read when a signal has arrived, the end of the child included."""
        if self._wake is None:
            raise RuntimeError("Signals are received within a `with` block only.")
        return self._wake[0]

    def slept(self) -> None:
        """Forget what woke the caller."""
        with suppress(BlockingIOError):
            while os.read(self.wake, 512):
                pass

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        self.received.append(signal.Signals(number))
        if self._send is not None and not (number in _FROM_A_KEY and _in_foreground()):
            with suppress(OSError):
                self._send(number)


def _in_foreground() -> bool:
    """Whether a key on the terminal signals this process: then it has signalled the child too."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
