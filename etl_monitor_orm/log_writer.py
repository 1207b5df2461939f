"""Holds log records and writes them from a thread, so that no job waits long for its log."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from types import FrameType
from typing import Final

from etl_monitor_orm import causes, log_batches
from etl_monitor_orm.log_batches import Outcome, Send
from etl_monitor_orm.services.logs import LogEntry

MOST_WHILE_THERE: Final = 10_000
"""How many records are held at least while the database answers: it only has to catch up."""
_HICCUPS: Final = 3
_LONGEST_PAUSE: Final = 60.0
_PROBE: Final = 20
_SHOWN: Final = 200

_writing = threading.local()


def is_writing() -> bool:
    """Whether this thread writes log records. What it logs meanwhile would breed more records."""
    return bool(getattr(_writing, "active", False))


def in_the_database_layer() -> bool:
    """Whether this thread is inside SQLAlchemy, where it may hold a lock or a connection that a write waits for."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] in ("sqlalchemy", "alembic"):
            return True
        frame = frame.f_back
    return False


class _Write(threading.Thread):
    """One write of what is held: how far it came, and whether it ended."""

    def __init__(self, writer: LogWriter) -> None:
        super().__init__(name="etl-monitor-log", daemon=True)  # a stalled database must not hold up the exit
        self.ended = threading.Event()
        self.progress = monotonic()
        self.interrupt: BaseException | None = None
        self.given_up = False
        self.carries = 0
        self._writer = writer

    def run(self) -> None:
        _writing.active = True
        try:
            self._writer.work(self)
        except BaseException as trouble:  # nobody is above this but those who wait
            self.interrupt = trouble
        finally:
            _writing.active = False
            self.ended.set()


@dataclass
class _Outage:
    """What is remembered while the database is away; when it answers, a new one begins.

    Attributes:
        patience: How many more seconds the job waits for it, all waits together.
        failures: How many tries failed.
        not_before: When a full batch may try again.
        stalled: Whether a write was waited for in vain.
        dropped: How many records were dropped.
    """

    patience: float
    failures: int = 0
    not_before: float = 0.0
    stalled: bool = False
    dropped: int = 0


