"""`failures --since`, `history`, `durations` and `why`: what they print of the two days."""

from __future__ import annotations

import re

import pytest

from .conftest import EARLIER, LATER

HR = ("CORP", "HR_DAILY")


def lines(told, start: str) -> list[str]:
    return [line for line in told.out.splitlines() if line.startswith(start)]


def test_failures_since_a_time_include_what_was_queued_again_and_mark_it(cli, url, monitor) -> None:
    monitor.status_reset(*HR, EARLIER)
    since = ("--since", EARLIER, "--url", url)

    assert [row["processing_date"] for row in cli("failures", "--json", "--url", url).json] == [LATER]
    rows = cli("failures", *since, "--json").json
    assert [(row["processing_date"], row["queued_again"], row["current_state"]) for row in rows] == [
        (LATER, False, "FAIL"),
        (EARLIER, True, "RQUE"),
    ]
    assert re.search(rf"{EARLIER} .* waits *\n", cli("failures", *since).out)


@pytest.mark.parametrize(
    ("options", "dates"),
    [
        (("--since", LATER), [LATER]),
        (("--since", EARLIER, "--until", EARLIER), [EARLIER]),
        (("--since", EARLIER, "--mandatory"), [LATER]),
        (("--since", EARLIER, "--where", "task_id IN (2, 3)"), [EARLIER]),
        (("--since", EARLIER, "--date", EARLIER), [EARLIER]),
        (("--where", "task_id = 1 OR log_message LIKE 'nothing%'"), [LATER]),
    ],
)
def test_failures_are_those_of_the_time_and_the_condition(cli, url, options, dates) -> None:
    told = cli("failures", *options, "--json", "--exit-code", "--url", url)

    assert ([row["processing_date"] for row in told.json], told.code) == (dates, 1)


def test_failures_of_a_time_without_any_are_good_news(cli, url) -> None:
    told = cli("failures", "--since", "1s", "--exit-code", "--url", url)

    assert (told.code, told.out) == (0, "Nothing failed in that time.\n")


def test_failures_until_a_time_need_its_beginning(cli, url) -> None:
    told = cli("failures", "--until", "24h", "--url", url)

    assert (told.code, "--since" in told.err) == (2, True)


@pytest.mark.parametrize("task", ["1", "1.1", "Load employees"])
def test_history_of_a_task_is_its_attempts_and_messages(cli, url, task: str) -> None:
    told = cli("history", *HR, task, "--since", EARLIER, "--url", url)

    assert [line.split()[0] for line in lines(told, "2026")] == [LATER, EARLIER]
    assert "ConnectionError: the source's [HR] gate is shut" in told.out


def test_history_of_a_task_whose_process_the_environment_names(cli, url, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_MONITOR_PROJECT", HR[0])
    monkeypatch.setenv("ETL_MONITOR_PROCESS", HR[1])

    rows = cli("history", "3", "--since", EARLIER, "--json", "--url", url).json
    assert [(row["processing_date"], row["elapsed_seconds"]) for row in rows] == [(LATER, None), (EARLIER, 3725)]


@pytest.mark.parametrize("words", [(), HR, ("A", "B", "1", "more")])
def test_history_of_too_few_or_too_many_words_is_refused(cli, url, words: tuple[str, ...]) -> None:
    assert cli("history", *words, "--url", url).code == 2


@pytest.mark.parametrize("command", ["history", "durations"])
def test_past_of_dates_without_a_run_leads_to_the_latest_that_has_one(cli, url, command: str) -> None:
    told = cli(command, *HR, "1", "--since", "2026-06-01", "--url", url)

    assert told.out.startswith("Nothing ran on these dates.")
    assert f"--since {LATER}" in told.out


def test_durations_of_a_process_are_summed_up(cli, url) -> None:
    told = cli("durations", *HR, "3", "--since", "2026-04-01", "--url", url)
    both = cli("durations", *HR, "1", "--since", "2026-04-01", "--url", url)

    assert re.search(rf"{EARLIER} +1/3 Build mart +{EARLIER} 06:00:45 +1h02m +DONE", told.out)
    assert lines(told, "1 that") == []
    assert lines(both, "2 that") == ["2 that ended: median 22s, shortest 0s, longest 45s on 2026-04-08."]


def test_durations_of_processes_have_a_row_each_date(cli, url) -> None:
    rows = cli("durations", "--since", EARLIER, "--json", "--url", url).json

    assert [(row["processing_date"], row["process_load"], row["task_id"]) for row in rows] == [
        (LATER, "HR_DAILY", None),
        (EARLIER, "HR_DAILY", None),
    ]


def test_why_prints_each_sentence_with_its_row_and_the_next_command_on_one_line(cli, url) -> None:
    told = cli("why", *HR, "--url", url)

    assert told.code == 0
    assert "Task 1.1 Load employees failed first" in told.out
    assert lines(told, "Next:") == [f"Next: etl-monitor reset CORP HR_DAILY --date {LATER} --url {url}"]
    assert "  ETLProcessingSteps ProcessingDate=2026-04-09 ProjectCode=CORP" in told.out
    assert max(len(line) for line in told.out.splitlines() if not line.startswith("Next:")) <= 80


def test_next_command_keeps_names_that_read_like_arguments(cli, url, monitor) -> None:
    monitor.register_process("project_code", "task_id it's")

    told = cli("why", "project_code", "task_id it's", "--url", url)
    assert lines(told, "Next:") == [f"Next: etl-monitor run start project_code 'task_id it'\"'\"'s' --url {url}"]


def test_why_as_json_has_the_key_of_each_row(cli, url) -> None:
    found = cli("why", *HR, "--date", LATER, "--json", "--url", url).json

    assert {tuple(row) for row in found} == {("kind", "sentence", "table", "key")}
    (cause,) = [row for row in found if row["kind"] == "cause"]
    assert cause["key"]["ExecutionID"] == "run-2"


def test_why_of_an_unknown_process_is_refused(cli, url) -> None:
    told = cli("why", "CORP", "NOPE", "--url", url)

    assert (told.code, "register process" in told.err) == (2, True)
