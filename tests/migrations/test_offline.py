"""Offline: the SQL of a migration, for someone else to review and run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import Engine, select

from etl_monitor_orm import ETLMonitor, InvalidInput, SequenceStage, create_engine, migrations
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.migrations.conftest import Alembic
from tests.migrations.looking import VERSION, execute, objects, rows, schemas


def _contents(engine: Engine, schema: str) -> dict[str, object]:
    """Everything that a migration makes, as DuckDB describes it, but for the time at which it was made."""
    stages = """SELECT "SequenceID", "SequenceCode", "SequenceName", "SequenceDescription", "SortOrder", "IsActive",
                       "CreatedBy", "LastUpdatedBy", "CreatedOn" IS NOT NULL, "LastUpdatedOn" IS NOT NULL"""
    return {
        "tables": rows(engine, "SELECT schema_name, sql, comment FROM duckdb_tables() ORDER BY sql"),
        "columns": rows(
            engine, "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
        ),
        "views": rows(engine, "SELECT schema_name, sql FROM duckdb_views() WHERE NOT internal ORDER BY sql"),
        "sequences": rows(engine, "SELECT schema_name, sequence_name, start_value FROM duckdb_sequences()"),
        "stages": rows(engine, f'{stages} FROM "{schema}"."ETLconfigSequence" ORDER BY 1'),
        "version": rows(engine, f'SELECT * FROM "{schema}".etl_monitor_version'),
    }


@pytest.mark.parametrize("schema", ["etl", "My 100% Schema"])
def test_given_an_upgrade_script_when_run_on_an_empty_database_then_it_equals_an_upgrade(
    tmp_path: Path, schema: str
) -> None:
    online, offline = create_engine(f"duckdb:///{tmp_path}/a.duckdb"), create_engine(f"duckdb:///{tmp_path}/b.duckdb")
    migrations.upgrade(online, schema)
    with duckdb.connect(str(tmp_path / "b.duckdb")) as plain:
        plain.execute(migrations.upgrade_script(online, schema))
    assert _contents(offline, schema) == _contents(online, schema)
    assert migrations.check(offline, schema) == []
    online.dispose()
    offline.dispose()


def test_given_an_upgrade_script_when_it_is_run_in_another_time_zone_then_the_stages_carry_utc(
    engine: Engine, tmp_path: Path
) -> None:
    with duckdb.connect(str(tmp_path / "a.duckdb")) as plain:
        plain.execute("SET TimeZone = 'Asia/Kolkata'")
        plain.execute(migrations.upgrade_script(engine, "etl"))
    monitor = ETLMonitor(f"duckdb:///{tmp_path}/a.duckdb")
    with monitor.session() as session:
        made = session.scalars(select(SequenceStage.created_on)).first()
    assert made.tzinfo is UTC
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=1)
    monitor.close()


def test_given_an_upgrade_script_when_it_is_written_then_the_database_is_not_even_opened(tmp_path: Path) -> None:
    engine = create_engine(f"duckdb:///{tmp_path}/absent.duckdb")
    script = migrations.upgrade_script(engine, "etl")
    assert script.lstrip().startswith("BEGIN;")
    assert script.rstrip().endswith("COMMIT;")
    assert list(tmp_path.iterdir()) == []


def test_given_an_upgrade_script_when_it_meets_an_obstacle_then_it_leaves_nothing(tmp_path: Path) -> None:
    engine = create_engine(f"duckdb:///{tmp_path}/a.duckdb")
    execute(engine, "CREATE SCHEMA etl")
    execute(engine, 'CREATE TABLE etl."v_watermarks" (mine INTEGER)')
    script = migrations.upgrade_script(engine, "etl")
    engine.dispose()
    with duckdb.connect(str(tmp_path / "a.duckdb")) as plain, pytest.raises(duckdb.CatalogException):
        plain.execute(script)
    assert objects(engine) == {"v_watermarks"}
    engine.dispose()


def test_given_a_revision_to_start_from_when_the_script_is_written_then_it_has_no_earlier_step(
    engine: Engine,
) -> None:
    assert "CREATE" not in migrations.upgrade_script(engine, "etl", f"{SCHEMA_REVISION}:head")


def test_given_an_unknown_revision_when_a_script_is_asked_for_then_it_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="'nope'"):
        migrations.upgrade_script(engine, "etl", "nope")


def test_given_the_checkout_when_alembic_writes_sql_then_it_is_the_same_script(alembic: Alembic, url: str) -> None:
    done = alembic("upgrade", "head", "--sql")
    assert done.returncode == 0, done.stderr
    engine = create_engine(url)
    assert done.stdout == migrations.upgrade_script(engine, "etl")


def test_given_the_sql_of_a_downgrade_by_alembic_when_it_is_run_then_the_schema_is_emptied(
    alembic: Alembic, tmp_path: Path, url: str
) -> None:
    engine = create_engine(url)
    migrations.upgrade(engine, "etl")
    engine.dispose()
    done = alembic("downgrade", f"{SCHEMA_REVISION}:base", "--sql")
    assert done.returncode == 0, done.stderr
    with duckdb.connect(url.removeprefix("duckdb:///")) as plain:
        plain.execute(done.stdout)
    assert objects(engine) == VERSION
    assert migrations.current(engine, "etl") is None
    engine.dispose()


def test_given_the_sql_of_a_stamp_by_alembic_when_it_is_run_then_the_revision_is_noted(
    alembic: Alembic, engine: Engine
) -> None:
    done = alembic("stamp", "head", "--sql", ETL_MONITOR_SCHEMA="other")
    assert done.returncode == 0, done.stderr
    execute(engine, done.stdout.replace("BEGIN;", "").replace("COMMIT;", ""))
    assert schemas(engine) == {"main", "other"}
    assert migrations.current(engine, "other") == SCHEMA_REVISION
