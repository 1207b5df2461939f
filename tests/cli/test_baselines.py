"""`usual` and `baselines`: when steps should end, what is unusual, and what is usual."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)


@pytest.fixture
def nightly(tmp_path) -> str:
    """Nine nights of a load and a mart; in the last, the load found nothing and the mart is still running."""
    url = f"duckdb:///{tmp_path / 'nightly.duckdb'}"
    clock = ManualClock(datetime(2026, 4, 1, 2, tzinfo=UTC))
    with ETLMonitor(url, clock=clock).setup() as monitor:
        monitor.register_process(*HR).register_task(*HR, 1, 1, 2, "Load employees")
        monitor.register_task(*HR, 2, 1, 6, "Build mart")
        for back in range(8, -1, -1):
            day = DAY - timedelta(days=back)
            clock.set(datetime(day.year, day.month, day.day, 2, tzinfo=UTC))
            run = monitor.start_run(*HR, day, execution_id=f"night-{day}")
            with run.task(1) as task:
                clock.advance(720)
                task.measure(rows=41_000 if back else 0)
            monitor.start_task(run.execution_id, *HR, 2)
            clock.advance(4_000)
            if back:
                monitor.end_task(run.execution_id, *HR, 2)
    return url


def test_usual_when_printed_says_what_is_unusual_and_when_a_running_step_should_end(cli, nightly: str) -> None:
    told = cli("usual", *HR, "--date", DAY, "--url", nightly)

    (load,) = [line for line in told.out.splitlines() if line.startswith("1/1 ") and line.endswith(".")]
    assert load == "1/1 Load employees: 0 rows, usually 41,000."
    (mart,) = [line for line in told.out.splitlines() if "RUNNING" in line]
    assert mart.split()[3:] == ["RUNNING", "02:12:00", *mart.split()[5:6], "1h06m", "2026-04-09", "03:18:40"]


def test_usual_when_asked_for_an_exit_code_ends_with_one_only_where_a_step_is_unusual(cli, nightly: str) -> None:
    assert cli("usual", *HR, "--task", 1, "--exit-code", "--url", nightly).code == 1
    assert cli("usual", *HR, "--run", "night-2026-04-08", "--exit-code", "--url", nightly).code == 0


def test_usual_in_json_has_every_step_by_the_names_of_python(cli, nightly: str) -> None:
    load, mart = cli("usual", *HR, "--date", DAY, "--json", "--url", nightly).json

    assert (load["unusual"], load["usual_seconds"], load["expected_end"]) == ("0 rows, usually 41,000", 720, None)
    assert (mart["is_running"], mart["expected_end"]) == (True, "2026-04-09T03:18:40+00:00")


def test_baselines_when_printed_name_each_number_of_a_task(cli, nightly: str) -> None:
    told = cli("baselines", *HR, "--before", DAY, "--weeks", 2, "--url", nightly)

    rows = [" ".join(line.split()) for line in told.out.splitlines()]
    assert any(row.endswith("rows any 8 41,000 under 20,500, over 82,000") for row in rows)
    assert any(row.endswith("time any 8 12m00s over 24m00s") for row in rows)


@pytest.mark.parametrize("command", ["usual", "baselines"])
def test_tables_fit_into_eighty_columns(cli, nightly: str, command: str) -> None:
    option = ("--date", DAY) if command == "usual" else ("--before", DAY)
    told = cli(command, *HR, *option, "--url", nightly)

    assert any("─" in line for line in told.out.splitlines())
    assert max(map(len, told.out.splitlines())) <= 80


def test_baselines_of_too_few_runs_say_how_many_are_needed(cli, nightly: str) -> None:
    told = cli("baselines", *HR, "--before", "2026-04-05", "--url", nightly)

    assert (told.code, told.out) == (
        0,
        "Too few runs are known to say what is usual. Each task needs 8 that are done.\n",
    )


def test_usual_of_an_unknown_process_is_refused(cli, nightly: str) -> None:
    told = cli("usual", "CORP", "NOWHERE", "--url", nightly)

    assert told.code != 0
    assert "NOWHERE" in told.err
