"""Databases for the migrations, and ways to look at what is in them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, event

from etl_monitor_orm import create_engine
from tests.databases import monitor_url
from tests.migrations.looking import execute

if TYPE_CHECKING:
    from tests.warehouse import Warehouse

CHECKOUT = Path(__file__).parents[2]

Alembic = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An empty database in memory."""
    engine = create_engine("duckdb://")
    yield engine
    engine.dispose()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database file that does not exist yet."""
    return f"duckdb:///{tmp_path / 'monitor.duckdb'}"


@pytest.fixture
def statements(engine: Engine) -> list[str]:
    """What reaches the database, as it happens."""
    executed: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        executed.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    return executed


@pytest.fixture(scope="session")
def lakehouse(warehouse: Warehouse) -> Iterator[Engine]:
    """The local warehouse, as the monitor reaches it. Other tests work there too, in schemas of their own."""
    engine = create_engine(monitor_url(warehouse))
    yield engine
    engine.dispose()


_numbers = count()


@pytest.fixture
def schema(lakehouse: Engine) -> Iterator[str]:
    """The name of a schema that is not there yet; whatever is made in it is gone after the test."""
    name = f"migrated_{next(_numbers)}"
    yield name
    execute(lakehouse, f"DROP SCHEMA IF EXISTS {name} CASCADE")


@pytest.fixture
def alembic(url: str) -> Alembic:
    """Runs alembic's own command in the checkout, on the database of `url`."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=CHECKOUT,
            env={**os.environ, "ETL_MONITOR_URL": url, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    return run
