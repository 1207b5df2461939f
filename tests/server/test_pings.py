"""Pings: a step's start and end from curl, whatever its names are, with a run or without."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from etl_monitor_orm import ETLMonitor, ManualClock, Process, ProcessingStep, Run, Status

from .conftest import DAY

Step = Callable[..., ProcessingStep]
Unwritten = Callable[[], AbstractContextManager[None]]
HERE = "/p/CORP/HR_DAILY"


def test_given_a_run_when_its_task_is_pinged_from_start_to_end_then_it_is_done_with_its_log(
    client: TestClient, run: Run, step: Step, clock: ManualClock
) -> None:
    started = client.post(f"{HERE}/1/start?rid=run-1").json()
    clock.advance(5)
    ended = client.post(f"{HERE}/1/done", params={"rid": "run-1", "claim": started["claim"]}, content="a\n12 rows\n")

    assert (started["status"], started["task"], ended.json()["status"]) == ("RUNNING", "1.1", "DONE")
    found = step(1)
    assert (found.status, found.duration_seconds, found.log_message) == (Status.DONE, 5, "a\n12 rows")


@pytest.mark.parametrize(
    ("signal", "status", "message", "code"),
    [
        ("0", Status.DONE, "tail", None),
        ("3", Status.FAIL, "It exited with 3.\ntail", "EXIT_3"),
        ("255", Status.FAIL, "It exited with 255.\ntail", "EXIT_255"),
        ("fail", Status.FAIL, "tail", None),
    ],
)
def test_given_a_program_that_ended_when_only_its_end_is_pinged_then_the_step_ends_so(
    client: TestClient, run: Run, step: Step, signal: str, status: Status, message: str, code: str | None
) -> None:
    told = client.post(f"{HERE}/1/{signal}?rid=run-1", content="\x1b[31mtail\x1b[0m\n")

    assert (told.status_code, told.json()["status"]) == (200, status)
    found = step(1)
    assert (found.status, found.log_message, found.log_code, found.start_time) == (status, message, code, None)


def test_given_a_huge_log_when_it_is_pinged_then_its_end_is_the_message(
    client: TestClient, run: Run, step: Step
) -> None:
    client.post(f"{HERE}/1/1?rid=run-1", content="line\n" * 100_000 + "the reason")

    message = step(1).log_message
    assert message is not None
    assert message.startswith("It exited with 1.\n")
    assert message.endswith("line\nthe reason")
    assert len(message) <= 2_000


def test_given_no_run_when_two_tasks_are_pinged_then_they_meet_in_the_run_of_the_date(client: TestClient) -> None:
    first, second = (client.post(f"{HERE}/{task}/start").json() for task in (1, 2))

    assert first["execution_id"] == second["execution_id"]


def test_given_a_run_id_that_is_new_when_pinged_then_that_run_is_started(client: TestClient, step: Step) -> None:
    told = client.post(f"{HERE}/1/start", params={"rid": "cron 1/2", "processing_date": DAY}).json()

    assert (told["execution_id"], told["processing_date"]) == ("cron 1/2", DAY)
    assert step(1, execution_id="cron 1/2").status is Status.NQUE


def test_given_a_task_that_runs_past_midnight_when_it_ends_then_it_ends_where_it_began(
    client: TestClient, clock: ManualClock
) -> None:
    started = client.post(f"{HERE}/1/start").json()
    clock.advance(24 * 3600)
    ended = client.post(f"{HERE}/1/done").json()

    assert [ended[name] for name in ("execution_id", "processing_date")] == [
        started[name] for name in ("execution_id", "processing_date")
    ]


def test_given_a_failed_step_when_its_success_is_pinged_then_a_new_attempt_is_done(
    client: TestClient, run: Run, step: Step, hr: ETLMonitor
) -> None:
    client.post(f"{HERE}/1/1?rid=run-1")
    told = client.post(f"{HERE}/1/0?rid=run-1")

    assert told.status_code == 200
    assert [step(1, attempts).status for attempts in (0, 1)] == [Status.FAIL, Status.DONE]
    assert hr.get_active_watermark("CORP", "HR_DAILY", "LoadEmployees") is None


def test_given_a_failed_step_when_its_start_is_pinged_then_it_is_tried_again(
    client: TestClient, run: Run, step: Step
) -> None:
    client.post(f"{HERE}/1/fail?rid=run-1")
    client.post(f"{HERE}/1/start?rid=run-1")

    assert step(1, 1).start_time is not None


@pytest.mark.parametrize("signal", ["start", "done", "fail", "1"])
def test_given_a_step_that_is_done_when_pinged_again_then_it_is_refused_with_its_state(
    client: TestClient, run: Run, unwritten: Unwritten, signal: str
) -> None:
    client.post(f"{HERE}/1/done?rid=run-1")
    with unwritten():
        told = client.post(f"{HERE}/1/{signal}?rid=run-1")

    assert (told.status_code, told.json()["state"]) == (409, "DONE")


def test_given_a_running_step_when_its_start_is_pinged_again_then_no_work_is_done_twice(
    client: TestClient, run: Run, unwritten: Unwritten
) -> None:
    client.post(f"{HERE}/1/start?rid=run-1")
    with unwritten():
        assert client.post(f"{HERE}/1/start?rid=run-1").status_code == 409


@pytest.mark.parametrize("name", ["Load a/b", "it's 100%", "Größe 🎉", "a?b#c", "x;y&z=1", "../start"])
def test_given_names_of_any_letters_when_pinged_percent_encoded_then_they_arrive(
    client: TestClient, hr: ETLMonitor, name: str, rows: Callable[..., list[ProcessingStep]]
) -> None:
    hr.register_process(name, name).register_task(name, name, 1, 1, 2, name)
    here = "/".join(quote(part, safe="") for part in (name, name, name))
    told = client.post(f"/p/{here}/start")

    assert told.status_code == 200
    assert [(one.project_code, one.task_name) for one in rows(ProcessingStep, project_code=name)] == [(name, name)]


def test_given_unknown_names_when_pinged_with_register_then_the_first_task_is_tracked(
    client: TestClient, rows: Callable[..., list[ProcessingStep]]
) -> None:
    assert client.post("/p/NEW/NIGHTLY/Load/start?register=true").status_code == 200
    assert client.post("/p/NEW/NIGHTLY/Load/done").status_code == 200

    (found,) = rows(ProcessingStep, project_code="NEW")
    assert (found.task_name, found.status) == ("Load", Status.DONE)


def test_given_unknown_names_when_pinged_without_register_then_nothing_is_registered(
    client: TestClient, rows: Callable[..., list[Process]]
) -> None:
    told = client.post("/p/NEW/NIGHTLY/Load/0")

    assert (told.status_code, told.json()["error"]) == (404, "ProcessNotFound")
    assert rows(Process, project_code="NEW") == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("1/ended", "signal"),
        ("1/-1", "signal"),
        ("1/256", "signal"),
        ("1/99999999999999999999", "signal"),
        ("%20/start", "TASK"),
        ("%FF/start", "TASK"),
        ("99999999999/start", "TASK"),
        ("1/start?processing_date=today", "processing_date"),
        ("1/done?claim=mine", "claim"),
        ("1/start?run=1", "run"),
        ("1/start?register=perhaps", "register"),
        (f"{'x' * 256}/start?register=true", "TASK"),
    ],
)
def test_given_a_ping_that_says_nothing_when_it_comes_then_it_is_refused_and_nothing_is_written(
    client: TestClient, run: Run, unwritten: Unwritten, path: str, field: str
) -> None:
    with unwritten():
        told = client.post(f"{HERE}/{path}")

    assert (told.status_code, told.json()["field"]) == (422, field)
