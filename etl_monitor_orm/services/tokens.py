"""Tokens: made, listed, revoked, found, and noted as used. The text of a token is never stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import Table, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from etl_monitor_orm import token_texts
from etl_monitor_orm.errors import InvalidInput, TokenNotFound
from etl_monitor_orm.models import StoredToken
from etl_monitor_orm.printable import named
from etl_monitor_orm.services.context import Context, affected, alone, changed
from etl_monitor_orm.sql.merge import Merge, one_row
from etl_monitor_orm.vocabulary import TokenScope

_TOKENS: Final = cast(Table, StoredToken.__table__)

_SELDOM: Final = timedelta(days=1)
"""How long a use is not noted again: a write with every request would cost more than it tells."""


@dataclass(frozen=True)
class Token:
    """A token of `ETLtokens`, without its secret.

    Attributes:
        token_id: Its public part.
        name: Its name for people.
        scope: What it allows: `read`, or `report`, which includes reading.
        project_code: The only project that it is for; None means all.
        created_on: When it was made (UTC).
        created_by: Who made it.
        expires_on: When it ends by itself (UTC); None means never.
        revoked_on: When somebody ended it (UTC).
        last_used_on: When it was used (UTC), noted at most once a day.
    """

    token_id: str
    name: str
    scope: TokenScope
    project_code: str | None
    created_on: datetime | None
    created_by: str | None
    expires_on: datetime | None
    revoked_on: datetime | None
    last_used_on: datetime | None

    def is_valid(self, at: datetime) -> bool:
        """Return whether the token can be used at a time (aware UTC): nobody revoked it, and it has not expired."""
        return self.revoked_on is None and (self.expires_on is None or at < self.expires_on)


@dataclass(frozen=True)
class NewToken:
    """A token that was just made. It is the only one who knows the text: show it once, and store it nowhere.

    Attributes:
        token_id: Its public part.
        name: Its name for people.
        text: The token itself, as callers send it. It is in no printed form of this object.
        expires_on: When it ends by itself (UTC); None means never.
    """

    token_id: str
    name: str
    text: str = field(repr=False)
    expires_on: datetime | None


@dataclass(frozen=True)
class Wanted:
    """A token that is to be made.

    Attributes:
        text: The token.
        name: Its name.
        scope: What it allows.
        project_code: The only project that it is for; None means all.
        lasts: For how long it can be used; None means for ever.
    """

    text: str = field(repr=False)
    name: str
    scope: TokenScope
    project_code: str | None
    lasts: timedelta | None


@alone
def make(session: Session, context: Context, wanted: Wanted) -> NewToken:
    """Store a new token's hash in `ETLtokens`, unless a token of its name is in use.

    Raises:
        InvalidInput: A token that is not revoked has the name, or the token would last longer than the calendar.
    """
    token_id = token_texts.id_in(wanted.text)
    assert token_id is not None
    expires = _end_of(context, wanted.lasts)
    values: dict[str, object] = {
        "TokenID": token_id,
        "TokenName": wanted.name,
        "SecretHash": token_texts.hashed(wanted.text),
        "Scope": wanted.scope,
        "ProjectCode": wanted.project_code,
        "ExpiresOn": expires,
    }
    source = one_row(_TOKENS, values)
    same = and_(_TOKENS.c.TokenName == source.c.TokenName, _TOKENS.c.RevokedOn.is_(None))
    stamp = {
        _TOKENS.c.CreatedOn: context.now,
        _TOKENS.c.CreatedBy: context.actor,
        _TOKENS.c.LastUpdatedOn: context.now,
        _TOKENS.c.LastUpdatedBy: context.actor,
    }
    merge = Merge(_TOKENS, source, same).insert({**{_TOKENS.c[name]: source.c[name] for name in values}, **stamp})
    own = select(_TOKENS.c.TokenID).where(_TOKENS.c.TokenID == token_id)
    if not changed(session, context, merge, own):
        raise InvalidInput(
            f"A token with the name {named(wanted.name)} exists. Choose another name, or revoke it first: "
            "`etl-monitor token revoke NAME`, monitor.revoke_token(name)."
        )
    return NewToken(token_id, wanted.name, wanted.text, expires)


def revoke(session: Session, context: Context, name: str) -> None:
    """End the token with a name (`ETLtokens`); one that was revoked before stays as it is.

    Raises:
        TokenNotFound: No token has the name.
    """
    statement = (
        update(StoredToken)
        .where(StoredToken.token_name == name, StoredToken.revoked_on.is_(None))
        .values(revoked_on=context.now, last_updated_on=context.now, last_updated_by=context.actor)
        .execution_options(synchronize_session=False)
    )
    if affected(session.execute(statement)):
        return
    if not session.scalar(select(exists().where(StoredToken.token_name == name))):
        raise TokenNotFound(f"No token has the name {named(name)}. See `etl-monitor token list`, monitor.tokens().")


def listed(session: Session, context: Context) -> list[Token]:
    """Return all tokens of `ETLtokens`, revoked ones too, by name and time."""
    query = select(StoredToken).order_by(StoredToken.token_name, StoredToken.created_on, StoredToken.token_id)
    return [_seen(stored) for stored in session.scalars(query)]


def found(session: Session, context: Context, token_id: str) -> tuple[Token, str] | None:
    """Return a token of `ETLtokens` and the hash of its text, by its public id; None if there is none."""
    stored = session.scalars(select(StoredToken).where(StoredToken.token_id == token_id).limit(1)).first()
    return None if stored is None else (_seen(stored), stored.secret_hash)


def is_use_due(token: Token, now: datetime) -> bool:
    """Return whether a use of the token is to be noted."""
    return token.last_used_on is None or now - token.last_used_on >= _SELDOM


def note_use(session: Session, context: Context, token_id: str) -> None:
    """Note that a token was used now (`ETLtokens.LastUsedOn`), unless it was noted within a day."""
    latest = context.now - _SELDOM
    statement = (
        update(StoredToken)
        .where(StoredToken.token_id == token_id)
        .where(or_(StoredToken.last_used_on.is_(None), StoredToken.last_used_on <= latest))
        .values(last_used_on=context.now)
        .execution_options(synchronize_session=False)
    )
    session.execute(statement)


def _seen(stored: StoredToken) -> Token:
    return Token(
        stored.token_id,
        stored.token_name,
        stored.scope,
        stored.project_code,
        stored.created_on,
        stored.created_by,
        stored.expires_on,
        stored.revoked_on,
        stored.last_used_on,
    )


def _end_of(context: Context, lasts: timedelta | None) -> datetime | None:
    if lasts is None:
        return None
    try:
        return context.now + lasts
    except OverflowError:
        raise InvalidInput(f"expires_in is {lasts.days} days, which is longer than the calendar.") from None
