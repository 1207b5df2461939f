"""Deadlines, what missed them, and what loads measured.

`ETLconfigProcess` and `ETLconfigTasks` say by when something is due, and on which days; `ETLholidays` lists days on
which nothing is due, by the name of the list. `ETLbreaches` has one row for each lateness, and `v_overdue` shows those
that are open. `ETLmetrics` has what an attempt measured. An older release works on these tables, and does not look at
what is new.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
readable_from = "0.1.0"
branch_labels = None
depends_on = None

INSTANT = sa.TIMESTAMP(timezone=True)
WITH_DEADLINES = ("ETLconfigProcess", "ETLconfigTasks")
VIEWS = ("v_overdue",)
OPEN_BREACHES = "ix_ETLbreaches_open"


def upgrade(steps: Any) -> None:
    for table in WITH_DEADLINES:
        steps.add_columns(
            table,
            sa.Column("DueBy", sa.String, comment="Local time and zone by which a date must be done"),
            sa.Column("LateAfterSeconds", sa.Integer, comment="Longest acceptable time without a success, in seconds"),
            sa.Column("Calendar", sa.String, comment="Processing dates on which it is due; NULL means all"),
            sa.Column("DeadlineSetOn", INSTANT, comment="When one of these last changed (UTC)"),
            sa.Column("ActiveSetOn", INSTANT, comment="When IsActive last changed (UTC)"),
        )
    create_holidays(steps)
    create_breaches(steps)
    create_metrics(steps)
    steps.add_index("ETLbreaches", OPEN_BREACHES, "Since", only_on="postgresql", where='"ClosedOn" IS NULL')
    steps.replace_views(revision, *VIEWS)


def downgrade(steps: Any) -> None:
    steps.restore_views(revision)
    steps.drop_views(*VIEWS)
    steps.drop_index("ETLbreaches", OPEN_BREACHES, only_on="postgresql")
    for table in ("ETLmetrics", "ETLbreaches", "ETLholidays"):
        op.drop_table(table, schema=steps.schema, if_exists=True)
    for table in reversed(WITH_DEADLINES):
        steps.drop_columns(table, "ActiveSetOn", "DeadlineSetOn", "Calendar", "LateAfterSeconds", "DueBy")


def create_holidays(steps: Any) -> None:
    """Create the table of the days on which nothing is due."""
    steps.create_table(
        "ETLholidays",
        sa.Column("CalendarName", sa.String, nullable=False, comment="Name of the list; calendars refer to it"),
        sa.Column("Day", sa.Date, nullable=False, comment="Day on which nothing is due"),
        sa.Column("HolidayName", sa.String, comment="Name of the day, for people"),
        sa.Column("IsActive", sa.Boolean, comment="Whether the day counts"),
        sa.Column("CreatedOn", INSTANT, comment="When the row was registered (UTC)"),
        sa.Column("CreatedBy", sa.String, comment="Who registered the row"),
        sa.Column("LastUpdatedOn", INSTANT, comment="When the row last changed (UTC)"),
        sa.Column("LastUpdatedBy", sa.String, comment="Who last changed the row"),
        sa.PrimaryKeyConstraint("CalendarName", "Day", name="pk_ETLholidays"),
        comment="Holidays, in lists that have names",
    )


def create_breaches(steps: Any) -> None:
    """Create the table of what was late."""
    steps.create_table(
        "ETLbreaches",
        sa.Column("BreachID", sa.String, nullable=False, comment="Made of what is late, so that it has one row"),
        sa.Column("Kind", sa.String, nullable=False, comment="What is wrong, such as NOT_STARTED or NO_SUCCESS"),
        sa.Column("ProjectCode", sa.String, nullable=False, comment="Project of the process"),
        sa.Column("ProcessLoad", sa.String, nullable=False, comment="The process"),
        sa.Column("WorkFlowID", sa.Integer, comment="Pass of the task; NULL means the whole process"),
        sa.Column("TaskID", sa.Integer, comment="The task; NULL means the whole process"),
        sa.Column("ParameterName", sa.String, comment="The watermark, if it stands still"),
        sa.Column("ProcessingDate", sa.Date, comment="Business date that is late"),
        sa.Column("ExecutionID", sa.String, comment="The run of the attempt that is late"),
        sa.Column("Attempts", sa.Integer, comment="Number of the attempt that is late"),
        sa.Column("Since", INSTANT, nullable=False, comment="Since when it is late (UTC)"),
        sa.Column("Until", INSTANT, comment="When it was late no more (UTC)"),
        sa.Column("OpenedOn", INSTANT, nullable=False, comment="When an evaluation found it (UTC)"),
        sa.Column("ClosedOn", INSTANT, comment="When an evaluation found its end (UTC); NULL while it is open"),
        sa.Column("Outcome", sa.String, comment="How it ended: RESOLVED, WITHDRAWN or EXPIRED"),
        sa.Column("Message", sa.String, comment="What is late, as a sentence"),
        sa.Column("Blocks", sa.String, comment="Tasks that wait for it"),
        sa.Column("NotifiedOn", INSTANT, comment="When people were told of it (UTC)"),
        sa.Column("ClosureNotifiedOn", INSTANT, comment="When people were told of its end (UTC)"),
        sa.Column("NotifyClaim", sa.String, comment="Who is at work on telling people; NULL when nobody is"),
        sa.Column("NotifyClaimedOn", INSTANT, comment="Since when (UTC)"),
        sa.Column("NotifiedTargets", sa.String, comment="What each target of messages was told, such as mail=opened"),
        sa.Column("LastUpdatedOn", INSTANT, comment="When the row last changed (UTC)"),
        sa.Column("LastUpdatedBy", sa.String, comment="Who last changed the row"),
        sa.PrimaryKeyConstraint("BreachID", name="pk_ETLbreaches"),
        comment="What was late, and for how long; one row each",
    )


def create_metrics(steps: Any) -> None:
    """Create the table of what attempts measured."""
    steps.create_results_table(
        "ETLmetrics",
        sa.Column("ProcessingDate", sa.Date, nullable=False, comment="Business date of the attempt"),
        sa.Column("ProjectCode", sa.String, nullable=False, comment="Project of the process"),
        sa.Column("ProcessLoad", sa.String, nullable=False, comment="Process of the run"),
        sa.Column("ExecutionID", sa.String, nullable=False, comment="The run"),
        sa.Column("WorkFlowID", sa.Integer, nullable=False, autoincrement=False, comment="Pass of the task"),
        sa.Column("TaskID", sa.Integer, nullable=False, autoincrement=False, comment="The task"),
        sa.Column("SequenceID", sa.Integer, nullable=False, autoincrement=False, comment="Stage of the task"),
        sa.Column("Attempts", sa.Integer, nullable=False, autoincrement=False, comment="Number of the attempt"),
        sa.Column("MetricName", sa.String, nullable=False, comment="What was measured, such as rows or bytes"),
        sa.Column("MetricValue", sa.BigInteger, comment="How much"),
        sa.Column("SetOn", INSTANT, comment="When it was measured (UTC)"),
        sa.Column("LastUpdatedBy", sa.String, comment="Who reported it"),
        sa.PrimaryKeyConstraint(
            "ProcessingDate",
            "ProjectCode",
            "ProcessLoad",
            "ExecutionID",
            "WorkFlowID",
            "TaskID",
            "SequenceID",
            "Attempts",
            "MetricName",
            name="pk_ETLmetrics",
        ),
        comment="What attempts measured, one row an attempt and measure",
    )
