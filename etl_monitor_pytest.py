"""Fixtures for tests of pipelines: a fresh monitor in memory, its clock, and a database for code that opens its own.

Pytest finds them by itself.

Pytest imports this module in every run of an environment with etl-monitor-orm. So it is not part of the package, whose
import takes half a second for SQLAlchemy, and it imports nothing before a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from etl_monitor_orm import ETLMonitor, ManualClock, Run
    from etl_monitor_orm.clocks import Clock


@pytest.fixture
def etl_clock() -> ManualClock:
    """The clock of `etl_monitor`: it stands at 2026-01-01 06:00 UTC until the test moves it.

    Define a fixture with this name to start at another time.
    """
    from etl_monitor_orm import ManualClock

    return ManualClock("2026-01-01 06:00")


@pytest.fixture
def etl_monitor(etl_clock: ManualClock, _etl_monitor_template: Path) -> Iterator[ETLMonitor]:
    """A fresh, migrated monitor on a separate DuckDB database in memory, which ends with the test."""
    from etl_monitor_orm.dialects.duckdb.copying import copy_database

    with _monitor(None, etl_clock) as monitor:
        with monitor.engine.connect() as connection:
            copy_database(_etl_monitor_template, connection)
        yield monitor.setup()


@pytest.fixture
def etl_monitor_url(_etl_monitor_template: Path) -> Iterator[str]:
    """The URL of a fresh, migrated DuckDB file, also in `ETL_MONITOR_URL`: for code that opens its monitor itself.

    Until the test ends, no other `ETL_MONITOR_` variable is set. The file ends with the test.
    """
    import os
    import shutil
    from uuid import uuid4

    from sqlalchemy.engine import URL

    # A name that no other test had: DuckDB would hand out a file that an earlier test left open.
    folder = _etl_monitor_template.with_name(uuid4().hex)
    folder.mkdir()
    file = shutil.copy(_etl_monitor_template, folder / "etl_monitor.duckdb")
    url = URL.create("duckdb", database=str(file)).render_as_string(hide_password=False)
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("ETL_MONITOR_")]:
            environment.delenv(name)
        environment.setenv("ETL_MONITOR_URL", url)
        yield url
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def etl_process(etl_monitor: ETLMonitor) -> Callable[..., ETLMonitor]:
    """`etl_monitor_orm.testing.process` for `etl_monitor`: registers a process with its tasks in a line."""
    from functools import partial

    from etl_monitor_orm.testing import process

    return partial(process, etl_monitor)


@pytest.fixture
def etl_history(etl_monitor: ETLMonitor, etl_clock: ManualClock) -> Callable[..., list[Run]]:
    """`etl_monitor_orm.testing.history` for `etl_monitor`: writes the runs of the days before `etl_clock`'s today."""
    from functools import partial

    from etl_monitor_orm.testing import history

    return partial(history, etl_monitor, clock=etl_clock)


@pytest.fixture(scope="session")
def _etl_monitor_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file with the migrated tables: a copy takes a third of the migrations' time."""
    from etl_monitor_orm.clocks import system_clock

    file = tmp_path_factory.mktemp("etl_monitor") / "template.duckdb"
    with _monitor(str(file), system_clock) as monitor:
        monitor.setup()
    yield file
    file.unlink()


@contextmanager
def _monitor(database: str | None, clock: Clock) -> Iterator[ETLMonitor]:
    """A monitor that no setting of the environment reaches."""
    from sqlalchemy.engine import URL

    from etl_monitor_orm import ETLMonitor
    from etl_monitor_orm.backends import backend_for
    from etl_monitor_orm.schemas import DEFAULT_SCHEMA

    engine = backend_for("duckdb").create_engine(URL.create("duckdb", database=database), catalog=None)
    yield ETLMonitor(engine, schema=DEFAULT_SCHEMA, views_schema=DEFAULT_SCHEMA, actor="pytest", clock=clock)
    engine.dispose()
