"""A DuckDB file that several processes share: this process lets go of it when no thread here uses it.

DuckDB locks a file for one writing process as long as that process has any connection to it. So all connections of this
process are closed a moment after their last use, and opened again for the next one. A process that never pauses takes
a break now and then, so that others are not kept out.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from typing import Final, Protocol
from weakref import WeakSet

from etl_monitor_orm.backends import duckdb_turns
from etl_monitor_orm.backends.file_locks import held_against

IDLE: Final = 0.15
"""Seconds after the last use until the file is let go: the next call of a burst comes sooner."""
IDLE_IF_WANTED: Final = 0.03
"""The same, where this process had to wait for its turn: others are using the file too."""
LONGEST: Final = 0.4
"""Seconds that the file is held without a break."""
LOOKS: Final = 5
PAUSE: Final = (0.003, 0.009)
"""How often a process looks during its break whether another has taken the file, and the seconds between two looks.

Several short pauses, because on a busy machine those who wait may not run at all during one.
"""
BRIEF: Final = 0.1
"""Seconds of a use for whose end a break waits. What takes longer is a session that somebody holds."""

ENDING: Final = threading.Event()
"""Whether Python is ending: a thread that it stops inside DuckDB would abort the process."""

_now = time.monotonic


class Pool(Protocol):
    """A pool of connections to the file."""

    def let_go(self) -> None:
        """Close the connections that nobody uses; the pool opens others when it is asked for one."""
        ...

    def checkedin(self) -> int:
        """Return how many connections nobody uses."""
        ...


class Use:
    """One use of the file: somebody has a connection, or is about to have one."""

    __slots__ = ("__weakref__", "connected", "since", "thread")

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.since = _now()
        self.connected = False


class SharedFile:
    """What the engines of this process on one file have in common. All its state is guarded by `lock`.

    Args:
        database: What two engines on the same file have in common.

    Attributes:
        database: The same.
        lock: Held while a connection is opened, so that no connection is half open when the process forks.
    """

    def __init__(self, database: str) -> None:
        self.database = database
        self._pools: WeakSet[Pool] = WeakSet()
        self._wanted = False
        self.start_over()

    def start_over(self) -> None:
        """Begin without uses and threads; in a forked child, those are the parent's."""
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._waking = threading.Condition(self.lock)
        # Weak: a use that an interrupt lost on its way does not hold the file for ever.
        self._uses: WeakSet[Use] = WeakSet()
        self._held_since: float | None = None
        self._due: float | None = None
        self._on_break = False
        self._thread: threading.Thread | None = None
        self._queued = threading.local()

    def queue(self) -> None:
        """Let this thread's next wait for the file count from now on: it may wait for other threads first."""
        self._queued.since = duckdb_turns.now()

    @property
    def queued_since(self) -> float | None:
        """When this thread began to wait for its next use of the file, if it said so."""
        return getattr(self._queued, "since", None)

    def add(self, pool: Pool) -> None:
        """Add a pool whose connections are closed when the file is let go."""
        with self.lock:
            self._pools.add(pool)

    def has_connected(self) -> None:
        """End the wait of this thread."""
        self._queued.since = None

    def enter(self, use: Use) -> None:
        """Begin a use, after a break if one is due."""
        with self.lock:
            self._let_others_in()
            self._uses.add(use)
            self._due = None

    def leave(self, use: Use) -> None:
        """End a use. After the last one, the file is let go unless another use begins soon."""
        with self.lock:
            if use not in self._uses:
                return
            self._uses.discard(use)
            if self._uses:
                return
            self._changed.notify_all()
            if self._held_since is not None:
                self._let_go_in(IDLE_IF_WANTED if self._wanted else IDLE)

    def opened(self, *, waited: bool) -> None:
        """Note that a connection was opened, and whether other processes had the file before."""
        with self.lock:
            if self._held_since is None:
                self._held_since, self._wanted = _now(), waited

    def let_go_if_idle(self) -> bool:
        """Let go of the file, if it is held and no connection is in use; return whether that was so."""
        with self.lock:
            if self._held_since is None or any(use.connected for use in self._uses):
                return False
            self._let_go()
            return True

    def disposed(self) -> None:
        """Note that a pool was disposed; if no other has connections, there is nothing to let go."""
        with self.lock:
            if not self._uses and not any(pool.checkedin() for pool in list(self._pools)):
                self._held_since = self._due = None
                self._waking.notify_all()

    @property
    def is_wanted(self) -> bool:
        """Whether the file is to be opened, and other processes wanted it when this one had it last."""
        with self.lock:
            return self._held_since is None and self._wanted

    def is_used_by_other_threads(self) -> bool:
        """Whether other threads use connections, and this one does not."""
        with self.lock:
            threads = {use.thread for use in self._uses if use.connected}
            return bool(threads) and threading.get_ident() not in threads

    def end(self) -> None:
        """Let go of the file if it is idle, and have no thread."""
        with self.lock:
            if not self._uses and self._held_since is not None:
                self._let_go()
            self._due = None
            self._waking.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _let_go(self) -> None:
        for pool in list(self._pools):
            pool.let_go()
        self._held_since = self._due = None
        self._changed.notify_all()

    def _let_others_in(self) -> None:
        if self._is_break_due():
            until = time.monotonic() + BRIEF
            while self._uses and self._is_break_due() and (left := until - time.monotonic()) > 0:
                self._wait(left)
            if self._uses:
                self._held_since = _now()  # somebody keeps it; the next break is as far away as the last one
            elif self._is_break_due():
                self._let_go()
                self._take_a_break()
        while self._on_break:
            self._wait()

    def _wait(self, seconds: float | None = None) -> None:
        """Wait for a change, and hold the lock again: a signal within `Condition.wait` can leave it let go of."""
        try:
            self._changed.wait(seconds)
        except BaseException:
            with suppress(RuntimeError):  # it is held, or not
                self.lock.release()
            self.lock.acquire()
            raise

    def _take_a_break(self) -> None:
        self._on_break = True
        try:
            for _ in range(LOOKS):
                self._wait(random.uniform(*PAUSE))
                if held_against(self.database, reads=False):
                    self._wanted = True
                    break
        finally:
            self._on_break = False
            self._changed.notify_all()

    def _is_break_due(self) -> bool:
        now, here = _now(), threading.get_ident()
        if self._held_since is None or now - self._held_since < LONGEST:
            return False
        return not any(use.thread == here or now - use.since > BRIEF for use in self._uses)

    def _let_go_in(self, seconds: float) -> None:
        self._due = _now() + seconds
        if self._thread is not None:
            return
        self._thread = threading.Thread(target=self._wait_and_let_go, name="etl-monitor-lets-go", daemon=True)
        try:
            if ENDING.is_set():
                raise RuntimeError
            self._thread.start()
        except RuntimeError:  # Python is ending, and starts no threads any more
            self._thread = None
            self._let_go()

    def _wait_and_let_go(self) -> None:
        """The thread: it exists only while the file is about to be let go."""
        with self.lock:
            while self._due is not None:
                if (rest := self._due - _now()) > 0:
                    self._waking.wait(rest)
                else:
                    self._let_go()
            self._thread = None
