"""Printed output: tables that people can read anywhere, JSON that programs can rely on."""

from __future__ import annotations

import _thread
import errno
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from inspect import signature

import pytest
from sqlalchemy import inspect

from etl_monitor_orm import CurrentFailure, MandatoryBlocker, ProcessStatus, RunSummary, TaskDetail, Watermark
from etl_monitor_orm.dialects.duckdb.dialect import DuckDBDialect

from .conftest import COMMAND, EARLIER, LATER

EVERY_TABLE = [
    ("status", "--date", LATER),
    ("status", "--steps", "--date", LATER),
    ("run", "show", "run-2"),
    ("failures",),
    ("watermarks",),
    ("processes",),
    ("runs",),
    ("tasks",),
    ("failures", "--since", "2026-04-01"),
    ("history", "CORP", "HR_DAILY", "1", "--since", EARLIER),
    ("durations", "--since", EARLIER),
    ("durations", "CORP", "HR_DAILY", "1", "--since", EARLIER),
    ("stale", "--since", EARLIER),
    ("reset", "CORP", "HR_DAILY", "--date", EARLIER),
    ("mode", "bulk", "CORP", "HR_DAILY"),
]


def keys(view: type) -> list[str]:
    return [attribute.key for attribute in inspect(view).column_attrs]


@pytest.mark.parametrize(
    ("command", "view"),
    [
        (("status", "--date", LATER), ProcessStatus),
        (("status", "--steps", "--date", LATER), TaskDetail),
        (("failures",), CurrentFailure),
        (("failures", "--mandatory"), MandatoryBlocker),
        (("watermarks",), Watermark),
    ],
)
def test_given_a_list_when_printed_as_json_then_its_keys_are_the_views_columns(cli, url, command, view) -> None:
    rows = cli(*command, "--json", "--url", url).json

    assert rows
    assert {tuple(row) for row in rows} == {tuple(keys(view))}


def test_given_a_run_when_printed_as_json_then_it_holds_attempts_and_steps(cli, url) -> None:
    told = cli("run", "show", "run-1", "--json", "--url", url).json

    assert list(told) == ["attempts", "steps"]
    assert {tuple(row) for row in told["attempts"]} == {tuple(keys(RunSummary))}
    assert {tuple(row) for row in told["steps"]} == {tuple(keys(TaskDetail))}


@pytest.mark.parametrize("command", [*EVERY_TABLE, ("failures", "--date", "2020-01-01"), ("db", "current")])
def test_given_any_command_when_its_json_is_piped_then_a_program_can_read_it(cli, url, command) -> None:
    told = cli(*command, "--json", "--url", url)

    assert (told.code, told.err) == (0, "")
    assert isinstance(told.json, list | dict)


def test_given_times_when_printed_as_json_then_they_are_iso_text_in_utc(cli, url) -> None:
    step = cli("status", "--steps", "--date", EARLIER, "--json", "--url", url).json[1]

    assert (step["processing_date"], step["start_time"]) == (EARLIER, "2026-04-08T06:00:00+00:00")
    assert datetime.fromisoformat(step["end_time"]) == datetime(2026, 4, 8, 6, 0, 45, tzinfo=UTC)


def test_given_any_text_when_printed_as_json_then_it_is_whole(cli, url) -> None:
    failure = cli("failures", "--mandatory", "--json", "--url", url).json[0]

    assert failure["log_message"] == "ConnectionError: the source's [HR] gate is shut\nsecond line 🎉 it's \x1b[31mred"


@pytest.mark.parametrize("command", EVERY_TABLE)
def test_given_eighty_columns_when_a_table_is_printed_then_it_fits(cli, url, command) -> None:
    told = cli(*command, "--url", url)

    tables = [line for line in told.out.splitlines() if ", attempt " not in line]
    assert max(map(len, tables)) <= 80
    assert any("─" in line for line in tables)


def test_given_a_pipe_when_a_table_is_printed_then_each_row_is_one_line(shell, url, monitor) -> None:
    name = "A process with a name that fills more than eighty columns of any terminal, as people like them " * 2
    monitor.register_process("CORP", name).register_task("CORP", name, 1, 1, 2, "Load")
    monitor.start_run("CORP", name, LATER)
    monitor.close()

    told = shell("status", "--date", LATER, "--url", url)

    assert any(line.startswith(f"CORP {name.strip()}") for line in told.out.splitlines())


@pytest.mark.parametrize("command", EVERY_TABLE)
def test_given_a_pipe_when_anything_is_printed_then_no_control_character_is(cli, url, command) -> None:
    printed = cli(*command, "--url", url).out

    assert [character for character in printed if not character.isprintable() and character != "\n"] == []


