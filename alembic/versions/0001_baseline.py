"""Baseline: the six tables, the six views, and the framework's seven stages.

Everything that this revision creates is written out here and in `views/0001/`: it imports no model, view or
vocabulary of the package. Those keep changing, but a migration must always do what it did on the day of its release.
Otherwise later revisions would not start where they expect.

Where DDL cannot be rolled back, each statement leaves existing objects alone or replaces them. So the next run
completes one that stopped after any statement.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
readable_from = "0.1.0"
branch_labels = None
depends_on = None

INSTANT = sa.TIMESTAMP(timezone=True)

# On Delta, in either layout: how the two results tables are kept.
PARTITION_KEY = ("ProcessingDate",)
CLUSTER_KEYS = ("ProcessingDate", "ProjectCode", "ProcessLoad")
# Lets writers of different rows in one file work at the same time.
ROW_BY_ROW = {"delta.enableDeletionVectors": "true", "delta.enableRowTracking": "true"}

VIEWS = (
    "v_processStatus",
    "v_runSummary",
    "v_taskDetail",
    "v_mandatoryBlockers",
    "v_currentFailures",
    "v_watermarks",
)
STAGES = (
    (0, "LOAD_GO", "Initiation", "Marks the run as a whole: its first step, and the sign of how it stands"),
    (1, "LOAD_DB_CONFIG", "Load configuration", "Reads reference and configuration data from the source"),
    (2, "LOAD_DB_TRAN", "Load transactions", "Reads transactional data from the source into staging"),
    (3, "LOAD_DIM", "Process master data", "Checks and conforms the staged dimensions"),
    (4, "LOAD_TRAN", "Process transactions", "Checks and conforms the staged transactions"),
    (5, "PRE_PROCESS", "Functional logic", "Applies business rules and derives values"),
    (6, "PROCESS_DATA", "Transform data", "Builds the output tables and data marts"),
)


def upgrade(steps: Any) -> None:
    stages = create_catalogue(steps.schema)
    create_results(steps.schema)
    steps.create_views(revision, *VIEWS)
    seed(steps, stages)


def downgrade(steps: Any) -> None:
    schema = steps.schema
    steps.drop_views(*VIEWS)
    # A sequence that numbers the rows is dropped with its column, so the column is named.
    log = sa.Table("ETLsysLogs", sa.MetaData(), sa.Column("_ID", sa.BigInteger, sa.Identity()), schema=schema)
    op.execute(sa.schema.DropTable(log, if_exists=True))
    for name in (
        "ETLProcessingSteps",
        "ETLconfigParameters",
        "ETLconfigTasks",
        "ETLconfigProcess",
        "ETLconfigSequence",
    ):
        op.drop_table(name, schema=schema, if_exists=True)


def create_catalogue(schema: str | None) -> sa.Table:
    """Create the four tables of what should run; return the table of the stages."""
    stages = create_table(
        "ETLconfigSequence",
        sa.Column(
            "SequenceID",
            sa.Integer,
            nullable=False,
            autoincrement=False,
            comment="Position of the stage; custom ones start at 10",
        ),
        sa.Column("SequenceCode", sa.String, nullable=False, comment="Short code of the stage"),
        sa.Column("SequenceName", sa.String, comment="Name for people"),
        sa.Column("SequenceDescription", sa.String, comment="What tasks of this stage do"),
        sa.Column("SortOrder", sa.Integer, comment="Order in listings"),
        sa.Column("IsActive", sa.Boolean, comment="Whether the stage is in use"),
        *audit_columns(),
        sa.PrimaryKeyConstraint("SequenceID", name="pk_ETLconfigSequence"),
        schema=schema,
        comment="Stages that order the tasks of a pass; 0 to 6 belong to the framework",
    )
    create_table(
        "ETLconfigProcess",
        sa.Column("ProjectCode", sa.String, nullable=False, comment="Project that owns the load"),
        sa.Column("ProcessLoad", sa.String, nullable=False, comment="Name of the load within its project"),
        sa.Column("ProcessName", sa.String, comment="Name for people"),
        sa.Column("ProcessDescription", sa.String, comment="What the load delivers"),
        sa.Column("ProcessOwner", sa.String, comment="Person or team to ask"),
        sa.Column("LoadFrequency", sa.String, comment="How often it is due: D, W, M, Y, or A for ad hoc"),
        sa.Column("IsActive", sa.Boolean, comment="Whether new runs may start; history stays either way"),
        *audit_columns(),
        sa.PrimaryKeyConstraint("ProjectCode", "ProcessLoad", name="pk_ETLconfigProcess"),
        schema=schema,
        comment="Registered domain loads, one row each",
    )
    create_table(
        "ETLconfigTasks",
        sa.Column("TaskID", sa.Integer, nullable=False, comment="Number within process and pass; 0 is the initiation"),
        sa.Column("ProjectCode", sa.String, nullable=False, comment="Project of the process"),
        sa.Column("ProcessLoad", sa.String, nullable=False, comment="Process of the task"),
        sa.Column("WorkFlowID", sa.Integer, nullable=False, comment="Pass over the data; 0 is the initiation"),
        sa.Column("SequenceID", sa.Integer, nullable=False, comment="Stage within the pass"),
        sa.Column("TaskName", sa.String, nullable=False, comment="Name for people"),
        sa.Column("TaskDescription", sa.String, comment="What the task does"),
        sa.Column("SourceType", sa.String, comment="Kind of job: ADF_PIPELINE, DBX_JOB, DBX_NOTEBOOK or DATAFLOW"),
        sa.Column("SourceIdentifier", sa.String, comment="Which job: a pipeline's name, a notebook's path, a job's id"),
        sa.Column("SourceSystemCode", sa.String, comment="Name of the parameter that holds the task's watermark"),
        sa.Column("LoadFrequency", sa.String, comment="How often it is due: D, W, M, Y, or A for ad hoc"),
        sa.Column("TaskMandatory", sa.Boolean, comment="Whether its failure blocks what follows"),
        sa.Column(
            "ExpectedDurationSeconds", sa.Integer, comment="Longest acceptable duration in seconds; NULL means no limit"
        ),
        sa.Column("IsActive", sa.Boolean, comment="Whether runs include the task; history stays either way"),
        *audit_columns(),
        sa.PrimaryKeyConstraint("TaskID", "ProjectCode", "ProcessLoad", "WorkFlowID", name="pk_ETLconfigTasks"),
        schema=schema,
        comment="Units of work of each process, and where in its order they stand",
    )
    create_table(
        "ETLconfigParameters",
        sa.Column("ProjectCode", sa.String, nullable=False, comment="Project of the process"),
        sa.Column("ProcessLoad", sa.String, nullable=False, comment="Process of the parameter"),
        sa.Column("ParameterName", sa.String, nullable=False, comment="Name; tasks refer to it in SourceSystemCode"),
        sa.Column("ParameterDescription", sa.String, comment="What the value means"),
        sa.Column(
            "ParameterType",
            sa.String,
            nullable=False,
            comment="DELTA_DATE, DELTA_ID, FLAG or SYSTEM: which value counts",
        ),
        sa.Column("ValueINT", sa.BigInteger, comment="Value of a DELTA_ID"),
        sa.Column("ValueDateTime", INSTANT, comment="Value of a DELTA_DATE or SYSTEM parameter (UTC)"),
        sa.Column("ValueBIT", sa.Boolean, comment="Value of a FLAG"),
        *audit_columns(),
        sa.PrimaryKeyConstraint("ProjectCode", "ProcessLoad", "ParameterName", name="pk_ETLconfigParameters"),
        schema=schema,
        comment="Watermarks and settings of each process, typed",
    )
    return stages


def create_results(schema: str | None) -> None:
    """Create the two tables of what ran."""
    create_table(
        "ETLProcessingSteps",
        sa.Column("ProcessingDate", sa.Date, nullable=False, comment="Business date that the run works on"),
        sa.Column("ProjectCode", sa.String, nullable=False, comment="Project of the process"),
        sa.Column("ProcessLoad", sa.String, nullable=False, comment="Process of the run"),
        sa.Column("ExecutionID", sa.String, nullable=False, comment="The run: one execution on one date"),
        sa.Column("WorkFlowID", sa.Integer, nullable=False, comment="Pass over the data; 0 is the initiation"),
        sa.Column("TaskID", sa.Integer, nullable=False, comment="Task within process and pass"),
        sa.Column("SequenceID", sa.Integer, nullable=False, comment="Stage within the pass"),
        sa.Column(
            "Attempts",
            sa.Integer,
            nullable=False,
            comment="Number of this attempt, counted from 0 per process and date",
        ),
        sa.Column("Status", sa.String, nullable=False, comment="NQUE, RQUE, DONE or FAIL"),
        sa.Column("TaskName", sa.String, comment="The task's name when it was queued"),
        sa.Column("SequenceCode", sa.String, comment="The stage's code when it was queued"),
        sa.Column("TaskMandatory", sa.Boolean, comment="Whether failure blocks what follows, as of when it was queued"),
        sa.Column("SourceSystemCode", sa.String, comment="The task's watermark parameter when it was queued"),
        sa.Column("StartTime", INSTANT, comment="When the work began (UTC); NULL while queued"),
        sa.Column("EndTime", INSTANT, comment="When the work ended (UTC)"),
        sa.Column("DurationSeconds", sa.Integer, comment="Whole seconds from start to end; NULL when never started"),
        sa.Column("LogMessage", sa.String, comment="Last word of the job, at most 2,000 characters"),
        sa.Column("LogType", sa.String, comment="INFO, WARN or ERROR"),
        sa.Column("LogCode", sa.String, comment="Code of the message, for programs"),
        sa.Column("SourceType", sa.String, comment="Kind of job"),
        sa.Column("SourceRunID", sa.String, comment="The job's own run id where it ran"),
        sa.Column("ClusterID", sa.String, comment="Cluster that did the work"),
        sa.Column("LastUpdatedOn", INSTANT, comment="When the row last changed, heartbeats included (UTC)"),
        sa.Column("LastUpdatedBy", sa.String, comment="Who last changed the row"),
        sa.PrimaryKeyConstraint(
            "ProcessingDate",
            "ProjectCode",
            "ProcessLoad",
            "ExecutionID",
            "WorkFlowID",
            "TaskID",
            "SequenceID",
            "Attempts",
            name="pk_ETLProcessingSteps",
        ),
        schema=schema,
        comment="Every attempt of every step, with its state, times and message",
    )
    create_table(
        "ETLsysLogs",
        sa.Column(
            "_ID",
            sa.BigInteger,
            sa.Identity(always=True),
            nullable=False,
            comment="Number of the row, given by the database",
        ),
        sa.Column("ProcessingDate", sa.Date, comment="Business date of the run"),
        sa.Column("ProjectCode", sa.String, comment="Project of the process"),
        sa.Column("ProcessLoad", sa.String, comment="Process of the run"),
        sa.Column("SourceType", sa.String, comment="Kind of job that reports"),
        sa.Column("RunID", sa.String, comment="The job's own run id where it ran"),
        sa.Column("ExecutionID", sa.String, comment="The run, when there is one"),
        sa.Column("CorrelationID", sa.String, comment="Id that ties records of several systems together"),
        sa.Column("PipelineName", sa.String, comment="Pipeline, job or logger"),
        sa.Column("ActivityName", sa.String, comment="Activity or task within it"),
        sa.Column("OperationName", sa.String, comment="What was being done"),
        sa.Column("Level", sa.Integer, comment="0 debug, 1 info, 2 warn, 3 error"),
        sa.Column("LogTimeUTC", INSTANT, comment="When it happened (UTC)"),
        sa.Column("Message", sa.String, comment="The text, whole"),
        sa.PrimaryKeyConstraint("_ID", name="pk_ETLsysLogs"),
        schema=schema,
        comment="Run receipts and log records, append-only",
    )


def create_table(name: str, *parts: sa.schema.SchemaItem, schema: str | None, comment: str) -> sa.Table:
    return op.create_table(
        name,
        *parts,
        schema=schema,
        comment=comment,
        if_not_exists=not op.get_context().impl.transactional_ddl,
        **laid_out(name),
    )


def laid_out(name: str) -> dict[str, object]:
    """The options for a table's layout on Delta; other databases have no layout."""
    layout = op.get_context().opts.get("layout")
    results = name in ("ETLProcessingSteps", "ETLsysLogs")
    options: dict[str, object] = {}
    if layout == "partitioned" and results:
        options["databricks_partition_by"] = PARTITION_KEY
    if layout == "clustered":
        options["databricks_tblproperties"] = ROW_BY_ROW
        if results:
            options["databricks_cluster_by"] = CLUSTER_KEYS
    return options


def audit_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("CreatedOn", INSTANT, comment="When the row was registered (UTC)"),
        sa.Column("CreatedBy", sa.String, comment="Who registered the row"),
        sa.Column("LastUpdatedOn", INSTANT, comment="When the row last changed (UTC)"),
        sa.Column("LastUpdatedBy", sa.String, comment="Who last changed the row"),
    )


def seed(steps: Any, stages: sa.Table) -> None:
    """Add the stages that do not exist yet."""
    columns = ("SequenceID", "SequenceCode", "SequenceName", "SequenceDescription")
    stage = sa.values(*(sa.column(name, stages.c[name].type) for name in columns), name="stage").data(STAGES)
    now, who = sa.func.current_timestamp(), sa.literal(f"migration {revision}")
    missing = sa.select(
        *stage.c,
        stage.c.SequenceID.label("SortOrder"),
        sa.true().label("IsActive"),
        now.label("CreatedOn"),
        who.label("CreatedBy"),
        now.label("LastUpdatedOn"),
        who.label("LastUpdatedBy"),
    ).where(stage.c.SequenceID.not_in(sa.select(stages.c.SequenceID)))
    steps.write_rows(stages.insert().from_select(list(stages.c), missing))
