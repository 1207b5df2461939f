"""The journal as calls and what became of each: waiting, sent, refused or dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from etl_monitor_orm.errors import JournalError
from etl_monitor_orm.journal.codec import decoded, encoded
from etl_monitor_orm.journal.file import JournalFile
from etl_monitor_orm.journal.kinds import BY_NAME, END, HEARTBEAT, Made
from etl_monitor_orm.journal.lines import Content, Line


class State(StrEnum):
    """What became of a line."""

    WAITING = "waiting"
    """It is sent when the database is back."""
    SENDING = "sending"
    """It was about to be sent; nobody knows whether it was."""
    SENT = "sent"
    """It is in the tables."""
    REFUSED = "refused"
    """The monitor refused it; it is kept until somebody drops it."""
    DROPPED = "dropped"
    """Somebody gave it up."""
    DAMAGED = "damaged"
    """It cannot be read: it was cut, or changed."""


UNSENT: Final = (State.WAITING, State.SENDING)


@dataclass
class Kept:
    """One call of the journal.

    Attributes:
        number: Its line, counted from 1 as people count.
        place: Where its line begins.
        state: What became of it.
        reason: Why it was refused.
        made: The call; None if it is damaged, or written by another version.
        actor: Who made it; None means the database's user.
        tried: Whether the call was tried before it was written here, so that it may be in the tables.
    """

    number: int
    place: int
    state: State
    reason: str | None = None
    made: Made | None = None
    actor: str | None = None
    tried: bool = False


@dataclass(frozen=True)
class Book:
    """All calls of the journal, in their order.

    Attributes:
        content: The file as it was read.
        kept: The calls.
    """

    content: Content
    kept: tuple[Kept, ...]

    def of(self, *states: State) -> list[Kept]:
        """Return the calls in some states."""
        return [one for one in self.kept if one.state in states]


def keep(file: JournalFile, made: Made, actor: str | None, *, tried: bool) -> None:
    """Write a call into the journal; it is on the disk then.

    Raises:
        JournalError: It cannot be written.
    """
    file.append(
        {
            "call": made.kind.name,
            "at": made.now.isoformat(),
            "actor": actor,
            "tried": tried,
            "arguments": {name: encoded(value) for name, value in made.arguments.items()},
        }
    )


def mark(file: JournalFile, kept: Kept, state: State, reason: str | None = None) -> None:
    """Write what became of a call.

    What is lost of it by a crash leads to the call being sent again, which changes nothing.

    Raises:
        JournalError: It cannot be written.
    """
    file.append({"of": kept.place, "state": state.value, "reason": reason}, durable=state is not State.SENT)
    kept.state, kept.reason = state, reason


def read(file: JournalFile) -> Book:
    """Read the journal.

    Raises:
        JournalError: It cannot be used.
    """
    content = file.read()
    found: dict[int, Kept] = {}
    for line in content.lines:
        record = line.record
        if record is not None and "of" in record:
            about = found.get(record["of"])
            if about is not None:
                about.state, about.reason = State(record["state"]), record["reason"]
            continue
        found[line.place] = _kept(len(found) + 1, line)
    return Book(content, tuple(found.values()))


def _kept(number: int, line: Line) -> Kept:
    record = line.record
    if record is None:
        return Kept(number, line.place, State.DAMAGED, "The line was cut or changed; it cannot be read.")
    kept = Kept(number, line.place, State.WAITING)
    try:
        kept.actor, kept.tried = record.get("actor"), bool(record.get("tried"))
        kind = BY_NAME.get(str(record["call"]))
        if kind is None:
            raise JournalError("Another version wrote this line. Send the journal with that version.")
        arguments = {name: decoded(value) for name, value in record["arguments"].items()}
        kept.made = Made(kind, arguments, datetime.fromisoformat(record["at"]))
    except (JournalError, KeyError, ValueError, TypeError) as error:
        kept.state, kept.reason = State.REFUSED, str(error)  # not noted in the file: another version can send it
    return kept


def outlived(book: Book) -> set[int]:
    """Return the places of the unsent heartbeats that a later call about the same step makes needless."""
    found: set[int] = set()
    said_later: set[object] = set()
    for one in reversed(book.of(*UNSENT)):
        if one.made is None or one.made.kind.name not in (HEARTBEAT, END):
            continue
        if one.made.kind.name == HEARTBEAT and one.made.step_id in said_later:
            found.add(one.place)
        said_later.add(one.made.step_id)
    return found
