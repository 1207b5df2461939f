"""Each command for real: the installed script, a DuckDB file, a separate process, piped output."""

from __future__ import annotations

import re
from importlib.metadata import version

import pytest

from etl_monitor_orm.models.revision import SCHEMA_REVISION

from .conftest import EARLIER, LATER


@pytest.fixture
def here(shell, url):
    """Runs a command on the two days, named by the environment as an operator would."""
    return lambda *arguments, **more: shell(*arguments, ETL_MONITOR_URL=url, **more)


def test_given_the_command_when_asked_for_its_version_then_it_is_that_of_the_package(shell) -> None:
    assert shell("--version").out == f"etl-monitor {version('etl-monitor-orm')}\n"


def test_given_no_database_when_upgraded_then_status_answers(shell, tmp_path) -> None:
    upgraded = shell("db", "upgrade")

    assert (upgraded.code, upgraded.out) == (0, f"no tables -> {SCHEMA_REVISION}\n")
    assert (tmp_path / "etl_monitor.duckdb").is_file()
    assert shell("status").out == "Nothing has run yet.\n"


def test_given_two_days_when_asked_for_a_status_then_its_counts_are_told(here) -> None:
    told = here("status", "--date", LATER)

    assert told.code == 0
    assert re.search(rf"CORP HR_DAILY +{LATER} +FAILED +0 +1 +3 +1\b", told.out)


def test_given_a_run_when_shown_then_its_steps_and_messages_are_told(here) -> None:
    told = here("run", "show", "run-1")

    assert told.code == 0
    assert re.search(r"1/3 Build mart +6 PROCESS_DATA +0 +DONE +06:00:45 +1h02m late", told.out)
    assert f"CORP HR_DAILY {EARLIER}, 1/2 Load events, attempt 0: FileNotFoundError: no events.csv\n" in told.out


def test_given_failures_when_listed_then_the_latest_comes_first_with_its_reason(here) -> None:
    told = here("failures")

    lines = [line for line in told.out.splitlines() if line.startswith("CORP")]
    assert [line.split()[2].strip(",") for line in lines] == [LATER, EARLIER, LATER, EARLIER]
    assert lines[2].endswith(": ConnectionError: the source's [HR] gate is shut second line 🎉 it's [31mred")


def test_given_watermarks_when_listed_then_each_says_where_it_stands(here) -> None:
    told = here("watermarks")

    assert re.search(r"LoadEmployees +DELTA_DATE +DELTA: 2026-04-08 06:00:00 +Load employees", told.out)
    assert re.search(r"LoadEvents +DELTA_ID +DELTA: 41 +Load events", told.out)
    assert re.search(r"SYSDT +SYSTEM +LIVE DATE", told.out)


def test_given_a_failure_when_reset_then_it_is_queued_again(here, url) -> None:
    told = here("reset", "CORP", "HR_DAILY", "--date", EARLIER, "--remark", "file came")

    assert told.code == 0
    assert re.search(r"1/2 Load events +2 LOAD_DB_TRAN +1 +RQUE", told.out)
    assert here("failures", "--date", EARLIER).out == "There are no failures.\n"


def test_given_a_process_when_put_into_historic_mode_then_status_is_of_that_date(here) -> None:
    changed = here("mode", "historic", "CORP", "HR_DAILY", EARLIER)

    assert changed.code == 0
    assert EARLIER in here("status").out


def test_given_a_quiet_step_when_stale_ones_are_failed_then_it_is_a_failure(here) -> None:
    told = here("stale", "--fail", "--since", EARLIER)

    assert told.code == 0
    assert re.search(rf"CORP HR_DAILY +{LATER} +1/2 Load events +FAIL", told.out)
    assert "No sign of life since" in here("failures", "--date", LATER).out


def test_given_current_tables_when_checked_then_they_are_in_step(here) -> None:
    assert here("db", "current").out == f"{SCHEMA_REVISION}, up to date\n"
    assert here("db", "check").out == "All tables and views are as they should be.\n"


def test_given_tables_when_downgraded_and_stamped_then_the_revision_follows(here) -> None:
    assert here("db", "downgrade", "base", "--yes").out == f"{SCHEMA_REVISION} -> no tables\n"
    assert here("db", "current").code == 4
    assert here("db", "stamp", "head").out == f"no tables -> {SCHEMA_REVISION}\n"


def test_given_flights_when_the_demo_runs_then_status_tells_of_its_day(here) -> None:
    demo = here("demo", "--days", "1", "--schema", "demo")

    assert (demo.code, "flights.duckdb matches its sources" in demo.out) == (0, True)
    status = here("status", "NYC", "--date", "2013-01-01", "--schema", "demo")
    assert re.search(r"NYC FLIGHTS +2013-01-01 +COMPLETE", status.out)


def test_given_flights_when_the_demo_runs_for_a_program_then_it_can_read_the_result(here) -> None:
    demo = here("demo", "--days", "1", "--json")

    assert demo.json["days"] == ["2013-01-01"]
    assert {check["differing"] for check in demo.json["checks"]} == {0}
    assert [row["process_load"] for row in demo.json["statuses"]] == ["REFERENCE", "FLIGHTS"]
