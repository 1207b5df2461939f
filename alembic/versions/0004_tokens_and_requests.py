"""Who may use the HTTP door, and which requests it has answered.

`ETLtokens` has a hash of each token, never the token. `ETLrequests` has the answers to requests that came with an
idempotency key, so that a repeated request is answered and not executed again. Nothing else changes: an older release
works on these tables, and does not look at the two.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
readable_from = "0.1.0"
branch_labels = None
depends_on = None

INSTANT = sa.TIMESTAMP(timezone=True)


def upgrade(steps: Any) -> None:
    steps.create_table(
        "ETLtokens",
        sa.Column("TokenID", sa.String, nullable=False, comment="Public part of the token, by which it is found"),
        sa.Column("TokenName", sa.String, nullable=False, comment="Name for people; only one valid token has it"),
        sa.Column("SecretHash", sa.String, nullable=False, comment="SHA-256 of the whole token, as hexadecimal digits"),
        sa.Column("Scope", sa.String, nullable=False, comment="What it allows: read, or report, which includes read"),
        sa.Column("ProjectCode", sa.String, comment="The only project that it is for; NULL means all"),
        sa.Column("ExpiresOn", INSTANT, comment="When it ends by itself (UTC); NULL means never"),
        sa.Column("RevokedOn", INSTANT, comment="When somebody ended it (UTC)"),
        sa.Column("LastUsedOn", INSTANT, comment="When it was used (UTC), noted at most once a day"),
        *audit_columns(),
        sa.PrimaryKeyConstraint("TokenID", name="pk_ETLtokens"),
        comment="Tokens of programs that report over HTTP, hashed",
    )
    steps.create_table(
        "ETLrequests",
        sa.Column("TokenID", sa.String, nullable=False, comment="Token that the request came with"),
        sa.Column("RequestKey", sa.String, nullable=False, comment="Idempotency key that the caller gave"),
        sa.Column("RequestDigest", sa.String, nullable=False, comment="SHA-256 of what was asked"),
        sa.Column("CreatedOn", INSTANT, nullable=False, comment="When it was first asked (UTC)"),
        sa.Column("Claim", sa.String, comment="Who is at work on it; NULL when nobody is"),
        sa.Column("ClaimedOn", INSTANT, comment="Since when (UTC)"),
        sa.Column("Status", sa.Integer, comment="Status of the answer; NULL until there is one"),
        sa.Column("Answer", sa.String, comment="Body of the answer"),
        sa.PrimaryKeyConstraint("TokenID", "RequestKey", name="pk_ETLrequests"),
        comment="Answers to requests with an idempotency key, kept for a day",
    )


def downgrade(steps: Any) -> None:
    for table in ("ETLrequests", "ETLtokens"):
        op.drop_table(table, schema=steps.schema, if_exists=True)


def audit_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("CreatedOn", INSTANT, comment="When the row was registered (UTC)"),
        sa.Column("CreatedBy", sa.String, comment="Who registered the row"),
        sa.Column("LastUpdatedOn", INSTANT, comment="When the row last changed (UTC)"),
        sa.Column("LastUpdatedBy", sa.String, comment="Who last changed the row"),
    )
