"""Hints lead out: they speak of options, repeat those that name the database, and do not lead in a circle."""

from __future__ import annotations

import re
import shlex

import pytest

from etl_monitor_orm import ETLMonitor, SchemaMissing
from etl_monitor_orm.cli.hints import remember, said

from .conftest import LATER

READING = [
    ("status",),
    ("status", "--steps"),
    ("failures",),
    ("watermarks",),
    ("run", "show", "run-1"),
    ("stale",),
    ("stale", "--fail"),
    ("reset", "CORP", "HR_DAILY"),
    ("mode", "live", "CORP", "HR_DAILY"),
    ("db", "check"),
    ("db", "current"),
    ("db", "repair"),
    ("db", "downgrade", "base", "--yes"),
]


def hint(words: str) -> list[str]:
    """The command that a message proposes, without its name."""
    found = re.search(r"`etl-monitor ([^`]*)`", words)
    assert found, words
    return shlex.split(found[1])


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_command_that_reads_creates_no_file_and_its_hint_does(cli, tmp_path, command) -> None:
    there = ("--url", f"duckdb:///{tmp_path}/it's typed.duckdb", "--schema", "my own")

    told = cli(*command, *there)

    assert (told.code, list(tmp_path.iterdir())) == (4, [])
    assert cli(*hint(told.out + told.err)).code == 0
    assert cli("db", "check", *there).code == 0


@pytest.mark.parametrize("command", [one for one in READING if "downgrade" not in one], ids=" ".join)
def test_hint_for_another_schema_leads_to_that_schema(cli, url, command) -> None:
    told = cli(*command, "--url", url, "--schema", "other")

    assert told.code == 4
    assert "setup()" not in told.err
    assert cli(*hint(told.out + told.err)).code == 0
    assert cli("db", "check", "--url", url, "--schema", "other").code == 0


def test_hint_for_a_dropped_view_restores_it(cli, url, monitor: ETLMonitor) -> None:
    with monitor.engine.begin() as connection:
        connection.exec_driver_sql('DROP VIEW etl."v_currentFailures"')
    monitor.close()

    first = cli("failures", "--url", url)
    checked = cli("db", "check", "--url", url)

    assert (first.code, checked.code) == (4, 4)
    assert hint(first.err) == hint(checked.err) == ["db", "repair", "--url", url]
    assert cli(*hint(first.err)).code == 0
    assert cli("failures", "--url", url).code == 0


def test_hint_repeats_no_option_that_came_from_a_variable(cli, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", f"duckdb:///{tmp_path}/new.duckdb")

    told = cli("status")

    assert hint(told.err) == ["db", "upgrade"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("duckdb:///my own.duckdb", "'duckdb:///my own.duckdb'"),
        ("postgresql://me:hunter2@db/etl?sslmode=require", "'postgresql://me:***@db/etl?sslmode=require'"),
        ("databricks://token:hunter2@h?http_path=/p&catalog=c&x_token=hunter2", "'databricks://token:***@h?"),
        ("databricks://hunter2@h?http_path=/p", "'databricks://h?http_path="),
        ("duckdb:///a.duckdb?custom_user_agent=hunter2", "duckdb:///a.duckdb"),
    ],
)
def test_hint_has_the_url_without_its_secrets(url: str, shown: str) -> None:
    remember(url, None, None)

    words = said("Run `etl-monitor db upgrade`.")

    assert words.startswith(f"Run `etl-monitor db upgrade --url {shown}")
    assert "hunter2" not in words


@pytest.mark.parametrize(
    ("python", "command"),
    [
        ("Pass catalog=, or set ETL_MONITOR_CATALOG.", "Pass --catalog, or set ETL_MONITOR_CATALOG."),
        ("catalog='x' was given", "--catalog 'x' was given"),
        ("Write HOST?http_path=/p&catalog=main with", "Write HOST?http_path=/p&catalog=main with"),
        ("Pass actor=, or set ETL_MONITOR_ACTOR.", "Set ETL_MONITOR_ACTOR."),
        ("Set layout=, --layout or ETL_MONITOR_LAYOUT", "Set --layout or ETL_MONITOR_LAYOUT"),
        ("another schema: `--schema`, schema=, or", "another schema: --schema, or"),
        ("project_code must not be empty.", "PROJECT must not be empty."),
    ],
)
def test_words_about_arguments_become_words_about_options(python: str, command: str) -> None:
    assert said(python) == command


@pytest.mark.parametrize("command", [("status", "", ""), ("reset", " ", "X"), ("failures", "--date", LATER, "", "X")])
def test_refusal_of_an_argument_speaks_of_the_command_line(cli, url, command) -> None:
    told = cli(*command, "--url", url)

    assert (told.code, re.findall(r"[a-z]+_[a-z]+|\w+=|\w+\(\)", told.err)) == (2, [])


def test_pythons_hint_names_the_schema_and_the_call(tmp_path) -> None:
    monitor = ETLMonitor(f"duckdb:///{tmp_path}/new.duckdb", schema="other")

    with pytest.raises(
        SchemaMissing, match=r"upgrade --url duckdb:///.*new.duckdb --schema other`, or call monitor.setup"
    ):
        monitor.watermarks()

    monitor.close()


def test_hint_for_a_database_in_memory_is_to_name_a_file(cli) -> None:
    told = cli("status", "--url", "duckdb:///:memory:")

    assert (told.code, "Name a file" in told.err) == (3, True)
