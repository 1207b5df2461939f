"""Engines of strangers on DuckDB, by our dialect's name and adopted from a stock engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from etl_monitor_orm import ETLMonitor


@pytest.fixture(params=["duckdb+monitor", "duckdb"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An engine whose cursors are ours, on connections of our dialect and on those of duckdb-engine's pool."""
    made = sa.create_engine(f"{request.param}:///{tmp_path / 'guest.duckdb'}")
    yield ETLMonitor(made).engine
    made.dispose()


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        yield connection
