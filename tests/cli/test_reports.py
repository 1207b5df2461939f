"""`status`, `run show`, `failures`, `watermarks` and `stale`: the rows they show, and the exit codes they return."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from etl_monitor_orm import ETLMonitor

from .conftest import EARLIER, LATER


def dates(outcome) -> list[str]:
    return [row["processing_date"] for row in outcome.json]


def test_given_runs_of_today_when_status_has_no_date_then_they_are_shown(cli, url, monitor: ETLMonitor) -> None:
    today = datetime.now(UTC).date()
    for day in (today, today + timedelta(days=1)):  # midnight may pass during the test
        monitor.start_run("CORP", "HR_DAILY", day)

    assert dates(cli("status", "--json", "--url", url)) in ([f"{today}"], [f"{today + timedelta(days=1)}"])


def test_status_without_a_date_shows_the_latest_that_has_steps(cli, url) -> None:
    assert dates(cli("status", "--json", "--url", url)) == [LATER]


def test_given_a_date_of_the_past_as_mode_when_status_has_no_date_then_that_date_is_shown(cli, url, monitor) -> None:
    monitor.set_processing_mode("CORP", "HR_DAILY", is_historic_mode=True, historic_date=EARLIER)

    assert dates(cli("status", "--json", "--url", url)) == [EARLIER]


def test_given_nothing_on_a_date_when_asked_for_a_status_then_the_latest_date_is_offered(cli, url) -> None:
    told = cli("status", "--date", "2020-01-01", "--url", url)

    assert told.code == 0
    assert told.out == f"Nothing ran on that date. The latest date with a run is {LATER}: add --date {LATER}.\n"


def test_given_a_process_that_never_ran_when_asked_for_its_status_then_others_are_left_out(cli, url) -> None:
    assert cli("status", "CORP", "PAYROLL", "--date", LATER, "--url", url).out == "Nothing has run yet.\n"


def test_given_a_project_when_status_is_narrowed_then_its_processes_are_shown(cli, url, monitor) -> None:
    monitor.register_process("OTHER", "LOAD").register_task("OTHER", "LOAD", 1, 1, 2, "Load")
    monitor.start_run("OTHER", "LOAD", LATER)

    told = cli("status", "OTHER", "--date", LATER, "--json", "--url", url)

    assert [(row["project_code"], row["process_load"]) for row in told.json] == [("OTHER", "LOAD")]


def test_given_two_processes_when_their_steps_are_asked_for_then_each_names_its_process(cli, url, monitor) -> None:
    monitor.register_process("OTHER", "LOAD").register_task("OTHER", "LOAD", 1, 1, 2, "Load")
    monitor.start_run("OTHER", "LOAD", LATER)

    told = cli("status", "--steps", "--date", LATER, "--json", "--url", url)

    assert [(row["process_load"], row["workflow_id"], row["task_id"]) for row in told.json] == [
        ("HR_DAILY", 0, 0),
        ("HR_DAILY", 1, 1),
        ("HR_DAILY", 1, 2),
        ("HR_DAILY", 1, 3),
        ("LOAD", 1, 1),
    ]
    assert f"OTHER LOAD {LATER}" in cli("status", "--steps", "--date", LATER, "--url", url).out


def test_given_a_skipped_step_when_steps_are_listed_then_it_is_called_skipped(cli, url, monitor) -> None:
    monitor.skip_task("run-2", "CORP", "HR_DAILY", 3)

    (line,) = [
        line for line in cli("status", "--steps", "--date", LATER, "--url", url).out.splitlines() if "mart" in line
    ]
    assert "SKIPPED" in line


def test_given_a_status_of_another_tool_when_steps_are_listed_then_it_is_shown_as_it_is(cli, url, monitor) -> None:
    with monitor.session() as session:
        session.execute(text("""UPDATE etl."ETLProcessingSteps" SET "Status" = 'WEIRD' WHERE "TaskID" = 3"""))
        session.commit()

    assert "WEIRD" in cli("status", "--steps", "--date", LATER, "--url", url).out
    assert cli("run", "pending", "CORP", "HR_DAILY", "--run", "run-2", "--url", url).code == 0


def test_given_a_running_step_when_steps_are_listed_then_it_is_called_running(cli, url) -> None:
    told = cli("status", "--steps", "--date", LATER, "--url", url)

    assert "RUNNING" in next(line for line in told.out.splitlines() if "Load events" in line)
    assert "NQUE" in next(line for line in told.out.splitlines() if "Build mart" in line)


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (("status", "--date", LATER), True),
        (("status", "--steps", "--date", LATER), True),
        (("status", "CORP", "PAYROLL"), False),
        (("run", "show", "run-2"), True),
        (("failures",), True),
        (("failures", "--mandatory", "--date", EARLIER), False),
        (("stale", "--since", EARLIER), True),
        (("stale", "--since", LATER), True),
        (("stale", "--since", "2026-04-10"), False),
        (("stale", "--since", EARLIER, "--older-than", "1e9"), False),
    ],
)
def test_given_something_to_look_at_when_the_exit_code_is_asked_for_then_it_is_one(cli, url, command, found) -> None:
    assert cli(*command, "--exit-code", "--url", url).code == (1 if found else 0)
    assert cli(*command, "--url", url).code == 0


def test_given_a_run_in_two_processes_when_shown_then_both_are(cli, url, monitor) -> None:
    monitor.register_process("OTHER", "LOAD").register_task("OTHER", "LOAD", 1, 1, 2, "Load")
    monitor.start_run("OTHER", "LOAD", LATER, execution_id="run-2")

    told = cli("run", "show", "run-2", "--json", "--url", url).json

    assert [(row["process_load"], row["attempts"]) for row in told["attempts"]] == [("HR_DAILY", 0), ("LOAD", 0)]
    assert [row["process_load"] for row in told["steps"]] == ["HR_DAILY"] * 4 + ["LOAD"]


def test_given_a_retry_when_its_run_is_shown_then_earlier_attempts_come_on_request(cli, url, monitor) -> None:
    monitor.status_reset("CORP", "HR_DAILY", LATER)

    shown = cli("run", "show", "run-2", "--json", "--url", url).json["steps"]
    whole = cli("run", "show", "run-2", "--all-attempts", "--json", "--url", url).json["steps"]

    assert [(row["task_id"], row["attempts"]) for row in shown] == [(0, 1), (1, 1), (2, 0), (3, 0)]
    assert [(row["task_id"], row["attempts"]) for row in whole] == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (3, 0)]


def test_given_an_optional_failure_when_blockers_are_asked_for_then_it_is_none(cli, url) -> None:
    assert [row["task_id"] for row in cli("failures", "--json", "--url", url).json] == [1, 2]
    assert [row["task_id"] for row in cli("failures", "--mandatory", "--json", "--url", url).json] == [1]


def test_given_parameters_of_two_processes_when_narrowed_then_one_is_listed(cli, url, monitor) -> None:
    monitor.register_parameter("CORP", "PAYROLL", "LoadSalaries", "DELTA_ID")

    told = cli("watermarks", "CORP", "PAYROLL", "--json", "--url", url)

    assert [row["parameter_name"] for row in told.json] == ["LoadSalaries"]


def test_given_no_parameter_when_watermarks_are_listed_then_a_person_is_told_so(cli, url) -> None:
    assert cli("watermarks", "CORP", "PAYROLL", "--url", url).out == "No parameters are registered.\n"


def test_given_quiet_steps_when_only_listed_then_nothing_changes(cli, url, monitor) -> None:
    listed = cli("stale", "CORP", "HR_DAILY", "--since", EARLIER, "--json", "--url", url)

    assert [(row["task_id"], row["status"]) for row in listed.json] == [(2, "NQUE")]
    assert [step.is_running for step in monitor.get_status("CORP", "HR_DAILY", LATER, task_id=2)] == [True]
