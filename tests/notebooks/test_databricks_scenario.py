"""The notebooks that set up, describe and run: they use what Databricks brings, and can be run again."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor, views
from etl_monitor_orm.models import Base
from tests.notebooks.conftest import DAY
from tests.notebooks.databricks import FOLDER, Outcome, run_notebook

BACKENDS = ("duckdb",)  # what they do together, on both: see `test_databricks_end_to_end.py`

MONITORED = (
    {"etl_monitor_version"}
    | {table.name for table in Base.metadata.sorted_tables} - {"ETLtokens", "ETLrequests"}
    | {stored for _, stored in views.HOMES.values()}
)
"""What a reader may see: all but what belongs to the tokens of a server."""
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.py"))


def night(tmp_path: Path, **passed: str) -> Outcome:
    return run_notebook("03-run", landing=str(tmp_path / "landing"), **passed)


def test_given_the_folder_then_it_has_the_notebooks_that_the_pages_name() -> None:
    told = {"00-infrastructure", "01-install", "02-config", "03-run"}
    reporting = {"etl_end_task", "etl_fail_task", "etl_pending_tasks", "etl_start_task"}

    assert set(NOTEBOOKS) == told | reporting


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_given_a_notebook_then_it_uses_the_library_and_what_python_brings(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))
    imported = {one.module for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)}
    imported |= {alias.name for one in ast.walk(tree) if isinstance(one, ast.Import) for alias in one.names}

    assert imported <= {"etl_monitor_orm", "concurrent.futures", *sys.stdlib_module_names}


def test_given_an_empty_database_when_installed_then_its_tables_are_made(url: str) -> None:
    told = run_notebook("01-install", etl_monitor_url=url)

    assert told.printed.startswith("<ETLMonitor ")
    with ETLMonitor(url) as monitor:
        assert monitor.processes() == []


def test_given_the_configuration_when_it_is_run_again_then_nothing_changes(
    monitor: ETLMonitor, unchanged: Callable[[], AbstractContextManager[None]]
) -> None:
    first = run_notebook("02-config")
    with unchanged():
        run_notebook("02-config")

    assert list(first.shown[0]["parameter_name"]) == ["LoadEmployees", "LoadEvents", "SYSDT", "LoadOrders", "SYSDT"]


def test_given_a_night_that_was_run_when_it_is_run_again_then_it_ends_well_again(
    monitor: ETLMonitor, tmp_path: Path
) -> None:
    night(tmp_path)
    again = night(tmp_path, processing_date=DAY)

    assert "Load payroll file failed: FileNotFoundError" in again.printed


PLACE = {"catalog": "main", "schema": "etl", "owner": "own`ers", "pipelines": "etl pipelines", "readers": "a@b.example"}


def test_given_names_when_the_infrastructure_is_asked_for_then_each_is_one_quoted_name() -> None:
    told = run_notebook("00-infrastructure", **PLACE)

    lines = told.printed.splitlines()
    assert lines[:8] == [
        "-- 1. Now",
        "CREATE SCHEMA IF NOT EXISTS `main`.`etl`;",
        "GRANT USE CATALOG ON CATALOG `main` TO `own``ers`;",
        "GRANT USE SCHEMA, CREATE TABLE, SELECT, MODIFY ON SCHEMA `main`.`etl` TO `own``ers`;",
        "GRANT USE CATALOG ON CATALOG `main` TO `etl pipelines`;",
        "GRANT USE SCHEMA ON SCHEMA `main`.`etl` TO `etl pipelines`;",
        "GRANT USE CATALOG ON CATALOG `main` TO `a@b.example`;",
        "GRANT USE SCHEMA ON SCHEMA `main`.`etl` TO `a@b.example`;",
    ]
    assert "GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLsysLogs TO `etl pipelines`;" in lines
    assert "GRANT SELECT ON VIEW `main`.`etl`.v_watermarks TO `a@b.example`;" in lines


def test_given_the_tables_when_the_infrastructure_is_asked_for_then_each_is_granted_except_those_of_tokens() -> None:
    told = run_notebook("00-infrastructure", **PLACE)
    named = re.findall(r"ON (?:TABLE|VIEW) `main`\.`etl`\.(\S+) TO `a@b.example`", told.printed)

    assert sorted(named) == sorted(MONITORED)


def test_given_an_empty_name_when_infrastructure_is_asked_for_then_the_error_names_the_widget() -> None:
    with pytest.raises(ValueError, match="The widget readers is empty"):
        run_notebook("00-infrastructure", **{**PLACE, "readers": " "})
