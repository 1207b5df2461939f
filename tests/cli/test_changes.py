"""`reset` and `mode`: each option reaches the monitor's call."""

from __future__ import annotations

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
        (("--date", EARLIER, "--workflow", "7"), []),
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

    assert (told.code, told.out) == (0, "There is nothing to queue again.\n")


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
    assert cli("mode", "live", "CORP", "HR_DAILY", "--url", url).out == "Nothing had to change.\n"


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
