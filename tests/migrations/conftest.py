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
    from tests.postgres import Server
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
    """The local warehouse, as the monitor reaches it. Other tests work there too, in their own schemas."""
    engine = create_engine(monitor_url(warehouse))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def on_server(postgres: Server) -> Iterator[Engine]:
    """A database on the tests' own PostgreSQL server, as the monitor reaches it."""
    engine = create_engine(postgres.url(postgres.new_database()))
    yield engine
    engine.dispose()


_numbers = count()


@pytest.fixture
def schema(lakehouse: Engine) -> Iterator[str]:
    """The name of a schema that is not there yet; whatever is made in it is gone after the test."""
    name = f"migrated_{next(_numbers)}"
    yield name
    execute(lakehouse, f"DROP SCHEMA IF EXISTS {name} CASCADE")


ENGINES = {"duckdb": "engine", "postgresql": "on_server", "databricks": "lakehouse"}
"""Which fixture is the engine of a backend."""


@pytest.fixture
def place(backend: str, request: pytest.FixtureRequest) -> Iterator[tuple[Engine, str]]:
    """An engine of each backend, and the name of a schema there that does not exist yet."""
    engine: Engine = request.getfixturevalue(ENGINES[backend])
    name = f"migrated_{next(_numbers)}"
    yield engine, name
    execute(engine, f"DROP SCHEMA IF EXISTS {name} CASCADE")


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
