"""`Journal`: what a caller sees of the journal of a monitor."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import NotFoundError
from etl_monitor_orm.handing_over import NotCopied
from etl_monitor_orm.journal import book, sending
from etl_monitor_orm.journal.book import UNSENT, Kept, State
from etl_monitor_orm.journal.file import JournalFile
from etl_monitor_orm.journal.sending import Sender


@dataclass(frozen=True)
class JournalLine:
    """One call in the journal that is not in the monitor's tables.

    Attributes:
        line: Its number in the journal, counted from 1.
        state: `waiting`, `refused` or `damaged`.
        call: Which call; None if it cannot be read.
        about: The step, run or process that it is about.
        made_at: When it was made (UTC).
        reason: Why it was refused, or cannot be read.
    """

    line: int
    state: str
    call: str | None
    about: str | None
    made_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class JournalStatus:
    """What waits in the journal.

    Attributes:
        path: Where the journal lies.
        database: The database and the schema that it is for, without secrets.
        waiting: How many calls are sent when the monitor is back.
        refused: How many calls the monitor refused, or cannot be read.
        lines: These calls, in their order.
    """

    path: Path
    database: str
    waiting: int
    refused: int
    lines: tuple[JournalLine, ...]


class Journal(NotCopied):
    """The calls that wait for the monitor; `monitor.journal` returns it."""

    _instead = "Hand over the database's URL, and use ETLMonitor(url).journal there."

    def __init__(self, file: JournalFile, sender: Sender) -> None:
        self._file = file
        self._sender = sender

    @property
    def path(self) -> Path:
        """Where the journal lies."""
        return self._file.path

    def status(self) -> JournalStatus:
        """Return what waits, and what was refused; does not ask the database.

        Raises:
            JournalError: The journal cannot be used, or a newer version wrote it.
        """
        kept = self._left()
        waiting = sum(one.state in UNSENT for one in kept)
        return JournalStatus(
            self.path, self._file.database, waiting, len(kept) - waiting, tuple(_line(one) for one in kept)
        )

    def send(self, *, moved: bool = False) -> JournalStatus:
        """Send what waits, as the next call would, and return what is left.

        Args:
            moved: Whether the journal was moved to where it lies, and no copy of it was or will be sent elsewhere.

        Raises:
            JournalError: The journal cannot be used, or another process kept sending.
            EtlMonitorError: The database cannot be used; what was not sent waits on.
        """
        if inputs.boolean("moved", moved):
            self._file.adopt()
        sending.send(self._file, self._sender)
        return self.status()

    def drop(self, *lines: int) -> int:
        """Give up calls: those lines, or else all that were refused or are damaged. They are not recorded anywhere.

        Args:
            lines: Their numbers in `status()`; waiting ones are given up only if they are named.

        Returns:
            How many were given up.

        Raises:
            NotFoundError: The journal has no such line.
            JournalError: The journal cannot be used.
        """
        wanted = {inputs.integer("lines", line, least=1) for line in lines}
        with nullcontext() if self._file.state() is None else self._file.turn_to_send(sending.PATIENCE):
            there = self._left()
            if unknown := wanted - {one.number for one in there}:
                raise NotFoundError(f"The journal {self.path} has no line {min(unknown)}. See its status().")
            chosen = [one for one in there if (one.number in wanted if wanted else one.state not in UNSENT)]
            for one in chosen:
                book.mark(self._file, one, State.DROPPED, one.reason)
            sending.clear(self._file)
        return len(chosen)

    def _left(self) -> list[Kept]:
        """The calls that are neither recorded nor given up."""
        return [one for one in book.read(self._file).kept if one.state not in (State.SENT, State.DROPPED)]


def _line(kept: Kept) -> JournalLine:
    state = State.WAITING if kept.state in UNSENT else kept.state
    made = kept.made
    if made is None:
        return JournalLine(kept.number, str(state), None, None, None, kept.reason)
    return JournalLine(kept.number, str(state), made.kind.name, made.about or None, made.now, kept.reason)
