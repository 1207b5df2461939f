"""Upgrade: from nothing to six tables, six views and seven stages; again: nothing at all."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, select

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    SchemaError,
    SchemaMissing,
    SchemaOutOfDate,
    SequenceStage,
    migrations,
)
from etl_monitor_orm.models.revision import SCHEMA_REVISION, VERSION_TABLE
from etl_monitor_orm.vocabulary import BUILT_IN_STAGES
from tests.migrations.conftest import CHECKOUT
from tests.migrations.looking import TABLES, VERSION, VIEWS, execute, objects, rows, schemas

SEQUENCES = {"ETLsysLogs__ID_seq"}
FIRST = ScriptDirectory(str(CHECKOUT / "alembic")).get_base()


def _plain_alembic(engine: Engine) -> None:
    config = Config(attributes={"connection": engine, "schema": "etl"})
    config.set_main_option("script_location", str(CHECKOUT / "alembic"))
    command.upgrade(config, "head")


def test_given_an_empty_database_when_it_is_upgraded_then_it_has_all_tables_and_views(engine: Engine) -> None:
    migrations.upgrade(engine, "etl")
    assert objects(engine) == TABLES | VIEWS | SEQUENCES | VERSION
    assert migrations.current(engine, "etl") == SCHEMA_REVISION


def test_given_an_upgrade_when_the_stages_are_read_then_the_seven_built_in_ones_are_there(engine: Engine) -> None:
    before = datetime.now(UTC)
    monitor = ETLMonitor(engine).setup()
    with monitor.session() as session:
        stages = session.scalars(select(SequenceStage).order_by(SequenceStage.sequence_id)).all()
    assert [
        (stage.sequence_id, stage.sequence_code, stage.sequence_name, stage.sequence_description) for stage in stages
    ] == [tuple(stage) for stage in BUILT_IN_STAGES]
    assert [stage.sort_order for stage in stages] == list(range(7))
    for stage in stages:
        assert stage.is_active is True
        assert stage.created_by == stage.last_updated_by == f"migration {FIRST}"
        assert stage.created_on == stage.last_updated_on
        assert timedelta(0) <= stage.created_on - before < timedelta(minutes=1)


def test_given_a_current_database_when_upgraded_then_it_costs_one_statement_and_writes_nothing(
    engine: Engine, statements: list[str]
) -> None:
    migrations.upgrade(engine, "etl")
    stages = rows(engine, 'SELECT * FROM etl."ETLconfigSequence" ORDER BY 1')
    statements.clear()
    migrations.upgrade(engine, "etl")
    assert len(statements) == 1
    assert rows(engine, 'SELECT * FROM etl."ETLconfigSequence" ORDER BY 1') == stages


@pytest.mark.parametrize("state", ["empty", "current"])
def test_given_a_database_when_set_up_then_it_costs_at_most_twice_what_plain_alembic_needs(
    engine: Engine, statements: list[str], state: str
) -> None:
    if state == "current":
        _plain_alembic(engine)
    statements.clear()
    _plain_alembic(engine)
    plain = len(statements)
    if state == "empty":
        execute(engine, "DROP SCHEMA etl CASCADE")
    statements.clear()
    ETLMonitor(engine).setup()
    assert 0 < len(statements) <= 2 * plain


def test_given_a_custom_stage_when_the_schema_is_current_then_setup_leaves_it(engine: Engine) -> None:
    monitor = ETLMonitor(engine).setup()
    monitor.register_sequence(10, "ARCHIVE", "Archive")
    monitor.setup()
    assert rows(engine, 'SELECT count(*) FROM etl."ETLconfigSequence"') == [(8,)]


def test_given_something_in_the_way_when_an_upgrade_fails_then_it_leaves_nothing(engine: Engine) -> None:
    execute(engine, "CREATE SCHEMA etl")
    execute(engine, 'CREATE TABLE etl."v_watermarks" (mine INTEGER)')
    with pytest.raises(SchemaError, match="table v_watermarks where the monitor needs a view"):
        migrations.upgrade(engine, "etl")
    assert objects(engine) == {"v_watermarks"}
    assert migrations.current(engine, "etl") is None


def test_given_a_failed_upgrade_when_the_obstacle_is_gone_then_the_next_one_succeeds(engine: Engine) -> None:
    execute(engine, "CREATE SCHEMA etl")
    execute(engine, 'CREATE TABLE etl."ETLsysLogs" (mine INTEGER)')
    with pytest.raises(SchemaError):
        migrations.upgrade(engine, "etl")
    execute(engine, 'DROP TABLE etl."ETLsysLogs"')
    migrations.upgrade(engine, "etl")
    assert migrations.check(engine, "etl") == []


def test_given_an_unknown_revision_when_asked_for_then_the_error_names_it_and_the_known_ones(
    engine: Engine,
) -> None:
    with pytest.raises(InvalidInput, match=rf"'0815'.*up to {SCHEMA_REVISION}.*head"):
        migrations.upgrade(engine, "etl", "0815")
    assert "etl" not in schemas(engine)


def test_given_tables_of_a_newer_version_when_upgraded_then_the_error_names_the_way_out(
    engine: Engine,
) -> None:
    migrations.upgrade(engine, "etl")
    execute(engine, "UPDATE etl.etl_monitor_version SET version_num = '9999', readable_from = NULL")
    with pytest.raises(SchemaOutOfDate, match=r"9999.*pip install --upgrade etl-monitor-orm"):
        migrations.upgrade(engine, "etl")


def test_given_no_tables_when_the_monitor_is_used_then_the_error_names_the_command(engine: Engine) -> None:
    with pytest.raises(SchemaMissing, match="etl-monitor db upgrade"):
        ETLMonitor(engine).get_status("CORP", "HR_DAILY")


def test_given_the_shipped_scripts_when_read_then_their_head_is_the_revision_the_code_needs() -> None:
    assert ScriptDirectory(str(CHECKOUT / "alembic")).get_heads() == [SCHEMA_REVISION]


def test_given_the_version_table_when_the_monitor_reads_it_then_it_is_the_one_alembic_writes(
    engine: Engine,
) -> None:
    _plain_alembic(engine)
    assert VERSION_TABLE.name in objects(engine)
    assert migrations.current(engine, "etl") == SCHEMA_REVISION


def test_given_a_program_when_it_upgrades_from_code_then_its_logging_is_left_alone() -> None:
    code = """
import logging
from etl_monitor_orm import create_engine, migrations

engine = create_engine("duckdb://")
migrations.upgrade(engine, "etl")
migrations.check(engine, "etl")
root, theirs = logging.getLogger(), logging.getLogger("alembic")
assert (root.level, root.handlers) == (logging.WARNING, [])
assert (theirs.level, theirs.disabled) == (logging.NOTSET, False)
assert all(isinstance(handler, logging.NullHandler) for handler in theirs.handlers)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_given_a_broken_url_in_the_environment_when_an_engine_is_given_then_the_engine_counts(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", "not a url")
    monkeypatch.setenv("ETL_MONITOR_SCHEMA", "elsewhere")
    migrations.upgrade(engine, "etl")
    assert migrations.current(engine, "etl") == SCHEMA_REVISION
    assert "elsewhere" not in schemas(engine)
