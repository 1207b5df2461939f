"""`journal status`, `send` and `drop`: what waits for the database, for people and for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.cli.conftest import Command
from tests.contract.journal.conftest import Outage


@pytest.fixture
def waiting(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal with a line that the monitor refuses, and one that it takes."""
    path = tmp_path / "hr.journal"
    monkeypatch.setenv("ETL_MONITOR_JOURNAL", str(path))
    monitor = ETLMonitor(url, clock=ManualClock("2026-04-10 06:00"), actor="pytest", when_away="journal")
    with Outage(monitor, "duckdb")():
        monitor.start_task("run-9", "CORP", "HR_DAILY", 1, processing_date="2026-04-10")
        monitor.log("120 rows")
    monitor.close()
    return path


def test_given_no_journal_when_asked_then_nothing_waits_and_no_database_is_made(cli, tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path}/none.duckdb"
    told = cli("journal", "status", "--url", url, "--journal", str(tmp_path / "none.journal"))

    assert (told.code, told.out) == (0, f"Nothing waits in the journal {tmp_path}/none.journal.\n")
    assert not (tmp_path / "none.duckdb").exists()


def test_given_calls_that_wait_when_listed_then_each_says_what_it_is_about(cli, url, waiting: Path) -> None:
    told = cli("journal", "status", "--url", url, "--json", "--exit-code")

    assert told.code == 1
    assert (told.json["waiting"], told.json["refused"], told.json["path"]) == (2, 0, str(waiting))
    first, second = told.json["lines"]
    assert (first["line"], first["state"], first["call"]) == (1, "waiting", "start")
    assert first["about"] == "task 1 (workflow 1) of CORP/HR_DAILY in run run-9 on 2026-04-10"
    assert first["made_at"] == "2026-04-10T06:00:00+00:00"
    assert second["call"] == "log"


def test_given_calls_that_wait_when_sent_then_what_was_refused_is_left_with_its_reason(cli, url, waiting: Path) -> None:
    told = cli("journal", "send", "--url", url)

    assert told.code == 0
    assert "0 waiting, 1 refused" in told.out
    (line,) = cli("journal", "status", "--url", url, "--json").json["lines"]
    assert "There is no run run-9 of CORP/HR_DAILY" in line["reason"]
    assert "`etl-monitor journal drop --url" in told.err


def test_given_what_was_refused_when_dropped_then_nothing_is_left(cli, url, waiting: Path) -> None:
    cli("journal", "send", "--url", url)
    told = cli("journal", "drop", "--url", url, "--yes")

    assert (told.code, told.out) == (0, f"Nothing is left in the journal {waiting}.\n")
    assert cli("journal", "status", "--url", url, "--exit-code").code == 0


def test_given_a_line_that_the_journal_does_not_have_when_dropped_then_it_is_said(cli, url, waiting: Path) -> None:
    told = cli("journal", "drop", "7", "--url", url, "--yes")

    assert told.code == 2
    assert "has no line 7" in told.err


def test_given_another_database_when_its_journal_is_named_wrongly_then_it_is_refused(
    cli, waiting: Path, tmp_path: Path
) -> None:
    told = cli("journal", "status", "--url", f"duckdb:///{tmp_path}/other.duckdb")

    assert told.code == 3
    assert "--journal or ETL_MONITOR_JOURNAL" in told.err


def test_given_an_outage_when_commands_report_then_their_calls_are_kept_and_sent(
    shell: Command, url: str, tmp_path: Path
) -> None:
    variables = {
        "ETL_MONITOR_URL": url,
        "ETL_MONITOR_WHEN_AWAY": "journal",
        "ETL_MONITOR_JOURNAL": str(tmp_path / "hr.journal"),
        "ETL_MONITOR_LOCK_WAIT": "0",
    }
    step = ("CORP", "HR_DAILY", "1", "--run", "run-9", "--date", "2026-06-01")
    holder = ETLMonitor(url, exclusive=True)
    holder.processes()
    try:
        began = shell("run", "start", "CORP", "HR_DAILY", "--run", "run-9", "--date", "2026-06-01", **variables)
        started = shell("task", "start", *step, **variables)
        told = [
            shell("task", "heartbeat", *step, **variables),
            shell("task", "end", *step, "--claim", started.out.strip(), "--message", "ten rows", **variables),
            shell("log", "ten receipts", **variables),
        ]
        waiting = shell("journal", "status", "--json", **variables).json["waiting"]
    finally:
        holder.close()
    shell("journal", "send", **variables)

    assert [one.code for one in (began, started, *told)] == [0] * 5, (began, started, told)
    assert waiting == 5
    assert shell("journal", "status", "--json", **variables).json["lines"] == []
    monitor = ETLMonitor(url)
    (found,) = [one for one in monitor.get_status("CORP", "HR_DAILY", "2026-06-01") if one.task_id == 1]
    monitor.close()
    assert (found.status, found.log_message) == ("DONE", "ten rows")
