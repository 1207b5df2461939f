"""${message}

This revision freezes what it does: it imports no model and no view, which go on changing after its release. A view
that it changes is frozen beside it, for each database: python scripts/freeze_views.py ${up_revision}, and the same
with --dialect databricks. Each statement can be executed again: where nothing rolls back, a run may stop after any.

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    ${downgrades if downgrades else "pass"}
