"""What a migration makes is the compatibility contract: names, order, types, nullability, keys, comments."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, inspect, select
from sqlalchemy.types import to_instance

from etl_monitor_orm import ETLMonitor, SysLog, create_engine, migrations
from etl_monitor_orm.views import VIEWS, ViewBase
from tests.migrations.looking import TABLES, execute

SCHEMA = "reference"
# What Delta's types are called elsewhere.
TYPES = {
    "duckdb": {"STRING": "VARCHAR", "INT": "INTEGER", "TIMESTAMP": "TIMESTAMP WITH TIME ZONE"},
    "postgresql": {"STRING": "VARCHAR", "INT": "INTEGER", "TIMESTAMP": "TIMESTAMP WITH TIME ZONE"},
    "databricks": {},
}
AUDIT = "CreatedOn TIMESTAMP, CreatedBy STRING, LastUpdatedOn TIMESTAMP, LastUpdatedBy STRING"
DATED = "DueBy STRING, LateAfterSeconds INT, Calendar STRING, DeadlineSetOn TIMESTAMP, ActiveSetOn TIMESTAMP"

# Table: its columns in order, with the type that Delta gives them; `!` is NOT NULL, `*` is part of the key.
REFERENCE = {
    "ETLconfigSequence": f"""
        SequenceID INT!*, SequenceCode STRING!, SequenceName STRING, SequenceDescription STRING, SortOrder INT,
        IsActive BOOLEAN, {AUDIT}""",
    "ETLconfigProcess": f"""
        ProjectCode STRING!*, ProcessLoad STRING!*, ProcessName STRING, ProcessDescription STRING,
        ProcessOwner STRING, LoadFrequency STRING, IsActive BOOLEAN, {AUDIT}, {DATED}""",
    "ETLconfigTasks": f"""
        TaskID INT!*, ProjectCode STRING!*, ProcessLoad STRING!*, WorkFlowID INT!*, SequenceID INT!, TaskName STRING!,
        TaskDescription STRING, SourceType STRING, SourceIdentifier STRING, SourceSystemCode STRING,
        LoadFrequency STRING, TaskMandatory BOOLEAN, ExpectedDurationSeconds INT, IsActive BOOLEAN, {AUDIT},
        FileNameMask STRING, FileExtension STRING, InFilePath STRING, OutFilePath STRING, {DATED}""",
    "ETLconfigParameters": f"""
        ProjectCode STRING!*, ProcessLoad STRING!*, ParameterName STRING!*, ParameterDescription STRING,
        ParameterType STRING!, ValueINT BIGINT, ValueDateTime TIMESTAMP, ValueBIT BOOLEAN, {AUDIT},
        SetOn TIMESTAMP, AutomaticValue TIMESTAMP, AdvanceMode STRING, LagSeconds INT""",
    "ETLProcessingSteps": """
        ProcessingDate DATE!*, ProjectCode STRING!*, ProcessLoad STRING!*, ExecutionID STRING!*, WorkFlowID INT!*,
        TaskID INT!*, SequenceID INT!*, Attempts INT!*, Status STRING!, TaskName STRING, SequenceCode STRING,
        TaskMandatory BOOLEAN, SourceSystemCode STRING, StartTime TIMESTAMP, EndTime TIMESTAMP, DurationSeconds INT,
        LogMessage STRING, LogType STRING, LogCode STRING, SourceType STRING, SourceRunID STRING, ClusterID STRING,
        LastUpdatedOn TIMESTAMP, LastUpdatedBy STRING, ExpectedDurationSeconds INT, FullFileName STRING,
        InFilePath STRING, OutFilePath STRING, ForceSkip BOOLEAN""",
    "ETLOrganisation": f"""
        OrganisationCode STRING!*, OrganisationName STRING!, OrganisationDescription STRING!, IsActive BOOLEAN,
        {AUDIT}""",
    "ETLconfigProject": f"""
        ProjectCode STRING!*, OrganisationCode STRING, ProjectName STRING!, ProjectDescription STRING!,
        IsActive BOOLEAN, {AUDIT}""",
    "ETLsysLogs": """
        _ID BIGINT!*, ProcessingDate DATE, ProjectCode STRING, ProcessLoad STRING, SourceType STRING, RunID STRING,
        ExecutionID STRING, CorrelationID STRING, PipelineName STRING, ActivityName STRING, OperationName STRING,
        Level INT, LogTimeUTC TIMESTAMP, Message STRING""",
    "ETLtokens": f"""
        TokenID STRING!*, TokenName STRING!, SecretHash STRING!, Scope STRING!, ProjectCode STRING,
        ExpiresOn TIMESTAMP, RevokedOn TIMESTAMP, LastUsedOn TIMESTAMP, {AUDIT}""",
    "ETLrequests": """
        TokenID STRING!*, RequestKey STRING!*, RequestDigest STRING!, CreatedOn TIMESTAMP!, Claim STRING,
        ClaimedOn TIMESTAMP, Status INT, Answer STRING""",
    "ETLholidays": f"""
        CalendarName STRING!*, Day DATE!*, HolidayName STRING, IsActive BOOLEAN, {AUDIT}""",
    "ETLbreaches": """
        BreachID STRING!*, Kind STRING!, ProjectCode STRING!, ProcessLoad STRING!, WorkFlowID INT, TaskID INT,
        ParameterName STRING, ProcessingDate DATE, ExecutionID STRING, Attempts INT, Since TIMESTAMP!, Until TIMESTAMP,
        OpenedOn TIMESTAMP!, ClosedOn TIMESTAMP, Outcome STRING, Message STRING, Blocks STRING, NotifiedOn TIMESTAMP,
        ClosureNotifiedOn TIMESTAMP, NotifyClaim STRING, NotifyClaimedOn TIMESTAMP, NotifiedTargets STRING,
        LastUpdatedOn TIMESTAMP, LastUpdatedBy STRING""",
    "ETLmetrics": """
        ProcessingDate DATE!*, ProjectCode STRING!*, ProcessLoad STRING!*, ExecutionID STRING!*, WorkFlowID INT!*,
        TaskID INT!*, SequenceID INT!*, Attempts INT!*, MetricName STRING!*, MetricValue BIGINT, SetOn TIMESTAMP,
        LastUpdatedBy STRING""",
}


@pytest.fixture(scope="module")
def migrated(backend: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    shared = {"duckdb": None, "postgresql": "on_server", "databricks": "lakehouse"}[backend]
    engine: Engine = create_engine("duckdb://") if shared is None else request.getfixturevalue(shared)
    migrations.upgrade(engine, SCHEMA)
    yield engine
    execute(engine, f"DROP SCHEMA {SCHEMA} CASCADE")


def _columns(engine: Engine, name: str) -> list[tuple[str, str, bool]]:
    return [
        # The reflected type may be a class.
        (column["name"], to_instance(column["type"]).compile(dialect=engine.dialect), column["nullable"])
        for column in inspect(engine).get_columns(name, schema=SCHEMA)
    ]


def test_given_the_tables_when_their_columns_are_read_then_they_are_those_of_the_contract(migrated: Engine) -> None:
    names = TYPES[migrated.url.get_backend_name()]
    expected: dict[str, list[tuple[str, str, bool]]] = {table: [] for table in REFERENCE}
    for table, columns in REFERENCE.items():
        for column in columns.split(","):
            name, kind = column.split()
            word = kind.strip("!*")
            expected[table].append((name, names.get(word, word), "!" not in kind))
    assert {table: _columns(migrated, table) for table in REFERENCE} == expected


def test_given_the_tables_when_their_keys_are_read_then_they_are_the_natural_ones(migrated: Engine) -> None:
    expected = {
        table: [column.split()[0] for column in columns.split(",") if "*" in column]
        for table, columns in REFERENCE.items()
    }
    inspector = inspect(migrated)
    assert {
        table: inspector.get_pk_constraint(table, schema=SCHEMA)["constrained_columns"] for table in REFERENCE
    } == expected


def test_given_the_tables_when_their_comments_are_read_then_they_and_every_column_have_one(migrated: Engine) -> None:
    inspector = inspect(migrated)
    assert [table for table in REFERENCE if not inspector.get_table_comment(table, schema=SCHEMA)["text"]] == []
    columns = [column for table in REFERENCE for column in inspector.get_columns(table, schema=SCHEMA)]
    assert [column["name"] for column in columns if not column["comment"]] == []


def test_given_the_views_when_their_columns_are_read_then_the_mapped_classes_say_the_same(migrated: Engine) -> None:
    def mapped(view: type[ViewBase]) -> list[tuple[str, str]]:
        return [(column.name, column.type.compile(dialect=migrated.dialect)) for column in view.__table__.columns]

    def read(view: type[ViewBase]) -> list[tuple[str, str]]:
        # What a function makes of a VARCHAR is a TEXT on PostgreSQL; readers see no difference.
        return [(name, kind.replace("TEXT", "VARCHAR")) for name, kind, _ in _columns(migrated, view.__tablename__)]

    found = {view.__tablename__: read(view) for view in VIEWS}
    assert found == {view.__tablename__: mapped(view) for view in VIEWS}


def test_given_a_migrated_database_when_indexes_are_looked_for_then_only_postgresql_has_some(
    migrated: Engine,
) -> None:
    # DuckDB alters no table that has one, so a later migration would fail.
    found = {
        index["name"]: index["column_names"]
        for table in TABLES
        for index in inspect(migrated).get_indexes(table, schema=SCHEMA)
    }
    expected = {
        "ix_ETLProcessingSteps_ExecutionID": ["ExecutionID"],
        "ix_ETLProcessingSteps_failed": ["ProcessingDate"],
        "ix_ETLsysLogs_ExecutionID": ["ExecutionID", "ProcessingDate"],
        "ix_ETLbreaches_open": ["Since"],
    }
    assert found == (expected if migrated.dialect.name == "postgresql" else {})


def test_given_the_log_when_rows_come_without_a_number_then_the_database_numbers_them(migrated: Engine) -> None:
    monitor = ETLMonitor(migrated, schema=SCHEMA)
    for message in ("first", "second", "third"):
        monitor.log(message)
    with monitor.session() as session:
        logged = session.execute(select(SysLog.message, SysLog.id).order_by(SysLog.id)).all()
    assert [message for message, _ in logged] == ["first", "second", "third"]
    assert [number for _, number in logged if number < 1] == []
