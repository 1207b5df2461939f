"""What every service gets beside its session: one reading of the clock, who asks, and what the database can do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CursorResult, Result
from sqlalchemy.sql.functions import Function

from etl_monitor_orm.backends import Capabilities

Actor = str | Function[str]
"""A name, or the expression by which the database tells its own user's."""


@dataclass(frozen=True)
class Call:
    """The circumstances of one call.

    Attributes:
        now: The one reading of the clock that every timestamp of this call comes from (aware UTC).
        actor: Value for the audit columns.
        capabilities: What the database can do.
    """

    now: datetime
    actor: Actor
    capabilities: Capabilities

    @property
    def today(self) -> date:
        """The call's UTC date."""
        return self.now.date()


def affected(result: Result[tuple[object, ...]]) -> int:
    """How many rows a statement wrote."""
    assert isinstance(result, CursorResult)
    return result.rowcount
