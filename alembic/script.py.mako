"""${message}

This revision freezes what it does: it imports no model and no view, which go on changing after its release. Columns
and views are the business of `steps`, see `steps.py`. A view that it changes is frozen beside it, for each database:
python scripts/freeze_views.py ${up_revision} NAME, and the same with --dialect for each of the others. Each statement
can be executed again: where nothing rolls back, a run may stop after any.

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}

# The oldest release of the package that can read and write the tables as this revision leaves them.
readable_from = "0.1.0"


def upgrade(steps: Any) -> None:
    # Columns first, then the views that name them:
    # steps.add_columns("ETLconfigTasks", sa.Column("NewColumn", sa.String, comment="What it is"))
    # steps.replace_views(revision, "v_taskDetail")
    ${upgrades if upgrades else "pass"}


def downgrade(steps: Any) -> None:
    # Views first, then the columns that they named:
    # steps.restore_views(revision, "v_taskDetail")
    # steps.drop_columns("ETLconfigTasks", "NewColumn")
    ${downgrades if downgrades else "pass"}
