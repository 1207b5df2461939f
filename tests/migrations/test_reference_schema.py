"""What a migration makes is the compatibility contract: names, order, types, nullability, keys, comments."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, inspect

from etl_monitor_orm import create_engine, migrations
from etl_monitor_orm.views import VIEWS, ViewBase
from tests.migrations.looking import TABLES

TYPES = {
    "STRING": "VARCHAR",
    "INT": "INTEGER",
    "BIGINT": "BIGINT",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
}
AUDIT = "CreatedOn TIMESTAMP, CreatedBy STRING, LastUpdatedOn TIMESTAMP, LastUpdatedBy STRING"

# Table: its columns in order, with the type that Delta gives them; `!` is NOT NULL, `*` is part of the key.
REFERENCE = {
    "ETLconfigSequence": f"""
        SequenceID INT!*, SequenceCode STRING!, SequenceName STRING, SequenceDescription STRING, SortOrder INT,
        IsActive BOOLEAN, {AUDIT}""",
    "ETLconfigProcess": f"""
        ProjectCode STRING!*, ProcessLoad STRING!*, ProcessName STRING, ProcessDescription STRING,
        ProcessOwner STRING, LoadFrequency STRING, IsActive BOOLEAN, {AUDIT}""",
    "ETLconfigTasks": f"""
        TaskID INT!*, ProjectCode STRING!*, ProcessLoad STRING!*, WorkFlowID INT!*, SequenceID INT!, TaskName STRING!,
        TaskDescription STRING, SourceType STRING, SourceIdentifier STRING, SourceSystemCode STRING,
        LoadFrequency STRING, TaskMandatory BOOLEAN, ExpectedDurationSeconds INT, IsActive BOOLEAN, {AUDIT}""",
    "ETLconfigParameters": f"""
        ProjectCode STRING!*, ProcessLoad STRING!*, ParameterName STRING!*, ParameterDescription STRING,
        ParameterType STRING!, ValueINT BIGINT, ValueDateTime TIMESTAMP, ValueBIT BOOLEAN, {AUDIT}""",
    "ETLProcessingSteps": """
        ProcessingDate DATE!*, ProjectCode STRING!*, ProcessLoad STRING!*, ExecutionID STRING!*, WorkFlowID INT!*,
        TaskID INT!*, SequenceID INT!*, Attempts INT!*, Status STRING!, TaskName STRING, SequenceCode STRING,
        TaskMandatory BOOLEAN, SourceSystemCode STRING, StartTime TIMESTAMP, EndTime TIMESTAMP, DurationSeconds INT,
        LogMessage STRING, LogType STRING, LogCode STRING, SourceType STRING, SourceRunID STRING, ClusterID STRING,
        LastUpdatedOn TIMESTAMP, LastUpdatedBy STRING""",
    "ETLsysLogs": """
        _ID BIGINT!*, ProcessingDate DATE, ProjectCode STRING, ProcessLoad STRING, SourceType STRING, RunID STRING,
        ExecutionID STRING, CorrelationID STRING, PipelineName STRING, ActivityName STRING, OperationName STRING,
        Level INT, LogTimeUTC TIMESTAMP, Message STRING""",
}


@pytest.fixture(scope="module")
def migrated() -> Iterator[Engine]:
    engine = create_engine("duckdb://")
    migrations.upgrade(engine, "etl")
    yield engine
    engine.dispose()


def _columns(engine: Engine, name: str) -> list[tuple[str, str, bool]]:
    return [
        (column["name"], column["type"].compile(dialect=engine.dialect), column["nullable"])
        for column in inspect(engine).get_columns(name, schema="etl")
    ]


@pytest.mark.parametrize("table", REFERENCE)
def test_given_a_table_when_its_columns_are_read_then_they_are_the_contracts(migrated: Engine, table: str) -> None:
    expected = []
    for column in REFERENCE[table].split(","):
        name, kind = column.split()
        expected.append((name, TYPES[kind.strip("!*")], "!" not in kind))
    assert _columns(migrated, table) == expected


@pytest.mark.parametrize("table", REFERENCE)
def test_given_a_table_when_its_key_is_read_then_it_is_the_natural_one(migrated: Engine, table: str) -> None:
    expected = [column.split()[0] for column in REFERENCE[table].split(",") if "*" in column]
    assert inspect(migrated).get_pk_constraint(table, schema="etl")["constrained_columns"] == expected


@pytest.mark.parametrize("table", REFERENCE)
def test_given_a_table_when_its_comments_are_read_then_it_and_every_column_has_one(
    migrated: Engine, table: str
) -> None:
    inspector = inspect(migrated)
    assert inspector.get_table_comment(table, schema="etl")["text"]
    columns = inspector.get_columns(table, schema="etl")
    assert [column["name"] for column in columns if not column["comment"]] == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__tablename__)
def test_given_a_view_when_its_columns_are_read_then_the_mapped_class_says_the_same(
    migrated: Engine, view: type[ViewBase]
) -> None:
    mapped = [(column.name, column.type.compile(dialect=migrated.dialect)) for column in view.__table__.columns]
    assert [(name, kind) for name, kind, _ in _columns(migrated, view.__tablename__)] == mapped


def test_given_a_migrated_database_when_secondary_indexes_are_looked_for_then_there_are_none(
    migrated: Engine,
) -> None:
    # DuckDB alters no table that has one, so a later migration would fail.
    assert [index for table in TABLES for index in inspect(migrated).get_indexes(table, schema="etl")] == []


def test_given_the_log_when_rows_come_without_a_number_then_a_sequence_in_the_schema_numbers_them(
    migrated: Engine,
) -> None:
    identity = inspect(migrated).get_columns("ETLsysLogs", schema="etl")[0]["identity"]
    assert (identity["start"], identity["increment"]) == (1, 1)
