"""Offline on Databricks: the SQL of a migration as a platform team reads it, and as it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from etl_monitor_orm import create_engine, migrations
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.migrations.conftest import CHECKOUT
from tests.migrations.looking import VERSION, objects, rows
from tests.warehouse import Warehouse

GOLDEN = CHECKOUT / "tests" / "migrations" / "golden"
LAYOUTS = ("partitioned", "clustered")
COMMAND = "from etl_monitor_orm.cli import main; main()"
HINT = """
{file} is no longer what `etl-monitor db upgrade --sql` prints. If that is meant, write it anew, and read what changed:
    python scripts/upgrade_sql.py
"""


def golden(layout: str) -> Path:
    return GOLDEN / f"databricks_{layout}.sql"


def statements(script: str) -> list[str]:
    """Take a script apart where its statements end."""
    return [text for part in script.split(";\n") if (text := _without_comments(part))]


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()


def run(engine: Engine, script: str) -> None:
    with engine.connect() as connection:
        for statement in statements(script):
            connection.exec_driver_sql(statement)


@contextmanager
def without_our_schema(engine: Engine, warehouse: Warehouse) -> Iterator[None]:
    """Take the schema away that the golden files make; other tests may have filled it."""
    warehouse.save("before the golden file")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS etl CASCADE")
    yield
    warehouse.restore("before the golden file")


def typed(*command: str, **variables: str) -> str:
    """Return what a command prints that is typed in the checkout, by a user who has no credentials."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABRICKS_")}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=CHECKOUT,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("layout", LAYOUTS)
def test_given_a_layout_when_the_script_is_written_then_it_is_the_reviewed_one(layout: str) -> None:
    script = migrations.upgrade_script(create_engine("databricks://?catalog=main"), "etl", layout=layout)
    assert script == golden(layout).read_text("utf-8"), HINT.format(file=golden(layout).name)


def test_given_no_credentials_when_a_command_writes_the_script_then_it_is_the_reviewed_one() -> None:
    written = typed(
        "-m",
        "alembic",
        "-x",
        "layout=clustered",
        "upgrade",
        "head",
        "--sql",
        ETL_MONITOR_URL="databricks://?catalog=main",
    )
    assert written == golden("clustered").read_text("utf-8")
    written = typed(
        "-c", COMMAND, "db", "upgrade", "--sql", ETL_MONITOR_URL="databricks://", ETL_MONITOR_CATALOG="main"
    )
    assert written.rstrip() == golden("partitioned").read_text("utf-8").rstrip()


def without_added_columns(script: str) -> str:
    """Leave out what the script's heading says to leave out of a second run."""
    parts = script.split(";\n")
    return ";\n".join(part for part in parts if not ("ALTER TABLE" in part and " ADD COLUMN " in part))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_given_the_reviewed_script_when_stopped_and_run_again_then_it_equals_one_upgrade(
    lakehouse: Engine, warehouse: Warehouse, layout: str
) -> None:
    script = golden(layout).read_text("utf-8")
    with without_our_schema(lakehouse, warehouse):
        run(lakehouse, script.rpartition("UPDATE etl.etl_monitor_version SET version_num")[0])
        stages = rows(lakehouse, "SELECT * FROM etl.ETLconfigSequence ORDER BY 1")
        assert len(stages) == 7
        for _ in range(2):  # the second time, all of it was done
            run(lakehouse, without_added_columns(script))
        assert rows(lakehouse, "SELECT * FROM etl.ETLconfigSequence ORDER BY 1") == stages
        assert rows(lakehouse, "SELECT version_num FROM etl.etl_monitor_version") == [(SCHEMA_REVISION,)]
        assert migrations.check(lakehouse, "etl", layout=layout) == []


def test_given_scripts_of_stamp_and_downgrade_when_run_then_they_note_a_revision_and_drop_all(
    lakehouse: Engine, schema: str
) -> None:
    place = {"ETL_MONITOR_URL": "databricks://?catalog=main", "ETL_MONITOR_SCHEMA": schema}
    migrations.upgrade(lakehouse, schema)
    stamp = typed("-m", "alembic", "stamp", "head", "--sql", **place)
    run(lakehouse, stamp)
    run(lakehouse, stamp)
    assert rows(lakehouse, f"SELECT version_num FROM {schema}.etl_monitor_version") == [(SCHEMA_REVISION,)]
    downgrade = typed("-m", "alembic", "downgrade", f"{SCHEMA_REVISION}:base", "--sql", **place)
    run(lakehouse, downgrade)
    # A revision's part can be run again; those before it need the tables that it dropped.
    run(lakehouse, "".join(downgrade.rpartition("-- Running downgrade")[1:]))
    assert objects(lakehouse, schema) == VERSION
    assert migrations.current(lakehouse, schema) is None


def test_given_names_that_need_quotes_when_the_script_is_written_then_they_have_them() -> None:
    script = migrations.upgrade_script(create_engine("databricks://?catalog=my-catalog"), "my-`monitor`")
    assert "\nUSE CATALOG `my-catalog`;\n" in script
    assert "\nCREATE SCHEMA IF NOT EXISTS `my-``monitor```;\n" in script
    assert "FROM `my-``monitor```.`ETLProcessingSteps` AS attempt" in script
