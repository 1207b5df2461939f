"""Who set a watermark, a step's own limit of time, and PostgreSQL's indexes.

`ETLconfigParameters` stores when a value was last set explicitly and what the last automatic advance wrote, so that no
call has to read history to find out who set a watermark. `ETLProcessingSteps` stores the limit that its task had
when the step was queued, so that a later registration does not change history. All six views are replaced.
On PostgreSQL, a run is found by its id, and failures by their state, without reading history.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
readable_from = "0.1.0"
branch_labels = None
depends_on = None

INSTANT = sa.TIMESTAMP(timezone=True)

VIEWS = (
    "v_processStatus",
    "v_runSummary",
    "v_taskDetail",
    "v_mandatoryBlockers",
    "v_currentFailures",
    "v_watermarks",
)

INDEXES = (
    ("ETLProcessingSteps", "ix_ETLProcessingSteps_ExecutionID", ("ExecutionID",), None),
    ("ETLProcessingSteps", "ix_ETLProcessingSteps_failed", ("ProcessingDate",), "\"Status\" = 'FAIL'"),
    ("ETLsysLogs", "ix_ETLsysLogs_ExecutionID", ("ExecutionID", "ProcessingDate"), None),
)


def upgrade(steps: Any) -> None:
    steps.add_columns(
        "ETLconfigParameters",
        sa.Column("SetOn", INSTANT, comment="When the value was last set explicitly (UTC)"),
        sa.Column(
            "AutomaticValue",
            INSTANT,
            comment="What the last automatic advance wrote (UTC); another value was set from outside",
        ),
        sa.Column("AdvanceMode", sa.String, comment="Whether DONE moves a DELTA_DATE: AUTOMATIC (also NULL) or MANUAL"),
        sa.Column(
            "LagSeconds",
            sa.Integer,
            comment="Seconds by which an automatic advance stays behind the start, for rows that are committed late",
        ),
    )
    steps.add_columns(
        "ETLProcessingSteps",
        sa.Column(
            "ExpectedDurationSeconds",
            sa.Integer,
            comment="Longest acceptable duration in seconds when it was queued; NULL means no limit",
        ),
    )
    if steps.can_roll_back and not op.get_context().as_sql:
        # DuckDB 1.5 alters no table whose rows the same transaction has changed, and an upgrade is one transaction.
        steps.add_columns("ETLProcessingSteps", *of_revision_0003())
    note_existing_values(steps.schema)
    steps.fill_column(
        "ETLProcessingSteps",
        "ExpectedDurationSeconds",
        source="ETLconfigTasks",
        key=("ProjectCode", "ProcessLoad", "WorkFlowID", "TaskID"),
    )
    for table, name, columns, where in INDEXES:
        steps.add_index(table, name, *columns, only_on="postgresql", where=where)
    steps.replace_views(revision, *VIEWS)


def downgrade(steps: Any) -> None:
    steps.restore_views(revision, *VIEWS)
    for table, name, *_ in INDEXES:
        steps.drop_index(table, name, only_on="postgresql")
    steps.drop_columns("ETLProcessingSteps", "ExpectedDurationSeconds")
    steps.drop_columns("ETLconfigParameters", "LagSeconds", "AdvanceMode", "AutomaticValue", "SetOn")


def of_revision_0003() -> tuple[sa.Column[object], ...]:
    """The columns that revision 0003 adds to the table whose rows this one fills; 0003 finds them there."""
    return (
        sa.Column("FullFileName", sa.String, comment="File of this date that the task waits for"),
        sa.Column("InFilePath", sa.String, comment="Folder in which the file arrives, as of when it was queued"),
        sa.Column("OutFilePath", sa.String, comment="Folder for what is made of it, as of when it was queued"),
        sa.Column("ForceSkip", sa.Boolean, comment="Whether this run leaves the task out"),
    )


def note_existing_values(schema: str | None) -> None:
    """Count each existing value as set explicitly, when its row last changed."""
    names = ("ValueINT", "ValueDateTime", "ValueBIT", "LastUpdatedOn", "SetOn")
    parameters = sa.table("ETLconfigParameters", *(sa.column(name) for name in names), schema=schema)
    has_value = sa.or_(
        *(parameters.c[name].is_not(None) for name in ("ValueINT", "ValueDateTime", "ValueBIT")),
    )
    op.execute(
        parameters.update()
        .where(parameters.c.SetOn.is_(None), has_value)
        .values({parameters.c.SetOn: parameters.c.LastUpdatedOn})
    )
