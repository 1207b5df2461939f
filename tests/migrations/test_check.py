"""Check: says in which ways a database differs from what the code works on."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from etl_monitor_orm import ETLMonitor, SchemaMissing, SchemaOutOfDate, migrations
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.migrations.looking import execute, objects, rows


@pytest.fixture
def migrated(engine: Engine) -> Engine:
    migrations.upgrade(engine, "etl")
    return engine


def test_given_a_migrated_database_when_it_is_checked_then_models_and_migrations_are_in_step(migrated: Engine) -> None:
    assert migrations.compare(migrated, "etl") == migrations.Comparison(differences=[], notes=[])


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ('DROP TABLE etl."ETLconfigParameters"', "Table ETLconfigParameters is missing."),
        ('ALTER TABLE etl."ETLsysLogs" DROP COLUMN "Message"', "Column ETLsysLogs.Message is missing."),
        (
            'ALTER TABLE etl."ETLsysLogs" ALTER COLUMN "Level" TYPE VARCHAR',
            "Column ETLsysLogs.Level has type VARCHAR, not INTEGER.",
        ),
        (
            'ALTER TABLE etl."ETLsysLogs" ALTER COLUMN "LogTimeUTC" TYPE TIMESTAMP',
            "Column ETLsysLogs.LogTimeUTC has type TIMESTAMP WITHOUT TIME ZONE, not TIMESTAMP WITH TIME ZONE.",
        ),
        (
            'ALTER TABLE etl."ETLconfigTasks" ALTER COLUMN "TaskName" DROP NOT NULL',
            "Column ETLconfigTasks.TaskName accepts NULL, but should not.",
        ),
        (
            'ALTER TABLE etl."ETLconfigProcess" ALTER COLUMN "ProcessOwner" SET NOT NULL',
            "Column ETLconfigProcess.ProcessOwner refuses NULL, but should not.",
        ),
        (
            'CREATE INDEX my_index ON etl."ETLsysLogs" ("RunID")',
            "Table ETLsysLogs has an extra index.",
        ),
        ('DROP VIEW etl."v_runSummary"', "View v_runSummary is missing."),
        (
            """CREATE OR REPLACE VIEW etl."v_currentFailures" AS
               SELECT * FROM etl."ETLProcessingSteps" WHERE "Status" = 'FAIL'""",
            "View v_currentFailures has another definition.",
        ),
    ],
)
def test_given_one_change_by_hand_when_it_is_checked_then_it_is_the_one_difference(
    migrated: Engine, change: str, difference: str
) -> None:
    execute(migrated, change)
    found = migrations.check(migrated, "etl")
    assert difference in found
    assert [other for other in found if other != difference and "cannot be created" not in other] == []


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (
            """COMMENT ON COLUMN etl."ETLconfigProcess"."ProcessOwner" IS 'whoever'""",
            "Column ETLconfigProcess.ProcessOwner has another comment.",
        ),
        ('COMMENT ON TABLE etl."ETLconfigProcess" IS NULL', "Table ETLconfigProcess has another comment."),
        ("COMMENT ON TABLE etl.\"ETLconfigProcess\" IS 'mine'", "Table ETLconfigProcess has another comment."),
    ],
)
def test_given_another_comment_when_it_is_compared_then_it_is_a_note(migrated: Engine, change: str, note: str) -> None:
    execute(migrated, change)
    assert migrations.compare(migrated, "etl") == migrations.Comparison(differences=[], notes=[note])


def test_given_a_nullable_column_of_the_users_when_it_is_compared_then_it_is_a_note(migrated: Engine) -> None:
    execute(migrated, 'ALTER TABLE etl."ETLconfigTasks" ADD COLUMN "Mine" VARCHAR')
    found = migrations.compare(migrated, "etl")
    assert found.differences == []
    assert found.notes == ["Column ETLconfigTasks.Mine is not one of the monitor's."]


@pytest.mark.parametrize(
    ("default", "differences", "notes"),
    [
        ("", ["refuses NULL and has no default: the monitor cannot write rows."], []),
        (" DEFAULT 'x'", [], ["Column ETLconfigTasks.Mine is not one of the monitor's."]),
    ],
)
def test_given_a_user_column_that_refuses_null_when_compared_then_its_default_decides(
    migrated: Engine, default: str, differences: list[str], notes: list[str]
) -> None:
    execute(migrated, f'ALTER TABLE etl."ETLconfigTasks" ADD COLUMN "Mine" VARCHAR{default}')
    execute(migrated, 'ALTER TABLE etl."ETLconfigTasks" ALTER COLUMN "Mine" SET NOT NULL')
    found = migrations.compare(migrated, "etl")
    assert [words.partition("monitor's, ")[2] for words in found.differences] == differences
    assert found.notes == notes


@pytest.mark.parametrize("name", ["ETL", "Etl"])
def test_given_a_schema_in_another_case_when_it_is_checked_then_it_is_the_same_schema(
    migrated: Engine, name: str
) -> None:
    assert migrations.check(migrated, name) == []
    assert migrations.check(ETLMonitor(migrated, schema=name).engine, name) == []
    migrations.upgrade(migrated, name)
    migrations.downgrade(migrated, name, "base")
    migrations.upgrade(migrated, name)
    assert migrations.check(migrated, "etl") == []


def test_given_a_table_that_lost_a_column_of_a_view_when_checked_then_the_view_is_named_too(
    migrated: Engine,
) -> None:
    execute(migrated, 'ALTER TABLE etl."ETLProcessingSteps" DROP COLUMN "LogMessage"')
    found = migrations.check(migrated, "etl")
    assert "Column ETLProcessingSteps.LogMessage is missing." in found
    assert [words.split()[1] for words in found if "cannot be created on these tables" in words] == [
        "v_taskDetail",
        "v_mandatoryBlockers",
        "v_currentFailures",
    ]


def test_given_a_check_when_it_is_over_then_the_database_is_as_it_was(migrated: Engine) -> None:
    execute(migrated, """CREATE OR REPLACE VIEW etl."v_runSummary" AS SELECT 'mine' AS whose""")
    before = objects(migrated)
    migrations.check(migrated, "etl")
    assert rows(migrated, 'SELECT * FROM etl."v_runSummary"') == [("mine",)]
    assert objects(migrated) == before


def test_given_tables_of_others_when_it_is_checked_then_they_are_no_difference(migrated: Engine) -> None:
    execute(migrated, "CREATE TABLE etl.mine (a INTEGER)")
    execute(migrated, "CREATE SCHEMA sales")
    execute(migrated, 'CREATE TABLE sales."ETLconfigTasks" (a INTEGER)')
    execute(migrated, "CREATE TABLE main.plain (a INTEGER)")
    assert migrations.check(migrated, "etl") == []


def test_given_no_tables_when_it_is_checked_then_the_error_names_the_command(engine: Engine) -> None:
    with pytest.raises(SchemaMissing, match="db upgrade"):
        migrations.check(engine, "etl")


def test_given_another_revision_when_it_is_checked_then_that_is_the_error(migrated: Engine) -> None:
    execute(migrated, "UPDATE etl.etl_monitor_version SET version_num = '0000'")
    with pytest.raises(SchemaOutOfDate, match=f"at revision 0000; this version needs {SCHEMA_REVISION}"):
        migrations.check(migrated, "etl")
