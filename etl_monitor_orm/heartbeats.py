"""A thread that gives a task's signs of life while its body works."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Final
from weakref import WeakMethod

from etl_monitor_orm import causes
from etl_monitor_orm.errors import InvalidTransition

_LONGEST_WAIT: Final = 10.0
"""Seconds that a task waits at its end for a beat that is under way: the database may be away."""

_beating: Final[set[Heartbeats]] = set()


class Heartbeats:
    """Calls `beat` again and again from a thread, until `stop`.

    Nothing that happens there reaches the job: a beat that fails is logged, and the next one is tried. When the step is
    no longer this worker's, it stops by itself. A forked child has no such thread, and needs none.

    Args:
        beat: A method that gives one sign of life. It is not kept: what was dropped without an end gives none.
        every: The time between two of them.
        what: What the task is called in the log.
    """

    def __init__(self, beat: Callable[[], None], every: timedelta, what: str) -> None:
        self._beat = WeakMethod(beat)
        self._seconds = min(every.total_seconds(), threading.TIMEOUT_MAX)
        self._what = what
        self._pid = os.getpid()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._away = False

    def start(self) -> None:
        """Begin; where the system has no thread left, the task goes on without, and the log says so."""
        # A daemon does not keep the interpreter alive; `_stop_all` keeps it from being cut off within a driver.
        thread = threading.Thread(target=self._run, name="etl-monitor-heartbeat", daemon=True)
        try:
            thread.start()
        except RuntimeError as trouble:
            _warn("%s has no heartbeat: %s", self._what, trouble)
            return
        self._thread = thread
        _beating.add(self)
        atexit.unregister(_stop_all)
        atexit.register(_stop_all)

    def stop(self, longest_wait: float = _LONGEST_WAIT) -> None:
        """End it, and wait for a beat that is under way, but no longer than so many seconds."""
        if self._thread is None or not self.is_of_this_process():
            return  # after a fork, a lock of the event may be held for ever
        self.end()
        if self._thread is not threading.current_thread():
            self._thread.join(longest_wait)

    def end(self) -> None:
        """Let there be no further beat; do not wait."""
        self._over.set()
        _beating.discard(self)

    def is_of_this_process(self) -> bool:
        """Whether it was made here, and not before a fork."""
        return os.getpid() == self._pid

    def _run(self) -> None:
        while not self._over.wait(self._seconds) and (beat := self._beat()) is not None:
            try:
                beat()
            except InvalidTransition as refusal:
                if not self._over.is_set():
                    _warn("The heartbeat of %s stopped: %s", self._what, refusal)
                return
            except Exception as trouble:
                if not self._away and not self._over.is_set():
                    words = causes.words(trouble)
                    _warn("A heartbeat of %s failed; the next ones are tried: %s", self._what, words)
                self._away = True
            else:
                self._away = False
            del beat


def _warn(words: str, *about: object) -> None:
    try:
        logging.getLogger("etl_monitor_orm").warning(words, *about)
    except Exception:  # a handler's trouble is not the job's
        return


def _stop_all() -> None:
    """At the end of the interpreter: let no thread be cut off within a database driver, which may abort the process."""
    left = [one for one in list(_beating) if one.is_of_this_process()]
    for one in left:
        one.end()
    until = monotonic() + _LONGEST_WAIT
    for one in left:
        one.stop(max(0.0, until - monotonic()))
