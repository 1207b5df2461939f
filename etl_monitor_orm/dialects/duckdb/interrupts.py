"""Keeps Ctrl-C a KeyboardInterrupt: DuckDB turns whatever a signal's handler raises into a RuntimeError."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from importlib import import_module
from types import FrameType, TracebackType
from typing import Any, Final

from etl_monitor_orm.dialects.duckdb.versions import SINCE_2_0

_fast: Final[Any] = import_module("_signal")
"""What `signal` is made of: it makes no enums, which take ten times as long as the rest."""

_INTERRUPTED: Final = "Query interrupted"
_SIGNALS: Final = tuple(
    int(getattr(signal, name))
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)


class _Heard:
    """Another handler, which notes what that one raises: DuckDB 2.0 forgets it."""

    def __init__(self, handler: Callable[[int, FrameType | None], object], raised: list[BaseException]) -> None:
        self.handler = handler
        self._raised = raised

    def __call__(self, number: int, frame: FrameType | None) -> object:
        try:
            return self.handler(number, frame)
        except BaseException as error:
            self._raised.append(error)
            raise


class Interruptible:
    """Raises what a signal's handler raised while DuckDB was at work, for use in a `with` statement.

    As long as DuckDB 2.0 works in the main thread, handlers that are not Python's own are replaced.
    """

    def __init__(self) -> None:
        self._main = threading.main_thread().ident
        self._raised: list[BaseException] = []
        self._replaced: list[tuple[int, _Heard]] = []

    def __enter__(self) -> None:
        if SINCE_2_0 and threading.get_ident() == self._main:
            self._listen()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._replaced and threading.get_ident() == self._main:
            self._stop_listening()
        if isinstance(error, RuntimeError) and str(error) == _INTERRUPTED:
            raised = error.__cause__ or (self._raised.pop() if self._raised else None)
            if raised is None or type(raised) is KeyboardInterrupt:
                raise KeyboardInterrupt from error
            raise raised from None

    def _listen(self) -> None:
        for number in _SIGNALS:
            handler = _fast.getsignal(number)
            if callable(handler) and handler is not signal.default_int_handler and type(handler) is not _Heard:
                self._raised.clear()
                heard = _Heard(handler, self._raised)
                self._replaced.append((number, heard))
                _fast.signal(number, heard)

    def _stop_listening(self) -> None:
        while self._replaced:
            number, heard = self._replaced.pop()
            if _fast.getsignal(number) is heard:
                _fast.signal(number, heard.handler)


interruptible: Final = Interruptible()
