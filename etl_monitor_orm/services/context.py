"""What every service gets with its session: one reading of the clock, the actor, and the database's capabilities."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import CursorResult, Executable, Result, Select
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import Function

from etl_monitor_orm.backends import Backend, Capabilities
from etl_monitor_orm.services.seen import SeenSteps

Actor = str | Function[str]
"""A name, or the expression for the database's user."""

Mark = tuple[Hashable, Hashable]
"""What a write is about, and what it writes."""

Service = TypeVar("Service", bound=Callable[..., object])

_ALONE = "must_run_alone"

_DAYS_BACK: Final = timedelta(days=35)
"""How far back a date is recent."""


def alone(service: Service) -> Service:
    """Mark a service that must see what others of its kind wrote: it numbers attempts, or ends steps.

    If two of them could miss each other on a database, its backend runs one at a time (`Backend.alone`).
    """
    setattr(service, _ALONE, True)
    return service


def recent(today: date) -> date:
    """Return the earliest recent date: sweeps of stale steps look no further back, unless they are told to."""
    return today - min(_DAYS_BACK, today - date.min)


def must_run_alone(service: Callable[..., object]) -> bool:
    """Return whether a service is marked as `alone`."""
    return getattr(service, _ALONE, False)


@dataclass(frozen=True)
class Context:
    """The circumstances of one call.

    Attributes:
        now: The one reading of the clock for every timestamp of this call (aware UTC).
        actor: Value for the audit columns.
        backend: The kind of database.
        capabilities: What it can do.
        seen: What this process has read of steps, and written.
        late: Whether the call was made at `now` and is recorded later, from a journal.
        call: Tells this call from others.
    """

    now: datetime
    actor: Actor
    backend: Backend
    capabilities: Capabilities
    seen: SeenSteps
    late: bool = False
    call: object = field(default_factory=object)

    @property
    def today(self) -> date:
        """The call's UTC date."""
        return self.now.date()


def reported(result: Result[tuple[object, ...]]) -> int | None:
    """How many rows a statement wrote; None where the server does not report it (a count of -1)."""
    assert isinstance(result, CursorResult)
    rows: int | None = result.rowcount
    return None if rows is None or rows < 0 else rows


def affected(result: Result[tuple[object, ...]]) -> int:
    """How many rows a statement is known to have written: 0 where the server does not tell, so that callers look."""
    return reported(result) or 0


def changed(
    session: Session,
    context: Context,
    statement: Executable,
    own: Select[*tuple[object, ...]],
    mark: Mark | None = None,
) -> int:
    """Execute a statement that guards itself; return how many rows it changed.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        statement: Changes nothing when it is executed a second time.
        own: Finds the rows that this call wrote. It runs only if the server does not report how many rows changed, or
            after a lost reply, if the resent statement found its work already done, by its first sending or by
            another worker.
        mark: What the write is about, and what it writes beside the time. If the latest call about it made the same
            write at the same time, `own` finds that call's rows, so they prove nothing.
    """
    result = session.execute(statement)
    rows = reported(result)
    about, written = mark or (None, None)
    if rows is None and mark and context.seen.was_written_by_another(about, (written, context.now), context.call):
        return 0
    if rows is None or (rows == 0 and context.backend.was_sent_again(result)):
        rows = len(session.execute(own).all())
    if rows and mark:
        context.seen.note_write(about, (written, context.now), context.call)
    return rows
