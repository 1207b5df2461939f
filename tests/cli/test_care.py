"""`etl-monitor purge` and `etl-monitor doctor`: what would go, what goes, what is wrong, and what to do next."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor

from .conftest import Command

HOSTILE = ("CORP\x1b[31m", "\u202eEVIL and a very long name that fills a line of a terminal by itself")


@pytest.fixture
def place(url: str) -> tuple[str, str]:
    return ("--url", url)


@pytest.fixture
def old(monitor: ETLMonitor) -> ETLMonitor:
    """Two dates long ago on which a process of a hostile name was complete."""
    monitor.register_process(*HOSTILE).register_task(*HOSTILE, 1, 1, 2, "Load")
    for day in (1, 2):
        now = datetime(2020, 1, day, 6, tzinfo=UTC)
        with ETLMonitor(monitor.engine, clock=lambda now=now: now).start_run(*HOSTILE, now.date()).task(1):
            pass
    return monitor


def steps(monitor: ETLMonitor) -> int:
    return sum(row.done for day in ("2020-01-01", "2020-01-02") for row in monitor.processes(processing_date=day))


# purge


def test_old_runs_when_purged_without_yes_are_shown_and_stay(cli: Command, place, old: ETLMonitor) -> None:
    told = cli("purge", "--older-than", "2000d", *place)

    assert (told.code, steps(old)) == (0, 2)
    assert "To delete" in told.out
    assert "Older, and kept" in told.out
    assert "last good" in told.out
    assert "Nothing was deleted. To delete this: `etl-monitor purge --older-than 2000d --yes" in told.out


def test_old_runs_when_purged_with_yes_go(cli: Command, place, old: ETLMonitor) -> None:
    told = cli("purge", "--older-than", "2000d", "--yes", *place)

    assert (told.code, steps(old)) == (0, 1)
    assert "Deleted" in told.out
    assert "Nothing was deleted" not in told.out
    again = cli("purge", "--older-than", "2000d", "--yes", *place)
    assert "There is nothing to delete" in again.out


def test_old_runs_when_purged_for_a_program_are_told_with_what_stays(cli: Command, place, old: ETLMonitor) -> None:
    told = cli("purge", "--older-than", "2000d", "--json", *place).json

    assert (told["done"], told["receipts"], told["tokens"], told["requests"]) == (False, 0, 0, 0)
    assert told["deleted"] == [
        {
            "project_code": HOSTILE[0],
            "process_load": HOSTILE[1],
            "processing_date": "2020-01-01",
            "runs": 1,
            "steps": 1,
            "reason": None,
        }
    ]
    assert [(one["processing_date"], one["reason"]) for one in told["kept"]] == [("2020-01-02", "last good")]


@pytest.mark.parametrize("command", [("purge", "--older-than", "2000d"), ("doctor",)])
def test_hostile_names_when_shown_drive_no_terminal_and_fit_into_it(
    cli: Command, place, old: ETLMonitor, command: tuple[str, ...]
) -> None:
    old.register_task(*HOSTILE, 2, 1, 2, "Load", source_system_code="\x1b]0;evil\x07")
    told = cli(*command, *place)

    assert all(one.isprintable() or one == "\n" for one in told.out + told.err)
    tables = [line for line in told.out.splitlines() if "etl-monitor" not in line and "problem" not in line]
    assert max(map(len, tables)) <= 80 or command == ("doctor",)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        ("400", "--older-than is '400'; write a number and w, d, h or m, such as 90d."),
        ("-1d", "--older-than is '-1d'"),
        ("1h", "--older-than is 1:00:00; it must be at least 1 day"),
        ("999999w", "leads out of the calendar"),
    ],
)
def test_age_that_makes_no_sense_when_purged_is_refused(
    cli: Command, place, old: ETLMonitor, age: str, words: str
) -> None:
    told = cli("purge", f"--older-than={age}", "--yes", *place)

    assert (told.code, told.out, steps(old)) == (2, "", 2)
    assert words in told.err


# doctor


def test_sound_database_when_examined_is_fine(cli: Command, tmp_path: Path) -> None:
    cli("db", "upgrade")
    told = cli("doctor")

    assert told.code == 0
    assert [line.split()[:2] for line in told.out.splitlines()] == [
        ["ok", f"{check}:"] for check in ("connection", "clock", "revision", "drift", "stale", "orphans", "deadlines")
    ]


def test_problems_when_examined_come_with_the_next_command_for_this_database(
    cli: Command, place, url: str, monitor: ETLMonitor
) -> None:
    monitor.register_task("CORP", "PAYROLL", 1, 1, 2, "Pay", source_system_code="Nowhere")
    told = cli("doctor", *place)

    assert told.code == 1
    assert "! problem orphans: Tasks whose watermark is not registered: 1, such as Nowhere" in told.out
    assert f"Next: `etl-monitor register parameter CORP PAYROLL Nowhere TYPE --url {url}`." in told.out


def test_problems_when_examined_for_a_program_have_their_columns(cli: Command, place, monitor: ETLMonitor) -> None:
    monitor.register_task("CORP", "PAYROLL", 1, 1, 2, "Pay", source_system_code="Nowhere")
    told = cli("doctor", "--json", *place)

    assert told.code == 1
    assert told.json[-2]["command"] == "etl-monitor register parameter CORP PAYROLL Nowhere TYPE"
    assert {tuple(one) for one in told.json} == {("check", "state", "words", "command")}


def test_database_that_is_not_there_when_examined_is_a_problem_and_is_not_made(cli: Command, tmp_path: Path) -> None:
    told = cli("doctor")

    assert told.code == 1
    assert "! problem connection: " in told.out
    assert [*tmp_path.iterdir()] == []
