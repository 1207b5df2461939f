"""Commands by which scripts report: each is one call of the library, by its words, else by the environment."""

from __future__ import annotations

import json

import pytest

from etl_monitor_orm import ETLMonitor, Organisation

from .conftest import LATER, Command

HR = ("CORP", "HR_DAILY")


@pytest.fixture
def run_id(cli: Command, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new run of a day of its own, named by the environment, as a script would export it."""
    monkeypatch.setenv("ETL_MONITOR_URL", url)
    started = cli("run", "start", *HR, "--date", "2026-04-10")
    assert started.out.count("\n") == 1
    monkeypatch.setenv("ETL_MONITOR_EXECUTION_ID", started.out.strip())
    return started.out.strip()


def status(monitor: ETLMonitor, run_id: str) -> dict[int, str]:
    return {step.task_id: str(step.status) for step in monitor.get_status(*HR, "2026-04-10", run_id)}


def test_given_a_run_in_the_environment_when_a_task_starts_and_ends_then_it_is_done(cli, run_id, monitor) -> None:
    claim = cli("task", "start", "1").out.strip()
    ended = cli("task", "end", "1", "--claim", claim)

    assert (ended.code, ended.out) == (0, "DONE\n")
    assert status(monitor, run_id) == {0: "NQUE", 1: "DONE", 2: "NQUE", 3: "NQUE"}


def test_given_the_words_of_a_process_when_a_task_fails_then_its_step_has_message_and_code(
    cli, url, run_id, monitor
) -> None:
    told = cli("task", "fail", *HR, "Load events", "--message", "-", "--code", "NO_FILE", answer="no file\n")

    (step,) = monitor.get_status(*HR, "2026-04-10", run_id, task_id=2)
    assert (told.code, step.status, step.log_message) == (0, "FAIL", "no file")


def test_given_a_claim_that_was_taken_over_when_its_task_ends_then_it_is_refused(cli, run_id) -> None:
    claim = cli("task", "start", "1").out.strip()
    cli("task", "start", "1", "--takeover")

    told = cli("task", "end", "1", "--claim", claim)

    assert (told.code, told.err.count("\n")) == (2, 1)


def test_given_a_claim_in_the_environment_when_another_task_ends_then_it_is_not_taken(
    cli, run_id, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_TASK", "1.1")
    monkeypatch.setenv("ETL_MONITOR_CLAIM", cli("task", "start").out.strip())
    cli("task", "start", "2")

    assert [cli("task", "end", "2").code, cli("task", "heartbeat").out, cli("task", "end").code] == [0, "RUNNING\n", 0]


def test_given_a_run_of_another_process_in_the_environment_when_a_process_is_named_then_it_is_not_taken(
    cli, run_id, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_PROJECT", "CORP")
    monkeypatch.setenv("ETL_MONITOR_PROCESS", "PAYROLL")

    told = cli("task", "start", *HR, "1")

    assert (told.code, "No run is given" in told.err) == (2, True)


@pytest.mark.parametrize("words", [("task", "start", "1"), ("run", "pending"), ("run", "ready")])
def test_given_nothing_that_says_which_run_when_asked_then_the_message_says_how(cli, url, words) -> None:
    told = cli(*words, "--url", url)

    assert (told.code, "ETL_MONITOR_EXECUTION_ID" in told.err) == (2, True)


def test_given_two_words_of_which_no_process_can_be_read_when_typed_then_they_are_refused(cli, url) -> None:
    assert cli("task", "start", "A", "B", "1", "more", "--url", url).code == 2


def test_given_a_run_when_its_steps_are_listed_then_ready_ones_are_those_that_may_start(cli, run_id) -> None:
    pending, ready = (cli("run", which, "--json").json for which in ("pending", "ready"))

    assert [step["task_id"] for step in pending] == [0, 1, 2, 3]
    assert [step["task_id"] for step in ready] == [0]


def test_given_runs_when_listed_then_each_is_named_with_its_state(cli, url) -> None:
    rows = cli("run", "list", *HR, "--date", LATER, "--url", url, "--json").json

    assert [(row["execution_id"], row["overall_status"]) for row in rows] == [("run-2", "FAILED")]


def test_given_no_run_when_joined_twice_then_it_is_the_same(cli, url) -> None:
    words = ("run", "start", *HR, "--date", "2026-05-01", "--join", "--url", url)

    assert cli(*words).out == cli(*words).out


def test_given_a_process_and_a_task_when_registered_then_an_option_left_out_stays_and_an_empty_one_clears(
    cli, url, monitor
) -> None:
    cli("register", "process", "NEW", "LOAD", "--name", "New", "--owner", "me", "--url", url)
    told = cli("register", "process", "NEW", "LOAD", "--owner", "", "--url", url, "--json")

    assert (told.json["process_name"], told.json["process_owner"]) == ("New", None)


def test_given_a_task_in_another_pass_when_registered_then_the_first_stays(cli, url) -> None:
    words = ("--name", "Again", "--sequence", "2", "--optional", "--expected-seconds", "60", "--url", url, "--json")
    told = cli("register", "task", *HR, "2.1", *words)

    assert (told.json["workflow_id"], told.json["task_id"], told.json["task_mandatory"]) == (2, 1, False)
    names = cli("sql", 'select TaskName from etl."ETLconfigTasks" where TaskID = 1', "--url", url, "--json").json
    assert sorted(row["TaskName"] for row in names) == ["Again", "Load employees"]


def test_given_a_parameter_and_a_stage_when_registered_then_they_are_there(cli, url) -> None:
    one = cli("register", "parameter", *HR, "New", "DELTA_ID", "--value-int", "7", "--url", url, "--json")
    two = cli("register", "stage", "11", "PUBLISH", "--sort-order", "3", "--url", url, "--json")

    assert (one.json["value_int"], two.json["sort_order"]) == (7, 3)


def test_given_a_watermark_when_read_moved_and_read_then_each_value_is_plain(cli, url) -> None:
    get = ("watermark", "get", *HR, "LoadEvents", "--url", url)
    before = cli(*get).out
    cli("watermark", "advance", *HR, "LoadEvents", "-", "--url", url, answer="99\n")

    assert (before, cli(*get).out) == ("41\n", "99\n")


def test_given_a_value_that_lies_behind_when_moved_there_then_it_is_refused_in_options(cli, url) -> None:
    told = cli("watermark", "advance", *HR, "LoadEvents", "1", "--url", url)

    assert (told.code, "--allow-rewind" in told.err) == (2, True)


def test_given_no_exec_around_it_when_a_watermark_is_held_then_the_way_is_named(cli) -> None:
    told = cli("watermark", "hold")

    assert (told.code, "task end --hold" in told.err) == (2, True)


def test_given_exec_around_it_when_a_watermark_is_held_then_the_word_is_left(cli, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ETL_MONITOR_OUT", str(tmp_path / "out"))
    cli("watermark", "hold")

    assert (tmp_path / "out").read_text() == "hold\n"


def test_given_a_step_that_found_nothing_when_ended_with_hold_then_the_watermark_stays(cli, run_id) -> None:
    before = cli("watermark", "get", *HR, "LoadEmployees").out
    cli("task", "start", "1")
    cli("task", "end", "1", "--hold")

    assert cli("watermark", "get", *HR, "LoadEmployees").out == before


def test_given_lines_on_standard_input_when_logged_then_each_is_a_receipt_of_the_run(cli, run_id) -> None:
    told = cli("log", "-", "--level", "warn", answer="one\n\ntwo\n")

    rows = cli("sql", 'select Message, Level, ExecutionID from etl."ETLsysLogs" where Level = 2', "--json").json
    assert (told.out, [row["Message"] for row in rows]) == ("2 receipts\n", ["one", "two"])
    assert {row["ExecutionID"] for row in rows} == {run_id}


def test_given_an_unknown_level_when_logged_then_the_known_ones_are_named(cli, url) -> None:
    told = cli("log", "x", "--level", "loud", "--url", url)

    assert (told.code, "debug, info, warn, error" in told.err) == (2, True)


def test_given_python_on_standard_input_when_the_shell_opens_then_it_has_the_monitor(cli, url) -> None:
    told = cli(
        "shell",
        "--url",
        url,
        answer="print(len(monitor.failures()), session.scalar(select(func.count(Task.task_id))))\n",
    )

    assert (told.code, "2 4" in told.out) == (0, True)


def test_empty_claim_is_refused_because_it_would_be_no_claim_at_all(cli, url) -> None:
    about = ("--run", "run-2", "--date", LATER, "--url", url)
    cli("task", "start", "CORP", "HR_DAILY", "3", *about)
    told = cli("task", "end", "CORP", "HR_DAILY", "3", "--claim", "", *about)

    assert told.code == 2
    assert "--claim is empty" in told.err


def test_task_that_is_skipped_is_left_out_of_its_run_until_it_is_included_again(cli, run_id, monitor) -> None:
    skipped = cli("task", "skip", "1")
    offered = cli("run", "pending").out
    refused = cli("task", "start", "1")
    included = cli("task", "unskip", "1", "--json")

    assert (skipped.code, skipped.out, "Load employees" in offered) == (0, "SKIPPED\n", False)
    assert (refused.code, "unskip" in refused.err) == (2, True)
    assert (included.code, json.loads(included.out)["force_skip"]) == (0, False)
    assert monitor.task_status(run_id, *HR, task_id=1) == "NQUE"


def test_owners_of_a_process_are_registered_by_their_commands(cli, url, monitor, monkeypatch) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", url)
    told = cli("register", "organisation", "GROUP", "--name", "The group", "--description", "All")
    shown = json.loads(
        cli("register", "project", "CORP", "--name", "Corporate", "--organisation", "GROUP", "--json").out
    )
    with monitor.session() as session:
        organisation = session.get_one(Organisation, "GROUP")

    assert (told.code, organisation.organisation_description) == (0, "All")
    assert (shown["project_name"], shown["organisation_code"]) == ("Corporate", "GROUP")


def test_task_that_waits_for_a_file_is_registered_by_its_command(cli, url, monitor, monkeypatch) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", url)
    options = ("--file-mask", "pay", "--file-extension", ".csv", "--in-path", "in/", "--out-path", "out/")
    shown = json.loads(cli("register", "task", *HR, "7", "--name", "Pay", "--sequence", "2", *options, "--json").out)

    assert [shown[name] for name in ("file_name_mask", "file_extension", "in_file_path", "out_file_path")] == [
        "pay",
        ".csv",
        "in/",
        "out/",
    ]
