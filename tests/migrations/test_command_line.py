"""Alembic's own command, in a checkout, with the monitor's two variables."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy import create_engine as plain_engine

from etl_monitor_orm import ConfigurationError, create_engine, migrations
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.migrations.conftest import CHECKOUT, Alembic
from tests.migrations.looking import TABLES, VERSION, VIEWS, execute, objects, schemas


def test_given_a_checkout_when_alembic_upgrades_then_the_database_is_current_and_it_says_so(
    alembic: Alembic, url: str
) -> None:
    done = alembic("upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert "Running upgrade  -> " in done.stderr
    engine = create_engine(url)
    assert migrations.check(engine, "etl") == []
    engine.dispose()


def test_given_a_checkout_when_alembic_downgrades_then_ours_is_gone(alembic: Alembic, url: str) -> None:
    assert alembic("upgrade", "head").returncode == 0
    done = alembic("downgrade", "base")
    assert done.returncode == 0, done.stderr
    engine = create_engine(url)
    assert objects(engine) == VERSION
    engine.dispose()


def test_given_a_schema_in_the_environment_when_alembic_upgrades_then_it_is_used(alembic: Alembic, url: str) -> None:
    done = alembic("upgrade", "head", ETL_MONITOR_SCHEMA="my monitor")
    assert done.returncode == 0, done.stderr
    engine = create_engine(url)
    assert objects(engine, "my monitor") >= TABLES | VIEWS
    engine.dispose()


def test_given_url_and_schema_as_arguments_when_alembic_upgrades_then_they_win(
    alembic: Alembic, tmp_path: Path, url: str
) -> None:
    other = f"duckdb:///{tmp_path}/other.duckdb"
    done = alembic("-x", f"url={other}", "-x", "schema=x", "upgrade", "head", ETL_MONITOR_SCHEMA="y")
    assert done.returncode == 0, done.stderr
    engine = create_engine(other)
    assert schemas(engine) == {"main", "x"}
    engine.dispose()
    assert not Path(url.removeprefix("duckdb:///")).exists()


def test_given_an_empty_database_when_alembic_shows_the_revision_then_nothing_is_made(
    alembic: Alembic, url: str
) -> None:
    done = alembic("current")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
    engine = create_engine(url)
    assert schemas(engine) == {"main"}
    engine.dispose()


def test_given_a_current_database_when_alembic_checks_then_tables_of_others_do_not_count(
    alembic: Alembic, url: str
) -> None:
    engine = create_engine(url)
    migrations.upgrade(engine, "etl")
    execute(engine, "CREATE TABLE etl.mine (a INTEGER)")
    execute(engine, "CREATE TABLE theirs (a INTEGER)")
    engine.dispose()
    done = alembic("check")
    assert done.returncode == 0, done.stderr
    assert "No new upgrade operations detected" in done.stdout
    assert alembic("current").stdout.strip() == f"{SCHEMA_REVISION} (head)"


def test_given_a_changed_table_when_alembic_checks_then_it_fails_and_names_it(alembic: Alembic, url: str) -> None:
    engine = create_engine(url)
    migrations.upgrade(engine, "etl")
    execute(engine, 'ALTER TABLE etl."ETLsysLogs" DROP COLUMN "Message"')
    engine.dispose()
    done = alembic("check")
    assert done.returncode != 0
    assert "ETLsysLogs" in done.stderr + done.stdout


def test_given_a_connection_when_it_is_handed_to_alembic_then_its_transaction_is_the_callers() -> None:
    engine = plain_engine("duckdb+monitor:///:memory:handed_over")
    with engine.connect() as connection, connection.begin() as transaction:
        upgrade_by_alembic(connection)
        transaction.rollback()
    assert schemas(engine) == {"main"}
    engine.dispose()


def test_given_a_stock_engine_when_it_is_handed_to_alembic_then_its_database_is_migrated(url: str) -> None:
    stock = plain_engine(url)
    upgrade_by_alembic(stock)
    stock.dispose()
    engine = create_engine(url)
    assert migrations.check(engine, "etl") == []
    engine.dispose()


def test_given_a_stock_connection_when_it_is_handed_to_alembic_then_it_is_refused_in_words(url: str) -> None:
    stock = plain_engine(url)
    with stock.connect() as connection, pytest.raises(ConfigurationError, match=r"etl_monitor_orm\.create_engine"):
        upgrade_by_alembic(connection)
    stock.dispose()


def upgrade_by_alembic(database: Engine | Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"schema": "etl", "connection": database})
    config.set_main_option("script_location", str(CHECKOUT / "alembic"))
    command.upgrade(config, "head")


def test_given_the_template_when_a_developer_makes_a_revision_then_it_can_be_run(tmp_path: Path, url: str) -> None:
    shutil.copytree(CHECKOUT / "alembic", tmp_path / "alembic")
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)

    def alembic(*arguments: str) -> None:
        command = [sys.executable, "-m", "alembic", "-x", f"url={url}", *arguments]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    alembic("revision", "--rev-id", "9000", "-m", "add nothing")
    alembic("upgrade", "head")
    alembic("downgrade", "-1")
    assert (tmp_path / "alembic" / "versions" / "9000_add_nothing.py").is_file()
    engine = create_engine(url)
    assert migrations.current(engine, "etl") == SCHEMA_REVISION
    engine.dispose()