class LogWriter:
    """Holds records until they are written.

    Every write has a thread. The job waits for it, but never longer than `timeout` seconds without progress, and
    never where it may itself hold what the write needs. While the database is away, the pauses between tries grow.

    Args:
        send: Writes entries in one transaction, or raises.
        batch: How many records are worth a write.
        per_statement: How many records one statement holds.
        timeout: How long a job waits, in seconds.
    """

    def __init__(self, send: Send, *, batch: int, per_statement: int, timeout: float) -> None:
        self._send = send
        self._batch = batch
        self._per_statement = per_statement
        self._timeout = timeout
        self.dropped = 0
        self._begin_here()

    def _begin_here(self) -> None:
        """Begin with nothing, in this process. A parent writes its own records, and its locks are not ours."""
        self._pid = os.getpid()
        self._holding = threading.RLock()  # a signal handler may log at any moment, here too
        self._records: deque[LogEntry] = deque()
        self._since_write = 0
        self._write: _Write | None = None
        self._outage = _Outage(self._timeout)

    def hold(self, entry: LogEntry) -> None:
        """Keep a record for the next write."""
        self._after_a_fork()
        with self._holding:
            self._records.append(entry)
            self._since_write += 1
            self._make_room()

    def is_due(self) -> bool:
        """Whether there is a batch, and the database is not being left in peace."""
        return self._since_write >= self._batch and monotonic() >= self._outage.not_before

    def flush(self, *, patiently: bool = True) -> None:
        """Write what is held, and wait for it.

        Args:
            patiently: Whether to wait the whole `timeout`, however long the job has already waited since the
                database went away.
        """
        if is_writing():
            return
        self._after_a_fork()
        for _ in range(2):  # a write that was under way may have begun before the latest records
            write, is_new = self._begin()
            if write is None or in_the_database_layer():
                return
            if not self._wait(write, self._timeout if patiently else self._outage.patience):
                write.given_up = write.given_up or patiently
                return
            if is_new:
                if write.interrupt is not None:
                    raise write.interrupt
                return

    def close(self) -> None:
        """Write what is held; then say what could not be written."""
        self._after_a_fork()
        if self._write is None or not self._write.given_up or self._write.ended.is_set():
            self.flush()
        on_the_way = self._write.carries if self._write is not None and not self._write.ended.is_set() else 0
        if (lost := len(self._records) + on_the_way) and not is_writing():
            _complain(f"{lost} log records could not be written before the end.")

    def work(self, write: _Write) -> None:
        """Write what is held now, statement by statement; stop at the first that has to wait."""
        left = len(self._records)
        while left > 0:
            # While the database is away, a few records show whether it is back.
            some = self._take(min(left, self._per_statement if not self._outage.failures else _PROBE))
            left -= len(some)
            write.carries = len(some)

            def send(entries: Sequence[LogEntry]) -> None:
                self._send(entries)
                write.progress = monotonic()
                self._recovered()

            outcome = log_batches.write(some, send) if some else Outcome()
            for entry, reason in outcome.refused:
                _complain(_refusal(entry, reason))
            if outcome.trouble is not None:
                self._put_back(outcome, outcome.trouble)
                return

    def _begin(self) -> tuple[_Write | None, bool]:
        """Return the write that is under way, or a new one; None if nothing is held."""
        with self._holding:
            if self._write is not None and not self._write.ended.is_set():
                return self._write, False
            if not self._records:
                return None, False
            self._write = write = _Write(self)
            self._since_write = 0
            try:
                write.start()
            except RuntimeError:  # no more threads: the interpreter ends
                if in_the_database_layer():
                    write.ended.set()
                    return None, False
            else:
                return write, True
        write.run()
        return write, True

    def _wait(self, write: _Write, seconds: float) -> bool:
        """Return whether the write ended; give up after some seconds without progress."""
        since = monotonic()
        while not write.ended.wait(max(0.0, max(since, write.progress) + seconds - monotonic())):
            if monotonic() >= max(since, write.progress) + seconds:
                with self._holding:
                    said, self._outage.stalled, self._outage.patience = self._outage.stalled, True, 0.0
                if not said:
                    _complain("the database does not answer, so log records wait. The job goes on.")
                return False
        if self._outage.failures:
            self._outage.patience = max(0.0, self._outage.patience - (monotonic() - since))
        return True

    def _take(self, number: int) -> list[LogEntry]:
        with self._holding:
            return [self._records.popleft() for _ in range(min(number, len(self._records)))]

    def _put_back(self, outcome: Outcome, trouble: BaseException) -> None:
        outage = self._outage
        with self._holding:
            self._records.extendleft(reversed(outcome.waiting))
            outage.failures += 1
            outage.not_before = monotonic() + _pause(outage.failures)
            waits = len(self._records)
            self._make_room()
        if not isinstance(trouble, Exception):
            raise trouble
        if outage.failures == 1:
            _complain(f"{waits} log records could not be written and wait for the next batch: {causes.text(trouble)}")

    def _recovered(self) -> None:
        outage, self._outage = self._outage, _Outage(self._timeout)
        if outage.dropped:
            _complain(f"log records are written again; the oldest {outage.dropped} were dropped meanwhile.")

    def _make_room(self) -> None:
        most = self._batch * 10
        if not self._outage.failures and not self._outage.stalled:
            most = max(most, MOST_WHILE_THERE)
        while len(self._records) > most:
            self._records.popleft()
            self.dropped += 1
            self._outage.dropped += 1

    def _after_a_fork(self) -> None:
        if self._pid != os.getpid():
            self._begin_here()


def _pause(failures: int) -> float:
    """Return how many seconds to leave the database in peace: none after a hiccup, then twice as long each time."""
    return 0.0 if failures < _HICCUPS else min(_LONGEST_PAUSE, 2.0 ** min(failures - _HICCUPS, 10))


def _refusal(entry: LogEntry, reason: Exception) -> str:
    message = ascii(entry.message)
    shown = message if len(message) <= _SHOWN else f"{message[:_SHOWN]}…"
    return f"a log record of {entry.pipeline_name!a} was left out: {shown} cannot be written: {causes.words(reason)}"


def _complain(trouble: str) -> None:
    """Write to stderr, as logging itself does. There may be no stderr, or it may be closed."""
    if logging.raiseExceptions and sys.stderr is not None:
        with suppress(Exception):
            print(f"etl-monitor: {trouble}", file=sys.stderr)  # noqa: T201
