"""`runs`, `processes`, `tasks`, `logs`: which rows they list, and which words mean a date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, clocks
from etl_monitor_orm.cli import when

from .conftest import EARLIER, LATER

NOW = datetime(2026, 4, 9, 0, 30, tzinfo=UTC)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Half an hour after the midnight of the later day."""
    monkeypatch.setattr(clocks, "system_clock", lambda: NOW)
    return NOW


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-04-01", date(2026, 4, 1)),
        ("today", date(2026, 4, 9)),
        ("Yesterday", date(2026, 4, 8)),
        ("-0", date(2026, 4, 9)),
        ("-1", date(2026, 4, 8)),
        ("-10", date(2026, 3, 30)),
        ("1h", date(2026, 4, 8)),
        ("7d", date(2026, 4, 2)),
        ("2w", date(2026, 3, 26)),
    ],
)
def test_word_for_a_date_means_a_utc_day(now: datetime, text: str, expected: date) -> None:
    assert when.day("--date", text) == expected


@pytest.mark.parametrize("text", ["", "tomorrow", "-", "--1", "1", "-1d", "-999999", "٣d", "2026-13-01", "9999999w"])
def test_word_that_means_no_date_is_refused(now: datetime, text: str) -> None:
    with pytest.raises(InvalidInput, match="--date is"):
        when.day("--date", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24h", timedelta(hours=24)),
        ("90m", timedelta(minutes=90)),
        ("30s", timedelta(seconds=30)),
        ("yesterday", date(2026, 4, 8)),
        ("-1", date(2026, 4, 8)),
        ("2026-04-08", date(2026, 4, 8)),
        ("2026-04-08 06:30", datetime(2026, 4, 8, 6, 30, tzinfo=UTC)),
        ("2026-04-08T06:30:00+02:00", datetime(2026, 4, 8, 4, 30, tzinfo=UTC)),
    ],
)
def test_word_for_a_time_means_a_moment_or_how_long_ago(now: datetime, text: str, expected: object) -> None:
    assert when.moment("--since", text) == expected


@pytest.mark.parametrize("text", ["", "24", "24 hours", "soon", "24h ago", "3M", "24H"])
def test_word_that_means_no_time_is_refused(now: datetime, text: str) -> None:
    with pytest.raises(InvalidInput, match="--since is"):
        when.moment("--since", text)


@pytest.mark.parametrize("word", ["yesterday", "-1", EARLIER])
@pytest.mark.parametrize("command", ["status", "failures", "processes", "runs", "tasks"])
def test_date_of_any_list_may_be_a_word(cli, url, now: datetime, command: str, word: str) -> None:
    rows = cli(command, "--date", word, "--json", "--url", url).json

    assert {row["processing_date"] for row in rows} == {EARLIER}


@pytest.mark.parametrize("command", ["processes", "runs", "tasks"])
def test_list_since_a_date_has_the_later_dates_first(cli, url, now: datetime, command: str) -> None:
    rows = cli(command, "--since", "7d", "--json", "--url", url).json
    until = cli(command, "CORP", "HR_DAILY", "--until", "-1", "--json", "--url", url).json

    assert list(dict.fromkeys(row["processing_date"] for row in rows)) == [LATER, EARLIER]
    assert {row["processing_date"] for row in until} == {EARLIER}


def test_tasks_that_satisfy_a_condition_are_listed(cli, url) -> None:
    told = cli("tasks", "--since", EARLIER, "--where", "status = FAIL OR task_id IN (3)", "--json", "--url", url)

    assert [(row["processing_date"], row["task_id"]) for row in told.json] == [
        (LATER, 1),
        (LATER, 3),
        (EARLIER, 2),
        (EARLIER, 3),
    ]


@pytest.mark.parametrize("read", [when.day, when.moment])
def test_length_that_no_calendar_has_is_refused(read: Callable[[str, str], object]) -> None:
    with pytest.raises(InvalidInput, match=r"--since is 999999999w, which leads out of the calendar"):
        read("--since", "999999999w")


def test_condition_about_an_unknown_column_is_refused_in_options(cli, url) -> None:
    told = cli("tasks", "--where", "stat = FAIL", "--url", url)

    assert (told.code, told.err.count("\n")) == (2, 1)
    assert told.err.startswith("Error: --where names 'stat', which is no column here. ")
    assert "processing_date, project_code" in told.err


def test_task_that_runs_shows_the_time_since_its_start(cli, url, monkeypatch: pytest.MonkeyPatch) -> None:
    with ETLMonitor(url) as monitor:
        (step,) = monitor.list_tasks(where="is_running = true")
        assert step.start_time is not None
    monkeypatch.setattr(clocks, "system_clock", lambda: step.start_time + timedelta(hours=2, minutes=5))
    told = cli("runs", "--date", LATER, "--url", url)

    assert "2h05m so far" in " ".join(told.out.split())
    assert "so far" in cli("tasks", "--date", LATER, "--url", url).out
    (row,) = cli("tasks", "--where", "is_running = true", "--json", "--url", url).json
    assert row["elapsed_seconds"] > 0


def test_tasks_of_every_attempt_include_earlier_ones(cli, url, monitor) -> None:
    monitor.status_reset("CORP", "HR_DAILY", LATER)

    current, whole = (cli("tasks", *more, "--json", "--url", url).json for more in ((), ("--all-attempts",)))
    assert [(row["task_id"], row["attempts"]) for row in current] == [(0, 1), (1, 1), (2, 0), (3, 0)]
    assert [(row["task_id"], row["attempts"]) for row in whole] == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (3, 0)]


def test_list_that_the_limit_cut_off_says_so_on_stderr(cli, url) -> None:
    cut = cli("tasks", "--limit", "2", "--json", "--url", url)

    assert (len(cut.json), cut.err.count("--limit")) == (2, 1)
    assert cli("tasks", "--json", "--url", url).err == ""


def test_logs_are_those_of_the_run_level_and_time_that_are_named(cli, url, monitor) -> None:
    monitor.log("old", execution_id="run-1", log_time_utc="2026-04-08")
    monitor.log("new", execution_id="run-2", level=3)
    monitor.log("newer", execution_id="run-2")

    def listed(*options: str) -> list[str]:
        return [row["message"] for row in cli("logs", *options, "--json", "--url", url).json]

    assert listed("--run", "run-1") == ["old"]
    assert listed("--since", "1h") == ["new", "newer"]
    assert listed("--since", "1h", "--level", "warn") == ["new"]
    assert listed("--since", "1h", "--limit", "1") == ["newer"]
    assert "ERROR" in cli("logs", "--since", "1h", "--url", url).out


@pytest.mark.parametrize("command", ["runs", "processes", "tasks", "logs"])
def test_list_of_nothing_says_so(cli, url, command: str) -> None:
    told = cli(command, "--date", "2020-01-01", "--url", url)

    assert (told.code, told.out.count("\n"), told.out[:2]) == (0, 1, "Th" if command != "processes" else "No")


@pytest.mark.parametrize("command", ["runs", "processes", "tasks", "logs"])
def test_list_fits_into_80_columns(cli, url, monitor, command: str) -> None:
    monitor.log("word " * 100, project_code="CORP", process_load="HR_DAILY", operation_name="copy")
    told = cli(command, "--url", url)

    assert told.out
    assert max(map(len, told.out.splitlines())) <= 80