def test_given_a_long_message_when_shown_to_people_then_it_is_cut_with_a_sign(cli, url, monitor) -> None:
    monitor.fail_task("run-2", "CORP", "HR_DAILY", 2, log_message="x" * 1_999, processing_date=LATER)

    told = cli("failures", "--date", LATER, "--url", url)

    assert "x" * 299 + "…\n" in told.out


def test_given_a_terminal_when_a_table_is_printed_then_a_failure_is_coloured(url, tmp_path) -> None:
    assert "\x1b[1;31mFAIL" in in_terminal("status", "--steps", "--date", LATER, "--url", url)


def test_given_a_terminal_that_wants_none_when_a_table_is_printed_then_nothing_is_coloured(url, tmp_path) -> None:
    assert "\x1b[1;31m" not in in_terminal("status", "--steps", "--date", LATER, "--url", url, NO_COLOR="1")


def test_given_output_in_latin_1_when_an_emoji_is_printed_then_it_is_replaced(shell, url, monitor) -> None:
    monitor.fail_task("run-2", "CORP", "HR_DAILY", 2, log_message="café 🎉", processing_date=LATER)
    monitor.close()

    told = shell("failures", "--url", url, PYTHONIOENCODING="latin-1")

    assert told.code == 0
    assert "café ?" in told.out


def test_given_a_reader_that_leaves_when_output_goes_on_then_there_is_no_traceback(url) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = subprocess.run(
            [COMMAND, "status", "--date", LATER, "--url", url],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)

    assert (result.returncode, result.stderr) == (141, "")


@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_given_a_command_at_work_when_interrupted_then_it_leaves_with_one_line(
    cli, url, monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctrl_c = partial(_thread.interrupt_main)  # without Python code, which would take the interrupt before DuckDB does
    ctrl_c.__signature__ = signature(lambda number: None)
    connect = DuckDBDialect.connect

    def connect_with_the_function(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.create_function("ctrl_c", ctrl_c, ["INTEGER"], "INTEGER", null_handling="special", side_effects=True)
        return connection

    monitor.close()
    monkeypatch.setattr(DuckDBDialect, "connect", connect_with_the_function)
    with monitor.engine.connect() as connection:
        connection.exec_driver_sql('ALTER VIEW etl."v_currentFailures" RENAME TO "v_slow"')
        connection.exec_driver_sql(
            """CREATE VIEW etl."v_currentFailures" AS SELECT * FROM etl."v_slow" WHERE 0 = (
                SELECT count(ctrl_c(CASE WHEN range = 0 THEN 2 ELSE 10 END)) FROM range(3000000)
            )"""
        )
        connection.commit()
    monitor.close()

    told = cli("failures", "--url", url)

    assert (told.code, told.out, told.err) == (130, "", "Interrupted.\n")


def test_given_the_command_when_only_its_help_is_read_then_nothing_heavy_loads() -> None:
    program = (
        "import sys; from etl_monitor_orm.cli import main\n"
        "sys.argv[1:] = ['status', '--help']\n"
        "try: main()\n"
        "except SystemExit: print(sorted({'duckdb', 'alembic', 'rich', 'pandas'} & {*sys.modules}))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert result.stdout.splitlines()[-1] == "[]"


def test_given_a_defect_when_it_shows_then_it_is_told_from_a_finding_by_its_code(shell, tmp_path, url) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['rich'] = None  # a broken installation\n")

    told = shell("status", "--date", LATER, "--url", url, PYTHONPATH=str(tmp_path))

    assert told.code == 70
    assert told.err.startswith("Traceback ")
    assert told.err.endswith("This is a bug in etl-monitor. Please report it with the lines above.\n")


def in_terminal(*arguments: str, **environment: str) -> str:
    """What the command shows in a terminal of 80 columns."""
    screen, terminal = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    with subprocess.Popen(
        [COMMAND, *arguments],
        stdout=terminal,
        stderr=terminal,
        env={**plain, "TERM": "xterm-256color", "COLUMNS": "80", **environment},
    ):
        os.close(terminal)
        return everything(screen)


def everything(screen: int) -> str:
    """The text written to a pseudo terminal until its last writer is gone."""
    seen = b""
    try:
        while chunk := os.read(screen, 65_536):
            seen += chunk
    except OSError as error:
        if error.errno != errno.EIO:  # Linux says so when nobody holds the other end
            raise
    finally:
        os.close(screen)
    return seen.decode()
