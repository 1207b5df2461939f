"""Fixtures for tests of pipelines: a fresh monitor in memory, and its clock. Found by pytest by itself.

Pytest imports this in every run of an environment that has etl-monitor-orm. So it stands beside the package, whose
import takes SQLAlchemy's half second, and imports nothing before a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from etl_monitor_orm import ETLMonitor, ManualClock
    from etl_monitor_orm.clocks import Clock


@pytest.fixture
def etl_clock() -> ManualClock:
    """The clock of `etl_monitor`: it stands at 2026-01-01 06:00 UTC until the test moves it.

    Define a fixture of this name to let it start elsewhere.
    """
    from etl_monitor_orm import ManualClock

    return ManualClock("2026-01-01 06:00")


@pytest.fixture
def etl_monitor(etl_clock: ManualClock, _etl_monitor_template: Path) -> Iterator[ETLMonitor]:
    """A fresh, migrated monitor on a DuckDB database in memory of its own, which ends with the test."""
    from etl_monitor_orm.backends.duckdb.copying import copy_database

    monitor = _monitor(None, etl_clock)
    with monitor.engine.connect() as connection:
        copy_database(_etl_monitor_template, connection)
    yield monitor.setup()
    monitor.close()


@pytest.fixture(scope="session")
def _etl_monitor_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file with the migrated tables: to copy it takes a third of the time that the migrations take."""
    from etl_monitor_orm.clocks import system_clock

    file = tmp_path_factory.mktemp("etl_monitor") / "template.duckdb"
    monitor = _monitor(str(file), system_clock).setup()
    monitor.close()
    yield file
    file.unlink()


def _monitor(database: str | None, clock: Clock) -> ETLMonitor:
    """Return a monitor that no setting of the environment reaches."""
    from sqlalchemy.engine import URL

    from etl_monitor_orm import ETLMonitor
    from etl_monitor_orm.backends import backend_for
    from etl_monitor_orm.settings import DEFAULT_SCHEMA

    engine = backend_for("duckdb").create_engine(URL.create("duckdb", database=database), catalog=None)
    return ETLMonitor(engine, schema=DEFAULT_SCHEMA, actor="pytest", clock=clock)
