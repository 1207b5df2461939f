"""Both commands on Databricks: alembic's own in a checkout, and etl-monitor's."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from etl_monitor_orm import migrations
from etl_monitor_orm.cli.app import app
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.databases import monitor_url
from tests.migrations.conftest import CHECKOUT
from tests.migrations.looking import VERSION, execute, objects
from tests.warehouse import Warehouse


@pytest.fixture
def settings(warehouse: Warehouse, schema: str) -> dict[str, str]:
    """The variables that lead to the schema."""
    url = monitor_url(warehouse).render_as_string(hide_password=False)
    return {"ETL_MONITOR_URL": url, "ETL_MONITOR_SCHEMA": schema}


def test_given_a_checkout_when_alembic_upgrades_checks_and_downgrades_then_each_command_works(
    lakehouse: Engine, schema: str, settings: dict[str, str]
) -> None:
    def alembic(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=CHECKOUT,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    up = alembic("-x", "layout=clustered", "upgrade", "head")
    assert up.returncode == 0, up.stderr
    assert "Running upgrade  -> " in up.stderr
    assert migrations.check(lakehouse, schema, layout="clustered") == []
    assert alembic("current").stdout.strip() == f"{SCHEMA_REVISION} (head)"
    assert "No new upgrade operations detected" in alembic("check").stdout
    execute(lakehouse, f"ALTER TABLE {schema}.ETLsysLogs ADD COLUMN mine STRING")
    found = alembic("check")
    assert found.returncode != 0
    assert "mine" in found.stderr + found.stdout
    down = alembic("downgrade", "base")
    assert down.returncode == 0, down.stderr
    assert objects(lakehouse, schema) == VERSION


def test_given_an_upgrade_in_one_layout_when_the_command_checks_then_only_the_other_differs(
    settings: dict[str, str],
) -> None:
    def typed(*words: str) -> tuple[int, str]:
        told = CliRunner().invoke(app, words, env=settings)
        return told.exit_code, told.output

    assert typed("db", "current")[0] == 4
    assert typed("db", "upgrade", "--layout", "clustered") == (0, f"no tables -> {SCHEMA_REVISION}\n")
    assert typed("db", "upgrade") == (0, f"{SCHEMA_REVISION}: nothing to do\n")
    assert typed("db", "check")[0] == 0
    assert typed("db", "check", "--layout", "clustered")[0] == 0
    code, told = typed("db", "check", "--layout", "partitioned")
    assert code == 4
    assert "Table ETLProcessingSteps is not partitioned, but clustered." in told
    assert typed("db", "downgrade", "base", "--yes") == (0, f"{SCHEMA_REVISION} -> no tables\n")
    assert typed("db", "stamp") == (0, f"no tables -> {SCHEMA_REVISION}\n")


def test_given_a_layout_that_nobody_knows_when_it_is_typed_then_it_is_a_wrong_option() -> None:
    told = CliRunner().invoke(app, ["db", "upgrade", "--layout", "diagonal"])
    assert told.exit_code == 2
    assert "partitioned" in told.output
