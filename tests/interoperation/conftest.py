"""The Spark edition and this one on the same tables: theirs on a Spark session, ours over the warehouse."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest
from etl_monitor.framework import ETLMonitorFramework
from pyspark.sql import Row, SparkSession

from etl_monitor_orm import ETLMonitor
from tests.databases import migrated, monitor_url
from tests.interoperation.their_runs import SCHEMA
from tests.warehouse import Warehouse
from tests.warehouse.warehouse import CATALOG


@pytest.fixture
def notebook(warehouse: Warehouse) -> Iterator[SparkSession]:
    """The Spark session of a notebook; it leaves its sockets to the garbage collector."""
    yield warehouse.notebook()
    gc.collect()


@pytest.fixture
def select(notebook: SparkSession) -> Callable[[str], list[Row]]:
    """Run a statement in the notebook; return its rows."""
    return lambda statement: notebook.sql(statement).collect()


@pytest.fixture
def theirs(notebook: SparkSession) -> ETLMonitorFramework:
    """The Spark edition."""
    return ETLMonitorFramework(notebook, CATALOG, SCHEMA)


@pytest.fixture
def ours(warehouse: Warehouse) -> Iterator[ETLMonitor]:
    """This edition, in the same schema."""
    monitor = ETLMonitor(monitor_url(warehouse), schema=SCHEMA)
    yield monitor
    monitor.close()


@pytest.fixture
def nothing(warehouse: Warehouse) -> Iterator[None]:
    """The schema is not there yet, and gone after the test."""
    migrated(warehouse)
    yield
    warehouse.restore("empty")
