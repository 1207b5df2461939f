"""Databases for the tests of PostgreSQL: each test has its own, a copy of a migrated one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import URL

from etl_monitor_orm import ETLMonitor
from tests.postgres import Server

HR = ("CORP", "HR_DAILY")


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    """A database with the monitor's tables and the process CORP/HR_DAILY."""
    name = postgres.new_database()
    monitor = ETLMonitor(postgres.url(name), actor="pytest").setup()
    monitor.register_process(*HR).register_task(*HR, 0, 0, 0, "Initiation").register_parameter(
        *HR, "Since", "DELTA_DATE"
    )
    monitor.register_task(*HR, 1, 1, 2, "Load", source_system_code="Since")
    monitor.close()
    return name


@pytest.fixture
def url(postgres: Server, template: str) -> Iterator[URL]:
    """A migrated database of the test's own."""
    name = postgres.new_database(template)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def opened() -> Iterator[Callable[..., ETLMonitor]]:
    """Make a monitor that is closed after the test."""
    monitors: list[ETLMonitor] = []

    def make(*arguments: object, **settings: object) -> ETLMonitor:
        monitors.append(ETLMonitor(*arguments, **settings))
        return monitors[-1]

    yield make
    for monitor in monitors:
        monitor.close()


@pytest.fixture
def monitor(url: URL) -> Iterator[ETLMonitor]:
    monitor = ETLMonitor(url, actor="pytest")
    yield monitor
    monitor.close()
