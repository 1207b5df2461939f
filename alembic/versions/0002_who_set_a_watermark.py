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
    note_existing_values(steps)
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


def note_existing_values(steps: Any) -> None:
    """Count each existing value as set explicitly, when its row last changed."""
    names = ("ValueINT", "ValueDateTime", "ValueBIT", "LastUpdatedOn", "SetOn")
    parameters = sa.table("ETLconfigParameters", *(sa.column(name) for name in names), schema=steps.schema)
    has_value = sa.or_(
        *(parameters.c[name].is_not(None) for name in ("ValueINT", "ValueDateTime", "ValueBIT")),
    )
    steps.write_rows(
        parameters.update()
        .where(parameters.c.SetOn.is_(None), has_value)
        .values({parameters.c.SetOn: parameters.c.LastUpdatedOn})
    )
