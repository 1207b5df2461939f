"""The same machine on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import settings

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.databases import ServedDatabase
from tests.postgres import Server

from .budgets import budget
from .machine import machine_for
from .reference.state import ACTOR

_running: list[ServedDatabase] = []


@contextmanager
def on_the_server(clock: ManualClock) -> Iterator[ETLMonitor]:
    (database,) = _running
    database.empty()
    yield ETLMonitor(database.engine, clock=clock, actor=ACTOR)


@pytest.fixture(scope="module", autouse=True)
def _database(postgres: Server) -> Iterator[None]:
    name = postgres.new_database()
    monitor = ETLMonitor(postgres.url(name)).setup()
    _running.append(ServedDatabase(monitor.engine))
    yield
    _running.clear()
    monitor.close()
    postgres.drop_database(name)


TestMonitorOnAServer = machine_for(on_the_server).TestCase
TestMonitorOnAServer.settings = settings(budget(), max_examples=12)
