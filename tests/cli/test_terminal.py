"""Names and messages out of the database drive no terminal, and forge no line; in JSON they stay whole."""

from __future__ import annotations

import re

import pytest

from etl_monitor_orm import ETLMonitor

from .conftest import LATER

EVIL = {
    "title": "\x1b]0;OWNED\x07",
    "clear": "\x1b[2J",
    "c1": "\x9b31m",
    "bidi": "\u202egnp\u2066",
    "line": "\nAll is fine",
    "carriage": "\rAll is fine",
    "separator": "\u2028All is fine",
    "markup": "[red]x[/red][link=http://evil.example]",
}
PROJECT, PROCESS, RUN = ("".join(EVIL.values()) + name for name in ("CORP", "HR", "run"))

EVERY_LIST = [
    ("status",),
    ("status", "--steps"),
    ("run", "show", RUN),
    ("failures",),
    ("failures", "--mandatory"),
    ("watermarks",),
    ("processes", "--since", LATER),
    ("runs",),
    ("tasks", "--where", "status = FAIL"),
    ("logs",),
    ("failures", "--since", "9d"),
    ("history", PROJECT, PROCESS, "1", "--since", LATER),
    ("durations", "--since", LATER),
    ("durations", PROJECT, PROCESS, "1", "--since", LATER),
    ("why", PROJECT, PROCESS),
    ("stale", "--since", "2026-01-01", "--older-than", "0"),
    ("reset", PROJECT, PROCESS, "--date", LATER),
    ("mode", "bulk", PROJECT, PROCESS),
]
EVERY_REFUSAL = [
    ("status", "NOPE"),
    ("run", "show", RUN + "\x1b[2J"),
    ("tasks", "--where", "x\x1b[2J\nAll is fine = 1"),
    ("tasks", "--date", "x\x1b[2J\nAll is fine"),
    ("logs", "--since", "x\x1b[2J\nAll is fine"),
    ("mode", "bulk", PROJECT, PROCESS, "--parameter", "x\x1b[2J\nAll is fine"),
    ("mode", "parameter", PROJECT, PROCESS, "ID" + EVIL["title"]),
    ("reset", PROJECT, PROCESS, "--date", LATER, "--run", "x\x1b[2J\nAll is fine"),
]


@pytest.fixture
def evil_url(etl_monitor_url: str) -> str:
    """A database whose every text attacks the terminal."""
    monitor = ETLMonitor().register_process(PROJECT, PROCESS)
    name = "ID" + EVIL["title"]
    monitor.register_parameter(PROJECT, PROCESS, name, "DELTA_ID", value_int=5)
    monitor.register_task(PROJECT, PROCESS, 1, 1, 2, "Load" + "".join(EVIL.values()), source_system_code=name)
    monitor.register_task(PROJECT, PROCESS, 2, 1, 2, "Load" + "".join(EVIL.values()))
    run = monitor.start_run(PROJECT, PROCESS, LATER, execution_id=RUN)
    with pytest.raises(ValueError, match="x"), run.task(1):
        raise ValueError("x" + "".join(EVIL.values()))
    monitor.start_task(RUN, PROJECT, PROCESS, 2, processing_date=LATER)
    evil = "".join(EVIL.values())
    monitor.log(evil, project_code=PROJECT, process_load=PROCESS, execution_id=RUN, operation_name=evil)
    monitor.close()
    return etl_monitor_url


def assert_harmless(printed: str) -> None:
    assert [character for character in printed if not character.isprintable() and character != "\n"] == []
    assert not re.search(r"^\s*All is fine", printed, re.MULTILINE)


@pytest.mark.parametrize("command", EVERY_LIST, ids=lambda command: " ".join(command[:2]))
def test_list_prints_evil_names_harmlessly(cli, evil_url, command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "5000")

    told = cli(*command, "--url", evil_url)

    assert (told.code, "OWNED" in told.out) == (0, True)
    assert_harmless(told.out + told.err)


@pytest.mark.parametrize("command", EVERY_LIST, ids=lambda command: " ".join(command[:2]))
def test_list_as_json_is_valid_ascii_and_holds_names_whole(cli, evil_url, command) -> None:
    told = cli(*command, "--json", "--url", evil_url)

    assert told.json
    assert_harmless(told.out)


@pytest.mark.parametrize("command", EVERY_REFUSAL, ids=lambda command: " ".join(command[:2]))
def test_refusal_repeats_evil_names_in_one_harmless_line(cli, evil_url, command) -> None:
    told = cli(*command, "--url", evil_url)

    assert told.code == 2
    assert told.err.count("\n") == 1
    assert_harmless(told.err)


def test_check_prints_evil_names_of_tables_and_columns_harmlessly(cli, evil_url) -> None:
    monitor = ETLMonitor(evil_url)
    with monitor.engine.begin() as connection:
        connection.exec_driver_sql('ALTER TABLE etl."ETLsysLogs" ADD COLUMN "x\x1b[2J\nAll is fine" INTEGER')
        connection.exec_driver_sql("UPDATE etl.etl_monitor_version SET readable_from = NULL")
    monitor.close()

    assert_harmless(cli("db", "check", "--url", evil_url).out)


def test_recorded_revision_that_is_evil_is_printed_harmlessly(cli, evil_url) -> None:
    monitor = ETLMonitor(evil_url)
    with monitor.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE etl.etl_monitor_version SET version_num = '0\x1b[2J\nAll is fine'")
    monitor.close()

    for command in ("current", "check", "upgrade"):
        told = cli("db", command, "--url", evil_url)
        assert_harmless(told.out + told.err)
