"""Check on Databricks: one change by hand is one difference; nothing is changed, as nothing could be rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, inspect

from etl_monitor_orm import ConfigurationError, ConnectionBroken, migrations
from etl_monitor_orm.backends import RetryPolicy
from etl_monitor_orm.dialects.databricks.dialect import WarehouseDialect
from tests.migrations.looking import VIEWS, execute
from tests.warehouse import Warehouse
from tests.warehouse.faults import REQUEST_LOST

SCHEMA = "checked"


@pytest.fixture(scope="module")
def as_migrated(lakehouse: Engine, warehouse: Warehouse) -> Iterator[Callable[[], None]]:
    migrations.upgrade(lakehouse, SCHEMA)
    warehouse.save(SCHEMA)
    yield lambda: warehouse.restore(SCHEMA)
    execute(lakehouse, f"DROP SCHEMA {SCHEMA} CASCADE")


@pytest.fixture
def migrated(lakehouse: Engine, as_migrated: Callable[[], None]) -> Engine:
    as_migrated()
    return lakehouse


@pytest.mark.parametrize(
    ("changes", "differences", "notes"),
    [
        (["DROP TABLE checked.ETLconfigParameters"], ["Table ETLconfigParameters is missing."], []),
        (
            [
                "DROP TABLE checked.ETLconfigProcess",
                """CREATE TABLE checked.ETLconfigProcess (
                    ProjectCode STRING NOT NULL COMMENT 'Project that owns the load',
                    ProcessLoad INT NOT NULL COMMENT 'Name of the load within its project',
                    ProcessName STRING COMMENT 'Name for people',
                    ProcessDescription STRING COMMENT 'What the load delivers',
                    ProcessOwner STRING NOT NULL COMMENT 'Person or team to ask',
                    LoadFrequency STRING,
                    IsActive BOOLEAN COMMENT 'Whether new runs may start; history stays either way',
                    CreatedOn TIMESTAMP_NTZ COMMENT 'When the row was registered (UTC)',
                    CreatedBy STRING COMMENT 'Who registered the row',
                    LastUpdatedOn TIMESTAMP COMMENT 'When the row last changed (UTC)'
                ) USING DELTA COMMENT 'Registered domain loads, one row each'""",
            ],
            [
                "Column ETLconfigProcess.CreatedOn has type TIMESTAMP_NTZ, not TIMESTAMP.",
                "Column ETLconfigProcess.LastUpdatedBy is missing.",
                "Column ETLconfigProcess.ProcessLoad has type INT, not STRING.",
                "Column ETLconfigProcess.ProcessOwner refuses NULL, but should not.",
            ],
            ["Column ETLconfigProcess.LoadFrequency has another comment."],
        ),
        (
            ["ALTER TABLE checked.ETLconfigTasks ALTER COLUMN TaskName DROP NOT NULL"],
            ["Column ETLconfigTasks.TaskName accepts NULL, but should not."],
            [],
        ),
        (["COMMENT ON TABLE checked.ETLsysLogs IS 'mine'"], [], ["Table ETLsysLogs has another comment."]),
        (["DROP VIEW checked.v_runSummary"], ["View v_runSummary is missing."], []),
        (
            ["CREATE OR REPLACE VIEW checked.v_currentFailures AS SELECT * FROM checked.ETLProcessingSteps"],
            ["View v_currentFailures has another definition."],
            [],
        ),
    ],
)
def test_given_changes_by_hand_when_it_is_checked_then_they_are_the_differences(
    migrated: Engine, changes: list[str], differences: list[str], notes: list[str]
) -> None:
    for change in changes:
        execute(migrated, change)
    found = migrations.compare(migrated, SCHEMA)
    assert (sorted(found.differences), found.notes) == (differences, notes)


@pytest.mark.parametrize(
    ("table", "copy", "difference"),
    [
        (
            "ETLProcessingSteps",
            "CLUSTER BY (ProcessingDate)",
            "Table ETLsysLogs is not clustered, but partitioned.",
        ),
        (
            "ETLProcessingSteps",
            "PARTITIONED BY (ProjectCode)",
            "Table ETLProcessingSteps is not partitioned, but neither partitioned nor clustered.",
        ),
        ("ETLsysLogs", "PARTITIONED BY (ProcessingDate)", "Table ETLsysLogs does not number its rows."),
    ],
)
def test_given_a_copy_of_one_of_our_tables_when_it_is_checked_then_what_a_copy_loses_is_named(
    migrated: Engine, table: str, copy: str, difference: str
) -> None:
    execute(migrated, f"ALTER TABLE checked.{table} RENAME TO checked.before")
    execute(migrated, f"CREATE TABLE checked.{table} USING DELTA {copy} AS SELECT * FROM checked.before")
    found = migrations.compare(migrated, SCHEMA)
    assert difference in found.differences
    assert f"Table {table} has another comment." in found.notes


def test_given_a_nullable_column_of_the_users_when_it_is_compared_then_it_is_a_note(migrated: Engine) -> None:
    execute(migrated, "ALTER TABLE checked.ETLconfigTasks ADD COLUMN Team STRING")
    found = migrations.compare(migrated, SCHEMA)
    assert found.differences == []
    assert found.notes == ["Column ETLconfigTasks.Team is not one of the monitor's."]


def test_given_a_view_that_is_only_written_differently_when_it_is_checked_then_it_is_the_same(migrated: Engine) -> None:
    query = inspect(migrated).get_view_definition("v_mandatoryBlockers", schema=SCHEMA)
    compact = " ".join(query.replace("`", "").split())
    assert compact != query
    execute(migrated, f"CREATE OR REPLACE VIEW checked.v_mandatoryBlockers AS {compact}")
    assert migrations.check(migrated, SCHEMA) == []


def test_given_a_check_when_its_statements_are_read_then_all_of_them_only_read(
    migrated: Engine, warehouse: Warehouse
) -> None:
    warehouse.log.clear()
    assert migrations.check(migrated, SCHEMA) == []
    assert {text.split()[0] for text in warehouse.log.texts} == {"SELECT", "SHOW", "DESCRIBE"}


def test_given_one_layout_when_it_is_checked_for_the_other_then_all_results_tables_are_named(
    migrated: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert migrations.check(migrated, SCHEMA, layout="partitioned") == []
    monkeypatch.setenv("ETL_MONITOR_LAYOUT", "clustered")
    assert migrations.check(migrated, SCHEMA) == [
        "Table ETLProcessingSteps is not clustered, but partitioned.",
        "Table ETLsysLogs is not clustered, but partitioned.",
        "Table ETLmetrics is not clustered, but partitioned.",
    ]
    with pytest.raises(ConfigurationError, match="'diagonal'"):
        migrations.check(migrated, SCHEMA, layout="diagonal")


def test_given_a_view_that_keeps_its_query_to_its_owner_when_it_is_checked_then_that_is_said(
    migrated: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WarehouseDialect, "get_view_definition", lambda *arguments, **more: None)
    found = migrations.check(migrated, SCHEMA)
    assert found[0] == "View v_processStatus does not show you its query. Ask its owner to run the check."
    assert len(found) == len(VIEWS)


def test_given_a_network_that_fails_when_it_is_checked_then_that_is_no_difference_but_an_error(
    migrated: Engine, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrated.dialect, "breaks", RetryPolicy(first=0.01, longest=0.01, patience=0.1))
    warehouse.faults.at(lambda statement: "v_watermarks" in statement, REQUEST_LOST, times=1_000)
    try:
        with pytest.raises(ConnectionBroken):
            migrations.check(migrated, SCHEMA)
    finally:
        warehouse.faults.clear()
