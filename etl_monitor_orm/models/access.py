"""Access over HTTP: the tokens of programs, and the requests that were answered. Two tables."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from etl_monitor_orm.models.base import Audited, Base, UTCDateTime, Word
from etl_monitor_orm.vocabulary import TokenScope


class StoredToken(Audited, Base):
    """A token, without what would let anybody use it (`ETLtokens`)."""

    __tablename__ = "ETLtokens"
    __table_args__ = {"comment": "Tokens of programs that report over HTTP, hashed"}  # noqa: RUF012

    token_id: Mapped[str] = mapped_column(
        "TokenID", String, primary_key=True, comment="Public part of the token, by which it is found"
    )
    token_name: Mapped[str] = mapped_column("TokenName", String, comment="Name for people; only one valid token has it")
    secret_hash: Mapped[str] = mapped_column(
        "SecretHash", String, comment="SHA-256 of the whole token, as hexadecimal digits"
    )
    scope: Mapped[TokenScope] = mapped_column(
        "Scope", Word(TokenScope), comment="What it allows: read, or report, which includes read"
    )
    project_code: Mapped[str | None] = mapped_column(
        "ProjectCode", String, comment="The only project that it is for; NULL means all"
    )
    expires_on: Mapped[datetime | None] = mapped_column(
        "ExpiresOn", UTCDateTime, comment="When it ends by itself (UTC); NULL means never"
    )
    revoked_on: Mapped[datetime | None] = mapped_column(
        "RevokedOn", UTCDateTime, comment="When somebody ended it (UTC)"
    )
    last_used_on: Mapped[datetime | None] = mapped_column(
        "LastUsedOn", UTCDateTime, comment="When it was used (UTC), noted at most once a day"
    )


class StoredRequest(Base):
    """A request with an idempotency key: who is at work on it, or its answer (`ETLrequests`)."""

    __tablename__ = "ETLrequests"
    __table_args__ = {"comment": "Answers to requests with an idempotency key, kept for a day"}  # noqa: RUF012

    token_id: Mapped[str] = mapped_column(
        "TokenID", String, primary_key=True, comment="Token that the request came with"
    )
    request_key: Mapped[str] = mapped_column(
        "RequestKey", String, primary_key=True, comment="Idempotency key that the caller gave"
    )
    request_digest: Mapped[str] = mapped_column("RequestDigest", String, comment="SHA-256 of what was asked")
    created_on: Mapped[datetime] = mapped_column("CreatedOn", UTCDateTime, comment="When it was first asked (UTC)")
    claim: Mapped[str | None] = mapped_column("Claim", String, comment="Who is at work on it; NULL when nobody is")
    claimed_on: Mapped[datetime | None] = mapped_column("ClaimedOn", UTCDateTime, comment="Since when (UTC)")
    status: Mapped[int | None] = mapped_column(
        "Status", Integer, comment="Status of the answer; NULL until there is one"
    )
    answer: Mapped[str | None] = mapped_column("Answer", String, comment="Body of the answer")
