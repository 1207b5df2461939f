"""The command on PostgreSQL: from nothing to a report, and never the password."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm import create_engine
from etl_monitor_orm.backends import backend_of
from tests.cli.conftest import Command
from tests.postgres import Server
from tests.postgres.binaries import PASSWORD

HR = ("CORP", "HR_DAILY")


@pytest.fixture
def url(postgres: Server) -> Iterator[str]:
    name = postgres.new_database()
    yield postgres.url(name).render_as_string(hide_password=False)
    postgres.drop_database(name)


def test_commands_migrate_check_and_report(shell: Command, url: str) -> None:
    outcomes = [
        shell("db", "upgrade", ETL_MONITOR_URL=url),
        shell("db", "check", ETL_MONITOR_URL=url),
        shell("db", "current", ETL_MONITOR_URL=url),
        shell("failures", "--json", ETL_MONITOR_URL=url),
    ]

    assert [outcome.code for outcome in outcomes] == [0, 0, 0, 0], outcomes
    assert outcomes[-1].json == []
    assert not any(PASSWORD in outcome.out + outcome.err for outcome in outcomes)


def test_command_on_an_empty_or_unreachable_server_says_what_to_do(shell: Command, url: str) -> None:
    empty = shell("failures", ETL_MONITOR_URL=url)
    refused = shell("failures", ETL_MONITOR_URL=url.replace(PASSWORD, "not-it"))

    assert (empty.code != 0, refused.code != 0) == (True, True)
    assert "etl-monitor db upgrade" in empty.err
    assert "refuses the credentials" in " ".join(refused.err.split())
    assert "not-it" not in refused.err


def test_query_on_a_server_is_answered_and_cannot_write(shell: Command, url: str) -> None:
    shell("db", "upgrade", ETL_MONITOR_URL=url)
    read = shell("sql", "select '100%' as a, 2.50 as b, '::c' as c", "--json", ETL_MONITOR_URL=url)
    engine = create_engine(url)
    with pytest.raises(DBAPIError, match="read-only"), backend_of(engine).reading(engine) as connection:
        connection.exec_driver_sql('DELETE FROM etl."ETLsysLogs"')
    engine.dispose()

    assert read.json == [{"a": "100%", "b": "2.50", "c": "::c"}]


def test_program_executed_on_a_server_is_tracked(shell: Command, url: str) -> None:
    shell("db", "upgrade", ETL_MONITOR_URL=url)
    script = 'test "$ETL_MONITOR_TASK" && exit 3'
    done = shell("exec", *HR, "Load", "--register", "--", "bash", "-c", script, ETL_MONITOR_URL=url)
    again = shell("exec", *HR, "Load", "--", "true", ETL_MONITOR_URL=url)

    steps = shell("status", *HR, "--steps", "--json", ETL_MONITOR_URL=url).json
    assert (done.code, again.code) == (3, 0)
    assert [(step["task_name"], step["attempts"], step["status"]) for step in steps] == [("Load", 1, "DONE")]
