"""Downgrade: all of our objects are gone, and nobody else's are lost."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from etl_monitor_orm import (
    DatabaseError,
    ETLMonitor,
    InvalidInput,
    SchemaMissing,
    SchemaOutOfDate,
    migrations,
)
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.migrations.looking import TABLES, VERSION, VIEWS, execute, objects, rows


def test_given_others_in_the_schema_when_it_is_downgraded_to_base_then_only_ours_are_gone(engine: Engine) -> None:
    migrations.upgrade(engine, "etl")
    execute(engine, "CREATE TABLE etl.mine AS SELECT 42 AS answer")
    execute(engine, "CREATE VIEW etl.my_view AS SELECT answer FROM etl.mine")
    execute(engine, "CREATE SEQUENCE etl.my_sequence")
    migrations.downgrade(engine, "etl", "base")
    assert objects(engine) == {"mine", "my_view", "my_sequence"} | VERSION
    assert rows(engine, "SELECT answer FROM etl.my_view") == [(42,)]
    assert migrations.current(engine, "etl") is None


def test_given_a_downgrade_when_it_is_upgraded_again_then_all_is_as_new(engine: Engine) -> None:
    monitor = ETLMonitor(engine).setup()
    monitor.log("first")
    migrations.downgrade(engine, "etl", "base")
    migrations.upgrade(engine, "etl")
    monitor.log("second")
    assert rows(engine, 'SELECT "_ID", "Message" FROM etl."ETLsysLogs"') == [(1, "second")]
    assert migrations.check(engine, "etl") == []


def test_given_a_view_that_someone_dropped_when_it_is_downgraded_then_that_is_no_hindrance(engine: Engine) -> None:
    migrations.upgrade(engine, "etl")
    execute(engine, 'DROP VIEW etl."v_taskDetail"')
    migrations.downgrade(engine, "etl", "base")
    assert objects(engine) == VERSION


def test_given_a_table_replaced_by_a_view_when_the_downgrade_fails_then_all_stays(engine: Engine) -> None:
    migrations.upgrade(engine, "etl")
    execute(engine, 'DROP TABLE etl."ETLconfigSequence"')
    execute(engine, 'CREATE VIEW etl."ETLconfigSequence" AS SELECT 1 AS one')
    before = objects(engine)
    with pytest.raises(DatabaseError):
        migrations.downgrade(engine, "etl", "base")
    assert objects(engine) == before
    assert before >= TABLES | VIEWS


def test_given_no_tables_when_it_is_downgraded_then_there_is_nothing_to_take_back(engine: Engine) -> None:
    with pytest.raises(SchemaMissing):
        migrations.downgrade(engine, "etl", "base")


def test_given_all_revisions_when_downgraded_by_more_than_there_are_then_the_error_says_so(engine: Engine) -> None:
    migrations.upgrade(engine, "etl")
    too_many = f"-{int(SCHEMA_REVISION) + 1}"
    with pytest.raises(InvalidInput, match=too_many):
        migrations.downgrade(engine, "etl", too_many)
    assert objects(engine) >= TABLES | VIEWS


def test_given_tables_of_a_newer_version_when_they_are_downgraded_then_it_is_refused(engine: Engine) -> None:
    migrations.upgrade(engine, "etl")
    execute(engine, "UPDATE etl.etl_monitor_version SET version_num = '9999', readable_from = NULL")
    with pytest.raises(SchemaOutOfDate, match="9999"):
        migrations.downgrade(engine, "etl", "base")
    assert objects(engine) >= TABLES | VIEWS
