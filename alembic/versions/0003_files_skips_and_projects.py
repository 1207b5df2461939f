"""What later releases of the Spark edition added: files, steps left out of a run, projects and organisations.

`ETLconfigTasks` names the file that a task waits for, and `ETLProcessingSteps` the file of its date. `ForceSkip` leaves
a step out of its run. `ETLconfigProject` and `ETLOrganisation` say who owns a process. Where the Spark edition has
made some of them, those stay as they are. All six views are replaced: each has a column that the Spark edition's lacks.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
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


def upgrade(steps: Any) -> None:
    steps.add_columns(
        "ETLconfigTasks",
        sa.Column("FileNameMask", sa.String, comment="Name of the file that it waits for, without date and extension"),
        sa.Column("FileExtension", sa.String, comment="Extension of that file, with its dot"),
        sa.Column("InFilePath", sa.String, comment="Folder in which that file arrives"),
        sa.Column("OutFilePath", sa.String, comment="Folder for what is made of it"),
    )
    steps.add_columns(
        "ETLProcessingSteps",
        sa.Column("FullFileName", sa.String, comment="File of this date that the task waits for"),
        sa.Column("InFilePath", sa.String, comment="Folder in which the file arrives, as of when it was queued"),
        sa.Column("OutFilePath", sa.String, comment="Folder for what is made of it, as of when it was queued"),
        sa.Column("ForceSkip", sa.Boolean, comment="Whether this run leaves the task out"),
    )
    create_owners(steps)
    steps.replace_views(revision, *VIEWS)


def downgrade(steps: Any) -> None:
    steps.restore_views(revision, *VIEWS)
    for table in ("ETLconfigProject", "ETLOrganisation"):
        op.drop_table(table, schema=steps.schema, if_exists=True)
    steps.drop_columns("ETLProcessingSteps", "ForceSkip", "OutFilePath", "InFilePath", "FullFileName")
    steps.drop_columns("ETLconfigTasks", "OutFilePath", "InFilePath", "FileExtension", "FileNameMask")


def create_owners(steps: Any) -> None:
    """Create the two tables that say who owns a process, where they do not exist."""
    steps.create_table(
        "ETLOrganisation",
        sa.Column("OrganisationCode", sa.String, nullable=False, comment="Short code of the organisation"),
        sa.Column("OrganisationName", sa.String, nullable=False, comment="Name for people"),
        sa.Column("OrganisationDescription", sa.String, nullable=False, comment="What the organisation does"),
        sa.Column("IsActive", sa.Boolean, comment="Whether the organisation is in use"),
        *audit_columns(),
        sa.PrimaryKeyConstraint("OrganisationCode", name="pk_ETLOrganisation"),
        comment="Organisations and divisions that own projects",
    )
    steps.create_table(
        "ETLconfigProject",
        sa.Column("ProjectCode", sa.String, nullable=False, comment="Short code; processes name it"),
        sa.Column("OrganisationCode", sa.String, comment="Organisation that owns the project"),
        sa.Column("ProjectName", sa.String, nullable=False, comment="Name for people"),
        sa.Column("ProjectDescription", sa.String, nullable=False, comment="What the project covers"),
        sa.Column("IsActive", sa.Boolean, comment="Whether the project is in use"),
        *audit_columns(),
        sa.PrimaryKeyConstraint("ProjectCode", name="pk_ETLconfigProject"),
        comment="Projects that own processes",
    )


def audit_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("CreatedOn", INSTANT, comment="When the row was registered (UTC)"),
        sa.Column("CreatedBy", sa.String, comment="Who registered the row"),
        sa.Column("LastUpdatedOn", INSTANT, comment="When the row last changed (UTC)"),
        sa.Column("LastUpdatedBy", sa.String, comment="Who last changed the row"),
    )
