"""`overdue`, `register holidays` and `task measure`: what they print, store and refuse."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, Metric, Process, Task

HR = ("CORP", "HR_DAILY")


@pytest.fixture
def quiet(monitor: ETLMonitor) -> ETLMonitor:
    """A step that was started now, and gives no sign of life."""
    monitor.start_run(*HR, datetime.now(UTC).date(), execution_id="now")
    monitor.start_task("now", *HR, 2)
    return monitor


def test_nothing_late_when_listed_is_said(cli, url) -> None:
    told = cli("overdue", "--url", url, "--exit-code")

    assert (told.code, told.out) == (0, "Nothing is late.\n")


def test_late_step_when_listed_is_told_with_its_sentence_and_exit_code(cli, url, quiet: ETLMonitor) -> None:
    told = cli("overdue", *HR, "--quiet-after", "0", "--exit-code", "--url", url)

    assert told.code == 1
    assert "GONE_QUIET" in told.out
    assert "Load events (task 2, workflow 1) of CORP/HR_DAILY" in told.out
    assert told.out.endswith("Build mart waits for it.\n")
    assert "HR team" in told.out


def test_late_step_when_listed_as_evaluated_is_what_the_last_evaluation_found(cli, url, quiet: ETLMonitor) -> None:
    assert cli("overdue", "--as-evaluated", "--json", "--url", url).json == []

    cli("overdue", "--quiet-after", "0", "--url", url)
    [row] = cli("overdue", "--as-evaluated", "--json", "--url", url).json
    assert (row["kind"], row["task_name"], row["blocks"]) == ("GONE_QUIET", "Load events", "Build mart")


def test_unknown_process_when_asked_for_is_refused(cli, url) -> None:
    told = cli("overdue", "CORP", "HR_DALY", "--url", url)

    assert told.code != 0
    assert "HR_DAILY" in told.err


def test_deadline_when_registered_by_options_is_stored_and_an_empty_one_clears(cli, url, monitor: ETLMonitor) -> None:
    said = ("--due-by", "6:00 Europe/Berlin", "--late-after", "7200", "--calendar", "mon-fri except germany")
    days = cli("register", "holidays", "germany", "2026-12-25", "2026-12-26", "--url", url)
    cli("register", "process", *HR, *said, "--url", url)
    cli("register", "task", *HR, "2", "--name", "Load events", "--sequence", "2", *said, "--url", url)
    cli("register", "process", *HR, "--late-after", "", "--url", url)

    assert days.out == "2 holidays of germany are registered.\n"
    with monitor.session() as session:
        process = session.get_one(Process, HR)
        task = session.scalars(select(Task).where(Task.task_id == 2)).one()
    assert (process.due_by, process.late_after_seconds) == ("06:00 Europe/Berlin", None)
    assert (task.late_after_seconds, task.calendar) == (7200, "Mon-Fri except germany")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (("--due-by", "25:00 UTC"), "00:00 to 23:59"),
        (("--due-by", "06:00"), "has no zone"),
        (("--late-after", "soon"), "--late-after is 'soon'"),
        (("--calendar", "Mon-Fri except germany"), "etl-monitor register holidays"),
    ],
)
def test_impossible_deadline_when_registered_by_options_is_refused(cli, url, said: tuple[str, str], words: str) -> None:
    told = cli("register", "process", *HR, *said, "--url", url)

    assert told.code != 0
    assert words in told.err


def test_measures_when_told_are_stored(cli, url, quiet: ETLMonitor) -> None:
    more = ("--rows", "41000", "--bytes", "0", "--measure", "files=7")
    told = cli("task", "measure", *HR, "2", "--run", "now", *more, "--url", url)

    assert told.out == "NOTED\n"
    with quiet.session() as session:
        found = {one.metric_name: one.metric_value for one in session.scalars(select(Metric))}
    assert found == {"rows": 41_000, "bytes": 0, "files": 7}


@pytest.mark.parametrize(
    ("said", "words"),
    [((), "Nothing was measured"), (("--measure", "7"), "NAME=NUMBER"), (("--rows", "many"), "'rows' is 'many'")],
)
def test_impossible_measure_is_refused(cli, url, quiet: ETLMonitor, said: tuple[str, ...], words: str) -> None:
    told = cli("task", "measure", *HR, "2", "--run", "now", *said, "--url", url)

    assert told.code != 0
    assert words in told.err
