"""Requests with an idempotency key: claimed by one, answered once, forgotten after a while.

Each change is one statement that contains its own condition, so two workers cannot both have a request, and one whose
process was killed can be claimed by another (`ETLrequests`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, Update, and_, delete, func, literal, or_, select, update
from sqlalchemy.orm import Session

from etl_monitor_orm.errors import ConflictError, KeyReused, RequestInProgress
from etl_monitor_orm.models import StoredRequest
from etl_monitor_orm.printable import named
from etl_monitor_orm.services.context import Context, affected, changed
from etl_monitor_orm.sql.merge import Merge, one_row

_REQUESTS: Final = cast(Table, StoredRequest.__table__)

LEASE: Final = timedelta(seconds=60)
"""How long a request belongs to who claimed it: then its process is taken to be dead."""

_SOON: Final = 5
"""Seconds after which a caller may ask again, at most: most requests take less than one."""


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        token_id: Whose it is; keys of two tokens are two keys.
        key: The caller's idempotency key.
        digest: What was asked, hashed.
        claim: Tells this try from others.
    """

    token_id: str
    key: str
    digest: str
    claim: str

    @property
    def same(self) -> ColumnElement[bool]:
        """Select the request's row."""
        return and_(_REQUESTS.c.TokenID == self.token_id, _REQUESTS.c.RequestKey == self.key)

    @property
    def mine(self) -> ColumnElement[bool]:
        """Select the request's row while this try has it."""
        return and_(self.same, _REQUESTS.c.Claim == self.claim)


@dataclass(frozen=True)
class Claimed:
    """A request to work on now.

    Attributes:
        at: When this try claimed it (UTC).
        earlier: When earlier tries began that gave no answer; nobody knows how far they got.
    """

    at: datetime
    earlier: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Stored:
    """An answer that was given before.

    Attributes:
        status: Its status.
        body: Its body.
    """

    status: int
    body: str


def claim(session: Session, context: Context, asked: Asked) -> Claimed | Stored:
    """Claim a request for this try, or return its answer.

    Raises:
        KeyReused: The key came with another request before.
        RequestInProgress: Another try is at work on it.
        ConflictError: The request was forgotten meanwhile.
    """
    if changed(session, context, _insertion(context, asked), _own(asked)):
        return Claimed(context.now)
    there = session.execute(select(_REQUESTS).where(asked.same)).first()
    if there is None:
        raise ConflictError("The request was forgotten at this moment. Make the call again.")
    if there.RequestDigest != asked.digest:
        raise KeyReused(
            f"The idempotency key {named(asked.key)} was given with another request. Give each request its own key."
        )
    if there.Status is not None:
        return Stored(there.Status, there.Answer or "")
    if there.Claim is not None and context.now - there.ClaimedOn < LEASE:
        raise _in_progress(asked, LEASE - (context.now - there.ClaimedOn))
    if not changed(session, context, _takeover(context, asked, there.Claim), _own(asked)):
        raise _in_progress(asked, LEASE)
    return Claimed(context.now, tuple(sorted({there.CreatedOn, there.ClaimedOn} - {None})))


def answer(session: Session, context: Context, asked: Asked, stored: Stored) -> None:
    """Store the answer, if this try still has the request."""
    values = {"Status": stored.status, "Answer": stored.body, "Claim": None}
    session.execute(_change(asked.mine, values))


def release(session: Session, context: Context, asked: Asked) -> None:
    """Let go of a request without an answer; the next try may claim it at once."""
    session.execute(_change(asked.mine, {"Claim": None}))


def forget(session: Session, context: Context, kept: timedelta, most: int) -> int:
    """Delete the oldest requests; those that somebody is at work on stay.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        kept: How long requests are kept.
        most: About how many to delete.

    Returns:
        How many were deleted.
    """
    created = _REQUESTS.c.CreatedOn
    old = and_(
        created < context.now - kept,
        or_(_REQUESTS.c.Claim.is_(None), _REQUESTS.c.ClaimedOn < context.now - kept),
    )
    oldest = select(created).where(old).order_by(created).limit(most).subquery("oldest")
    until = session.scalar(select(func.max(oldest.c.CreatedOn)))
    if until is None:
        return 0
    return affected(session.execute(delete(_REQUESTS).where(old, created <= literal(until, created.type))))


def _insertion(context: Context, asked: Asked) -> Merge:
    values: dict[str, object] = {
        "TokenID": asked.token_id,
        "RequestKey": asked.key,
        "RequestDigest": asked.digest,
        "CreatedOn": context.now,
        "Claim": asked.claim,
        "ClaimedOn": context.now,
    }
    source = one_row(_REQUESTS, values)
    same = and_(_REQUESTS.c.TokenID == source.c.TokenID, _REQUESTS.c.RequestKey == source.c.RequestKey)
    return Merge(_REQUESTS, source, same).insert({_REQUESTS.c[name]: source.c[name] for name in values})


def _takeover(context: Context, asked: Asked, holder: str | None) -> Update:
    unchanged = and_(asked.same, _REQUESTS.c.Status.is_(None), _REQUESTS.c.Claim.is_not_distinct_from(holder))
    return _change(unchanged, {"Claim": asked.claim, "ClaimedOn": context.now})


def _own(asked: Asked) -> Any:
    return select(_REQUESTS.c.Claim).where(asked.mine)


def _change(where: ColumnElement[bool], values: dict[str, object]) -> Update:
    return update(_REQUESTS).where(where).values(values)


def _in_progress(asked: Asked, left: timedelta) -> RequestInProgress:
    error = RequestInProgress(
        f"The request with the idempotency key {named(asked.key)} is being answered. Send it again in a few seconds."
    )
    error.retry_after = max(1, min(_SOON, ceil(left.total_seconds())))
    return error
