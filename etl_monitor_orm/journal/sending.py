"""Sends the journal: each call by its own service, in order, with the time at which it was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy.orm import Session

from etl_monitor_orm.errors import REFUSALS, InvalidInput, InvalidTransition
from etl_monitor_orm.journal import book
from etl_monitor_orm.journal.book import UNSENT, Book, Kept, State
from etl_monitor_orm.journal.file import JournalFile
from etl_monitor_orm.journal.kinds import ADVANCE, END, HEARTBEAT, LOG, Broken, Made
from etl_monitor_orm.journal.recognising import is_recorded, missing, timed
from etl_monitor_orm.services import ending, logs, watermarks
from etl_monitor_orm.services.context import Context, must_run_alone
from etl_monitor_orm.services.late import set_since
from etl_monitor_orm.services.logs import LogEntry
from etl_monitor_orm.session import UnitOfWork

PATIENCE: Final = 30.0
"""Seconds that a call waits while another process sends."""


class Sender(Protocol):
    """What makes a call that was made earlier."""

    units: UnitOfWork

    def context_of(self, now: datetime, actor: str | None) -> Context:
        """Return the circumstances of a call that was made at a time, by somebody."""
        ...


@dataclass(frozen=True)
class Sent:
    """What a sending did.

    Attributes:
        sent: How many calls were recorded, or were already.
        refused: How many were refused.
    """

    sent: int = 0
    refused: int = 0


def send(file: JournalFile, sender: Sender, *, patience: float = PATIENCE) -> Sent:
    """Send what waits. Stops at an error that is not about one call; what is left waits on.

    Raises:
        JournalError: The journal cannot be used.
        ConflictError: Another process kept sending.
        EtlMonitorError: The database cannot be used.
    """
    if file.state() is None:
        return Sent()
    with file.turn_to_send(patience):
        found = book.read(file)
        if not found.of(*UNSENT):
            _clear_after(file, found)
            return Sent()
        outcome = _Sending(file, sender, found).all()
        clear(file)
        return outcome


def clear(file: JournalFile) -> None:
    """Take the lines away once nothing of them is needed.

    Raises:
        JournalError: The journal cannot be used.
    """
    _clear_after(file, book.read(file))


def _clear_after(file: JournalFile, found: Book) -> None:
    if found.kept and not found.of(*UNSENT, State.REFUSED, State.DAMAGED):
        file.clear(found.content)


class _Sending:
    def __init__(self, file: JournalFile, sender: Sender, found: Book) -> None:
        self._file = file
        self._sender = sender
        self._book = found
        self._broken = Broken()
        self._receipts: Counter[LogEntry] = Counter()

    def all(self) -> Sent:
        """Send the calls in their order."""
        sent = refused = 0
        needless = book.outlived(self._book)
        for kept in self._book.kept:
            if kept.made is None:
                continue
            if kept.state in UNSENT:
                state = self._send(kept, kept.made, needless=kept.place in needless)
                sent += state is State.SENT
                refused += state is State.REFUSED
            self._note(kept, kept.made)
        return Sent(sent, refused)

    def _note(self, kept: Kept, made: Made) -> None:
        """Remember what the later calls follow from."""
        self._broken.note(made, recorded=kept.state is State.SENT)
        if made.kind.name == LOG and kept.state is State.SENT:
            self._receipts.update(timed(entry, made.now) for entry in made.arguments["entries"])

    def _send(self, kept: Kept, made: Made, *, needless: bool) -> State:
        """Send a call, and note what became of it."""
        state, reason = State.SENT, None
        if self._broken.includes(made):
            state, reason = State.REFUSED, "It follows from a call that was not recorded: see the lines before it."
        elif not needless:
            try:
                self._record(kept, made)
            except REFUSALS as error:
                # A step that is over needs no sign of life.
                if made.kind.name != HEARTBEAT or not isinstance(error, InvalidTransition):
                    state, reason = State.REFUSED, str(error)
        book.mark(self._file, kept, state, reason)
        return state

    def _record(self, kept: Kept, made: Made) -> None:
        doubtful = kept.tried or kept.state is State.SENDING
        if made.kind.name == LOG and not doubtful:
            book.mark(self._file, kept, State.SENDING)  # receipts have no key by which to find them again
        context = self._sender.context_of(made.now, kept.actor)
        work = self._work(made, context, doubtful=doubtful)
        self._sender.units.run(work, alone=must_run_alone(made.kind.service))

    def _work(self, made: Made, context: Context, *, doubtful: bool) -> Callable[[Session], None]:
        """What records a call, unless it is recorded."""
        arguments = made.arguments

        def do(session: Session) -> None:
            if made.kind.name == LOG:
                entries = arguments["entries"]
                if doubtful:
                    entries = missing(session, context, entries, self._receipts)
                if entries:
                    logs.append(session, context, entries)
                return
            if made.kind.name == ADVANCE:
                _refuse_if_set_since(session, context, made)
            if not is_recorded(session, context, made):
                made.kind.service(session, context, **arguments)
            elif made.kind.name == END and not context.capabilities.transactions:
                ending.complete(session, context, **arguments)

        return do


def _refuse_if_set_since(session: Session, context: Context, made: Made) -> None:
    """Refuse to move a watermark by hand that somebody has set since.

    Raises:
        InvalidInput: Somebody has.
    """
    process, name, move = (made.arguments[one] for one in ("process", "name", "to"))
    parameter = watermarks.find(session, context, process, name)
    if set_since(parameter, context.now):
        raise InvalidInput(
            f"{watermarks.titled(parameter)} was set after this call, so it stays at "
            f"{watermarks.shown(parameter.value)}; the call meant {watermarks.shown(move.value)}.",
            process=process,
            parameter=name,
        )
