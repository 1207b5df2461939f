"""SIGTERM as an ordinary end of the program: opt-in."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final, Self

from etl_monitor_orm.errors import ConfigurationError

EXIT_CODE: Final = 128 + signal.SIGTERM
"""143: what a shell reports of a program that SIGTERM ended."""


class Termination:
    """SIGTERM ends the program as `SystemExit(143)`; `terminate_as_exit()` makes one."""

    def __init__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise ConfigurationError(
                "terminate_as_exit() was called in another thread than the main one, and Python handles signals in the "
                "main thread only. Call it at the top of the program."
            )
        self._pid = os.getpid()
        self._raised = False
        self._before: Any = signal.signal(signal.SIGTERM, self._exit)

    def restore(self) -> None:
        """Handle SIGTERM as before; a handler that somebody has set since stays."""
        if signal.getsignal(signal.SIGTERM) == self._exit:
            signal.signal(signal.SIGTERM, signal.SIG_DFL if self._before is None else self._before)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restore()

    def _exit(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._pid:
            # A forked child did not ask for this: it ends as it would have.
            self.restore()
            os.kill(os.getpid(), number)
        elif not self._raised:
            self._raised = True  # the next ones must not cut off what records this one
            raise SystemExit(EXIT_CODE)


def terminate_as_exit() -> Termination:
    """Let SIGTERM end the program as `SystemExit(143)`, so that running steps become FAIL and logs are flushed.

    Call it once, at the top of a program. Without it, SIGTERM ends Python at once, and a running step stays recorded as
    running. Later SIGTERMs are ignored while the program ends. Forked children handle SIGTERM as before the call.

    Returns:
        A context manager that restores the former handling at the end of its block; so does its `restore()`.

    Raises:
        ConfigurationError: It was not called in the main thread.

    Example:
        ```python
        terminate_as_exit()
        with run.task(1):
            load_employees()
        ```
    """
    return Termination()
