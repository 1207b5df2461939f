"""Migrations on PostgreSQL: up, checked, as a script, at once from two processes, and down."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine, inspect, text

from etl_monitor_orm import create_engine, migrations
from tests.migrations.looking import TABLES, VIEWS
from tests.patience import PATIENT
from tests.postgres import Server


@pytest.fixture
def url(postgres: Server) -> Iterator[URL]:
    """An empty database."""
    name = postgres.new_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def server(url: URL) -> Iterator[Engine]:
    engine = create_engine(url)
    yield engine
    engine.dispose()


def names(engine: Engine, schema: str = "etl") -> set[str]:
    found = inspect(engine)
    return {*found.get_table_names(schema=schema), *found.get_view_names(schema=schema)}


def test_upgraded_database_has_everything_and_no_difference(server: Engine) -> None:
    migrations.upgrade(server, "etl")

    assert {*TABLES, *VIEWS} <= names(server)
    assert migrations.compare(server, "etl") == migrations.Comparison()


def test_changed_table_and_missing_view_are_told(server: Engine) -> None:
    migrations.upgrade(server, "etl")
    with server.begin() as connection:
        connection.execute(text('ALTER TABLE etl."ETLsysLogs" ALTER "Level" TYPE bigint'))
        connection.execute(text('DROP VIEW etl."v_runSummary"'))

    assert migrations.check(server, "etl") == [
        "Column ETLsysLogs.Level has type BIGINT, not INTEGER.",
        "View v_runSummary is missing.",
    ]


def test_script_makes_the_same_database(server: Engine) -> None:
    script = migrations.upgrade_script(server, "etl")
    with server.connect() as connection:
        connection.connection.dbapi_connection.execute(script.encode())

    assert migrations.check(server, "etl") == []


def test_upgrade_that_fails_leaves_nothing(server: Engine) -> None:
    with server.begin() as connection:
        connection.execute(text("CREATE SCHEMA etl"))
        connection.execute(text("CREATE TABLE etl.v_watermarks (mine int)"))

    with pytest.raises(Exception, match="v_watermarks"):
        migrations.upgrade(server, "etl")

    assert names(server) == {"v_watermarks"}


def test_downgraded_database_has_nothing_of_the_monitors(server: Engine) -> None:
    migrations.upgrade(server, "etl")
    migrations.downgrade(server, "etl", migrations.BASE)

    assert names(server) & {*TABLES, *VIEWS} == set()
    assert migrations.current(server, "etl") is None


def test_two_processes_that_set_up_at_once_leave_one_set_of_tables(url: URL, server: Engine) -> None:
    program = "import sys; from etl_monitor_orm import ETLMonitor, ConflictError\n" + (
        "try: ETLMonitor(sys.argv[1]).setup()\nexcept ConflictError: ETLMonitor(sys.argv[1]).setup()"
    )
    place = url.render_as_string(hide_password=False)
    both = [subprocess.Popen([sys.executable, "-c", program, place]) for _ in range(2)]

    assert [one.wait(timeout=PATIENT) for one in both] == [0, 0]
    assert migrations.check(server, "etl") == []
