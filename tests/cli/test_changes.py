"""`reset` and `mode`: each option reaches the monitor's call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from etl_monitor_orm import ETLMonitor

from .conftest import EARLIER, LATER


@pytest.mark.parametrize(
    ("options", "queued"),
    [
        (("--date", LATER), [(0, 1), (1, 1)]),
        (("--run", "run-1"), [(0, 1), (2, 1)]),
        (("--run", "run-1", "--replay"), [(0, 1), (1, 1), (2, 1), (3, 1)]),
        (("--date", EARLIER, "--replay", "--task", "3"), [(0, 1), (3, 1)]),
        (("--date", EARLIER, "--replay", "--sequence", "2"), [(0, 1), (1, 1), (2, 1)]),
    ],
)
def test_given_options_when_reset_then_they_narrow_what_is_queued(cli, url, options, queued) -> None:
    told = cli("reset", "CORP", "HR_DAILY", *options, "--json", "--url", url)

    assert [(row["task_id"], row["attempts"]) for row in told.json] == queued


def test_given_a_remark_when_reset_then_the_new_attempts_bear_it(cli, url) -> None:
    told = cli("reset", "CORP", "HR_DAILY", "--date", LATER, "--remark", "it's [open]", "--json", "--url", url)

    assert {row["log_message"] for row in told.json} == {"it's [open]"}


def test_given_a_reset_when_repeated_then_there_is_nothing_to_do(cli, url) -> None:
    cli("reset", "CORP", "HR_DAILY", "--date", LATER, "--url", url)

    told = cli("reset", "CORP", "HR_DAILY", "--date", LATER, "--url", url)

    assert (told.code, told.out) == (0, "There is nothing to reset.\n")


def test_given_watermarks_when_put_into_bulk_mode_then_all_start_over(cli, url, monitor: ETLMonitor) -> None:
    told = cli("mode", "bulk", "CORP", "HR_DAILY", "--json", "--url", url).json

    assert [(row["parameter_name"], row["before"], row["after"]) for row in told] == [
        ("LoadEmployees", "2026-04-08T06:00:00+00:00", None),
        ("LoadEvents", 41, 0),
    ]
    assert monitor.get_active_watermark("CORP", "HR_DAILY", "LoadEvents") == 0


def test_given_one_watermark_when_put_into_bulk_mode_then_the_other_stays(cli, url, monitor: ETLMonitor) -> None:
    cli("mode", "bulk", "CORP", "HR_DAILY", "--parameter", "LoadEmployees", "--url", url)

    assert monitor.get_active_watermark("CORP", "HR_DAILY", "LoadEmployees") is None
    assert monitor.get_active_watermark("CORP", "HR_DAILY", "LoadEvents") == 41


def test_given_historic_mode_when_put_back_live_then_its_date_is_gone(cli, url, monitor: ETLMonitor) -> None:
    cli("mode", "historic", "CORP", "HR_DAILY", EARLIER, "--url", url)

    told = cli("mode", "live", "CORP", "HR_DAILY", "--url", url)

    assert f"{EARLIER} 00:00:00" in told.out
    assert monitor.get_active_watermark("CORP", "HR_DAILY", "SYSDT") is None


def test_given_live_mode_when_asked_for_again_then_nothing_had_to_change(cli, url) -> None:
    assert cli("mode", "live", "CORP", "HR_DAILY", "--url", url).out == "Nothing to change.\n"


@pytest.mark.parametrize(
    ("name", "value", "after"),
    [
        ("LoadEvents", ("--value-int", "-5"), -5),
        ("LoadEmployees", ("--value-datetime", "2026-01-02T03:04:05+02:00"), "2026-01-02T01:04:05+00:00"),
        ("SendMail", ("--no-value-bit",), False),
    ],
)
def test_given_a_value_when_a_parameter_is_set_then_it_alone_changes(cli, url, name, value, after) -> None:
    told = cli("mode", "parameter", "CORP", "HR_DAILY", name, *value, "--json", "--url", url)

    assert [(row["parameter_name"], row["after"]) for row in told.json] == [(name, after)]


@pytest.mark.parametrize("wrong", [("--task", "99"), ("--sequence", "77"), ("--workflow", "77"), ("--run", "typo")])
def test_given_a_name_that_does_not_exist_when_reset_then_it_is_refused(cli, url, wrong) -> None:
    told = cli("reset", "CORP", "HR_DAILY", *wrong, "--url", url)

    assert (told.code, wrong[1] in told.err) == (2, True)


def test_given_a_step_that_is_running_when_nothing_is_reset_then_the_way_on_is_told(cli, url) -> None:
    told = cli("reset", "CORP", "HR_DAILY", "--date", LATER, "--task", "2", "--url", url)

    assert (told.code, told.out, "`etl-monitor stale --fail --url " in told.err) == (
        0,
        "There is nothing to reset.\n",
        True,
    )
    assert f"--since {LATER}" in told.err


def test_stale_when_nothing_is_listed_says_how_far_back_it_looked(cli, url) -> None:
    """The step that went quiet is older than that."""
    before = datetime.now(UTC).date()
    told = cli("stale", "--url", url).out
    after = datetime.now(UTC).date()

    assert told in {
        f"Every running step of {today - timedelta(days=35)} or later has given a sign of life. "
        "For older dates, add --since YYYY-MM-DD.\n"
        for today in (before, after)
    }


def test_stale_when_nothing_is_listed_since_a_date_names_that_date(cli, url) -> None:
    told = cli("stale", "--since", "2026-04-10", "--url", url)

    assert told.out == "Every running step of 2026-04-10 or later has given a sign of life.\n"


def test_reset_when_only_a_deactivated_task_has_failed_says_so_on_stderr(shell, url, monitor: ETLMonitor) -> None:
    monitor.deactivate_task("CORP", "HR_DAILY", 1, 1)
    monitor.close()
    told = shell("reset", "CORP", "HR_DAILY", "--date", LATER, "--task", "1", "--url", url)

    assert (told.code, told.out, "task is deactivated" in told.err) == (0, "There is nothing to reset.\n", True)


def test_stale_step_of_the_latest_dates_is_pointed_to_without_a_date(cli, url, monitor: ETLMonitor) -> None:
    run = monitor.start_run("CORP", "HR_DAILY", datetime.now(UTC).date(), execution_id="today")
    monitor.start_task("today", "CORP", "HR_DAILY", 1, processing_date=run.processing_date)
    told = cli("reset", "CORP", "HR_DAILY", "--run", "today", "--url", url)

    assert ("`etl-monitor stale --fail --url " in told.err, "--since" in told.err) == (True, False)
