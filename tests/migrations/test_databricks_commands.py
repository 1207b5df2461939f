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
from tests.databases import monitor_url
from tests.migrations.conftest import CHECKOUT
from tests.migrations.looking import VERSION, execute, objects
from tests.warehouse import Warehouse


@pytest.fixture
def settings(warehouse: Warehouse, schema: str) -> dict[str, str]:
    """The variables that lead to the schema."""
    url = monitor_url(warehouse).render_as_string(hide_password=False)
    return {"ETL_MONITOR_URL": url, "ETL_MONITOR_SCHEMA": schema}


def test_given_a_checkout_when_alembic_upgrades_checks_and_downgrades_then_each_does_and_says_so(
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
    assert "Running upgrade  -> 0001" in up.stderr
    assert migrations.check(lakehouse, schema, layout="clustered") == []
    assert alembic("current").stdout.strip() == "0001 (head)"
    assert "No new upgrade operations detected" in alembic("check").stdout
    execute(lakehouse, f"ALTER TABLE {schema}.ETLsysLogs ADD COLUMN mine STRING")
    found = alembic("check")
    assert found.returncode != 0
    assert "mine" in found.stderr + found.stdout
    down = alembic("downgrade", "base")
    assert down.returncode == 0, down.stderr
    assert objects(lakehouse, schema) == VERSION


def test_given_the_command_when_it_upgrades_in_a_layout_and_checks_for_it_then_only_the_other_one_differs(
    settings: dict[str, str],
) -> None:
    def typed(*words: str) -> tuple[int, str]:
        told = CliRunner().invoke(app, words, env=settings)
        return told.exit_code, told.output

    assert typed("db", "current")[0] == 4
    assert typed("db", "upgrade", "--layout", "clustered") == (0, "no tables -> 0001\n")
    assert typed("db", "upgrade") == (0, "0001: nothing to do\n")
    assert typed("db", "check")[0] == 0
    assert typed("db", "check", "--layout", "clustered")[0] == 0
    code, told = typed("db", "check", "--layout", "partitioned")
    assert code == 4
    assert "Table ETLProcessingSteps is not partitioned, but clustered." in told
    assert typed("db", "downgrade", "base", "--yes") == (0, "0001 -> no tables\n")
    assert typed("db", "stamp") == (0, "no tables -> 0001\n")


def test_given_a_layout_that_nobody_knows_when_it_is_typed_then_it_is_a_wrong_option() -> None:
    told = CliRunner().invoke(app, ["db", "upgrade", "--layout", "diagonal"])
    assert told.exit_code == 2
    assert "partitioned" in told.output
