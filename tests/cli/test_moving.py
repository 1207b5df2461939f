"""`etl-monitor export` and `etl-monitor import`: everything in one file, checked before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor

from .conftest import LATER, Command


@pytest.fixture
def place(url: str) -> tuple[str, str]:
    return ("--url", url)


def test_export_when_imported_into_another_file_shows_the_same(cli: Command, place, tmp_path: Path) -> None:
    exported = cli("export", "monitor.zip", *place)
    cli("db", "upgrade")
    imported = cli("import", "monitor.zip")

    assert (exported.code, imported.code) == (0, 0)
    assert exported.out.splitlines()[1:] == imported.out.splitlines()[1:]
    assert exported.out.startswith("In monitor.zip")
    assert exported.out.rstrip().endswith("rows in all.")
    assert cli("status", "--date", LATER).out == cli("status", "--date", LATER, *place).out


def test_export_when_told_for_a_program_has_the_rows_of_each_table(cli: Command, place, monitor: ETLMonitor) -> None:
    told = {one["table"]: one["rows"] for one in cli("export", "monitor.zip", "--json", *place).json}

    assert told["ETLconfigProcess"] == 2
    assert "ETLtokens" not in told


def test_file_that_exists_when_exported_to_is_refused_in_options(cli: Command, place, tmp_path: Path) -> None:
    (tmp_path / "monitor.zip").write_text("mine")
    refused = cli("export", "monitor.zip", *place)

    assert (refused.code, (tmp_path / "monitor.zip").read_text()) == (2, "mine")
    assert "replace it with --overwrite" in refused.err
    assert cli("export", "monitor.zip", "--overwrite", *place).code == 0


def test_database_with_rows_when_imported_into_is_refused_with_the_way_out(cli: Command, place) -> None:
    cli("export", "monitor.zip", *place)
    refused = cli("import", "monitor.zip", *place)

    assert refused.code == 2
    assert "Name another schema with --schema" in refused.err


def test_file_that_is_no_export_when_imported_is_refused(cli: Command, place, tmp_path: Path) -> None:
    (tmp_path / "x\x1b[31m.zip").write_text("no")
    refused = cli("import", "x\x1b[31m.zip", *place)

    assert (refused.code, refused.out) == (2, "")
    assert "is no export of the monitor" in refused.err
    assert "\x1b" not in refused.err
