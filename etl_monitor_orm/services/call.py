"""What every service gets beside its session: one reading of the clock, who asks, and what the database can do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CursorResult, Executable, Result, Select
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import Function

from etl_monitor_orm.backends import Backend, Capabilities
from etl_monitor_orm.services.seen import SeenSteps

Actor = str | Function[str]
"""A name, or the expression by which the database tells its own user's."""


@dataclass(frozen=True)
class Call:
    """The circumstances of one call.

    Attributes:
        now: The one reading of the clock that every timestamp of this call comes from (aware UTC).
        actor: Value for the audit columns.
        backend: The kind of database.
        seen: What this process has seen of steps.
    """

    now: datetime
    actor: Actor
    backend: Backend
    seen: SeenSteps

    @property
    def capabilities(self) -> Capabilities:
        """What the database can do."""
        return self.backend.capabilities

    @property
    def today(self) -> date:
        """The call's UTC date."""
        return self.now.date()


def affected(result: Result[tuple[object, ...]]) -> int:
    """How many rows a statement wrote."""
    assert isinstance(result, CursorResult)
    return result.rowcount


def changed(session: Session, call: Call, statement: Executable, own: Select[*tuple[object, ...]]) -> int:
    """Execute a statement that guards itself; return how many rows it changed.

    Args:
        session: The unit of work.
        call: The call's circumstances.
        statement: Changes nothing when it is executed a second time.
        own: Finds the rows that this very call wrote. It is asked only after a lost reply, when the statement was sent
            again and found its work done: by its own first sending, or by someone else.
    """
    result = session.execute(statement)
    rows = affected(result)
    if rows == 0 and call.backend.was_sent_again(result):
        return len(session.execute(own).all())
    return rows
