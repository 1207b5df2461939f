"""The command on PostgreSQL: from nothing to a report, and never the password."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
