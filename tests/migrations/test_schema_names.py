"""The schema's name is the user's: the same tables, views and seeds in any schema, several side by side."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from etl_monitor_orm import ETLMonitor, create_engine, migrations
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.migrations.looking import TABLES, VERSION, VIEWS, execute, objects, quoted, rows, schemas

NAMES = ["monitoring", "My Schema", "order", "it's", "100%", "%(schema)s", ":name", "naïve-Ω", "main"]
SOME_NAMES = ["My Schema", "%(schema)s", "main"]


@pytest.mark.parametrize("name", NAMES)
def test_given_a_schema_name_when_it_is_upgraded_then_all_lives_there_and_is_in_step(engine: Engine, name: str) -> None:
    migrations.upgrade(engine, name)
    assert objects(engine, name) == TABLES | VIEWS | VERSION | {"ETLsysLogs__ID_seq"}
    assert schemas(engine) == {"main", name}
    assert migrations.current(engine, name) == SCHEMA_REVISION
    assert migrations.check(engine, name) == []


@pytest.mark.parametrize("name", SOME_NAMES)
def test_given_a_schema_name_when_it_is_downgraded_then_it_is_emptied(engine: Engine, name: str) -> None:
    migrations.upgrade(engine, name)
    migrations.downgrade(engine, name, "base")
    assert objects(engine, name) == VERSION


@pytest.mark.parametrize("name", NAMES)
def test_given_a_schema_name_when_the_monitor_works_there_then_its_tables_and_views_are_used(name: str) -> None:
    engine = create_engine("duckdb://", schema=name)
    monitor = ETLMonitor(engine, schema=name).setup()
    monitor.register_process("CORP", "HR").register_task("CORP", "HR", 0, 0, 0, "Initiation")
    with monitor.start_run("CORP", "HR", "2026-04-09").task(0):
        monitor.log("at work")
    place = quoted(engine, name).replace(":", "\\:")
    assert rows(engine, f'SELECT "OverallStatus" FROM {place}."v_processStatus"') == [("DONE",)]
    assert rows(engine, f'SELECT "_ID" FROM {place}."ETLsysLogs"') == [(1,)]
    engine.dispose()


@pytest.mark.parametrize("name", SOME_NAMES)
def test_given_a_schema_name_when_a_view_there_is_changed_then_the_check_says_so(engine: Engine, name: str) -> None:
    migrations.upgrade(engine, name)
    place = quoted(engine, name).replace(":", "\\:")
    execute(engine, f'CREATE OR REPLACE VIEW {place}."v_watermarks" AS SELECT 1 AS one')
    assert migrations.check(engine, name) == ["View v_watermarks has another definition."]


def test_given_two_schemas_when_one_is_downgraded_then_the_other_stays(engine: Engine) -> None:
    migrations.upgrade(engine, "etl")
    migrations.upgrade(engine, "other")
    before = objects(engine, "etl")
    migrations.downgrade(engine, "other", "base")
    assert objects(engine, "etl") == before
    assert migrations.check(engine, "etl") == []


def test_given_a_schema_that_exists_when_it_is_upgraded_then_it_is_used(engine: Engine) -> None:
    execute(engine, "CREATE SCHEMA etl")
    execute(engine, "CREATE TABLE etl.mine (a INTEGER)")
    migrations.upgrade(engine, "etl")
    assert objects(engine) >= TABLES | {"mine"}
