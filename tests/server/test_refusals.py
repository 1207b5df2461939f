"""What is refused: one form, the right status, and nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from starlette.testclient import TestClient

from etl_monitor_orm import ETLMonitor, ManualClock, Run, errors
from etl_monitor_orm.server import refusals

from .conftest import DAY, HR, OF_RUN

Unwritten = Callable[[], AbstractContextManager[None]]
STEP = {**OF_RUN, "task_id": 1}


@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        ("start_run", {"project_code": "CORP"}, "process_load"),
        ("start_run", {**HR, "processing_date": "2026-02-30"}, "processing_date"),
        ("start_run", {**HR, "process_laod": "x"}, "process_laod"),
        ("start_run", {**HR, "resume": "yes"}, "resume"),
        ("start_run", {**HR, "stale_after": -1}, "stale_after"),
        ("start_run", {**HR, "execution_id": "x" * 256}, "execution_id"),
        ("start_run", {**HR, "if_running": "wait"}, "if_running"),
        ("start_run", {"project_code": "", "process_load": "HR_DAILY"}, "project_code"),
        ("start_run", {"project_code": "a\0b", "process_load": "HR_DAILY"}, "project_code"),
        ("start_task", {**STEP, "task_id": True}, "task_id"),
        ("start_task", {**STEP, "task_id": 1.5}, "task_id"),
        ("start_task", {**STEP, "task_id": "one"}, "task_id"),
        ("start_task", {**STEP, "task_id": -1}, "task_id"),
        ("start_task", {**STEP, "task_id": 2**31}, "task_id"),
        ("start_task", {**STEP, "task_id": None}, "task_id"),
        ("start_task", {**STEP, "timestamp": "yesterday"}, "timestamp"),
        ("start_task", {**STEP, "timestamp": "2099-01-01T00:00:00"}, "timestamp"),
        ("end_task", {**STEP, "claim": "mine"}, "claim"),
        ("end_task", {**STEP, "status": "done"}, "status"),
        ("end_task", {**STEP, "advance": 1, "hold": True}, "advance"),
        ("end_task", {**STEP, "advance": "abc"}, "advance"),
        ("start_run", {**HR, "stale_after": "soon"}, "stale_after"),
        ("start_task", {**STEP, "takeover": "yes"}, "takeover"),
        ("log", {"entries": ["x"], "level": "4"}, "level"),
        ("log", {"entries": []}, "entries"),
        ("log", {"entries": [{"message": "x", "sql": "y"}]}, "entries"),
        ("log", {"entries": ["x"] * 1001}, "entries"),
        ("advance_watermark", {**HR, "parameter_name": "LoadEvents"}, "new_datetime_value"),
        ("advance_watermark", {**HR, "parameter_name": "LoadEvents", "new_int_value": 2**63}, "new_int_value"),
        (
            "advance_watermark",
            {**HR, "parameter_name": "LoadEvents", "new_datetime_value": "2026-01-01"},
            "new_datetime_value",
        ),
        ("start_run", [], "body"),
        ("start_run", "CORP", "body"),
        ("start_run", None, "body"),
    ],
)
def test_given_a_wrong_argument_when_a_call_is_made_then_it_is_named_and_nothing_is_written(
    client: TestClient, run: Run, unwritten: Unwritten, call: str, body: object, field: str
) -> None:
    with unwritten():
        told = client.post(f"/v1/{call}", json=body)

    assert (told.status_code, told.json()["error"], told.json()["field"]) == (422, "InvalidInput", field)


def test_given_a_running_step_when_it_ended_before_it_began_then_the_time_is_named(
    client: TestClient, run: Run, unwritten: Unwritten
) -> None:
    client.post("/v1/start_task", json=STEP)
    with unwritten():
        told = client.post("/v1/end_task", json={**STEP, "timestamp": "2020-01-01"})

    assert (told.status_code, told.json()["field"]) == (422, "timestamp")


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([{"message": "x", "level": "error"}], "entries, entry 1: level: "),
        ([{"message": "x", "level": 4}], "entries, entry 1: level: "),
        (["x", {"message": "y", "levle": 1}], "entries, entry 2: levle: "),
        (["x", "y", None], "entries, entry 3: It must be a text or an object."),
        ([5], "entries, entry 1: It must be a text or an object."),
    ],
)
def test_given_several_receipts_when_one_is_wrong_then_the_refusal_says_which_and_what(
    client: TestClient, unwritten: Unwritten, entries: list[object], words: str
) -> None:
    with unwritten():
        told = client.post("/v1/log", json={"entries": entries})

    assert (told.status_code, told.json()["field"]) == (422, "entries")
    assert told.json()["message"].startswith(words)


def test_given_a_word_that_is_none_of_several_when_sent_then_they_are_told_as_json_has_them(
    client: TestClient, run: Run
) -> None:
    message = client.post("/v1/end_task", json={**STEP, "status": "done"}).json()["message"]

    assert "'DONE'" in message
    assert "<" not in message


def test_given_arguments_in_the_query_when_a_call_that_writes_is_made_then_they_are_not_lost_silently(
    client: TestClient, run: Run, unwritten: Unwritten
) -> None:
    with unwritten():
        told = client.post("/v1/start_run?execution_id=mine", json=HR)

    assert (told.status_code, told.json()["field"]) == (422, "execution_id")


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("GET", "/v1/views/v_taskDetail?process_load=&process_load=true", "process_load"),
        ("GET", "/v1/ready?execution_id=run-1&execution_id=run-2", "execution_id"),
        ("POST", "/p/CORP/HR_DAILY/1/start?rid=run-1&rid=run-2", "rid"),
    ],
)
def test_given_an_argument_twice_when_asked_then_none_of_its_values_is_lost_silently(
    client: TestClient, run: Run, unwritten: Unwritten, method: str, path: str, field: str
) -> None:
    with unwritten():
        told = client.request(method, path)

    assert (told.status_code, told.json()["field"]) == (422, field)


@pytest.mark.parametrize("sent_as", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_given_json_that_is_not_sent_as_such_when_a_call_is_made_then_the_header_is_named(
    client: TestClient, run: Run, unwritten: Unwritten, sent_as: str
) -> None:
    headers = {"Content-Type": sent_as} if sent_as else {}
    with unwritten():
        told = client.post("/v1/start_run", content=json.dumps(HR).encode(), headers=headers)

    assert (told.status_code, told.json()["field"]) == (415, "Content-Type")
    assert "Content-Type: application/json" in told.json()["message"]


@pytest.mark.parametrize(
    ("view", "names"),
    [
        ("v_currentFailures", {"project_code": "CRP"}),
        ("v_currentFailures", {"project_code": "CORP", "process_load": "HR_DIALY"}),
        ("v_mandatoryBlockers", {"execution_id": "run-9"}),
        ("v_watermarks", {"project_code": "corp"}),
    ],
)
def test_given_a_name_that_is_unknown_when_a_view_is_asked_then_no_rows_are_no_good_news(
    client: TestClient, run: Run, view: str, names: dict[str, str]
) -> None:
    assert client.get(f"/v1/views/{view}", params=names).status_code == 404


def test_given_names_that_are_known_when_a_view_has_nothing_of_them_then_it_is_empty(
    client: TestClient, run: Run
) -> None:
    told = client.get("/v1/views/v_currentFailures", params=OF_RUN)

    assert (told.status_code, told.json()["rows"]) == (200, [])


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"a": NaN', b"[" * 100_000, b"9" * 5_000])
def test_given_what_is_no_json_when_a_call_is_made_then_it_is_refused(
    client: TestClient, run: Run, unwritten: Unwritten, body: bytes
) -> None:
    with unwritten():
        told = client.post("/v1/start_task", content=body, headers={"Content-Type": "application/json"})

    assert told.status_code in (400, 422)
    assert {"error", "message", "request_id"} <= told.json().keys()


@pytest.mark.parametrize(
    ("call", "body", "error"),
    [
        ("start_run", {"project_code": "CORP", "process_load": "NONE"}, "ProcessNotFound"),
        ("start_task", {**STEP, "task_id": 99}, "StepNotFound"),
        ("start_task", {**STEP, "execution_id": "run-9", "processing_date": DAY}, "StepNotQueued"),
        ("advance_watermark", {**HR, "parameter_name": "None", "new_int_value": 1}, "ParameterNotFound"),
    ],
)
def test_given_an_unknown_name_when_a_call_is_made_then_it_is_not_found(
    client: TestClient, run: Run, unwritten: Unwritten, call: str, body: object, error: str
) -> None:
    with unwritten():
        told = client.post(f"/v1/{call}", json=body)

    assert (told.status_code, told.json()["error"]) == (404, error)


def test_given_a_run_that_nobody_started_when_asked_for_its_steps_then_it_is_not_found(
    client: TestClient, run: Run
) -> None:
    assert client.get("/v1/pending", params={"execution_id": "run-9"}).status_code == 404


def test_given_a_done_step_when_started_then_the_refusal_tells_its_state(
    client: TestClient, run: Run, hr: ETLMonitor, unwritten: Unwritten
) -> None:
    hr.end_task("run-1", "CORP", "HR_DAILY", 1)
    with unwritten():
        told = client.post("/v1/start_task", json=STEP)

    assert told.status_code == 409
    assert (
        told.json().items()
        >= {
            **OF_RUN,
            "error": "InvalidTransition",
            "state": "DONE",
            "asked": "start",
            "processing_date": DAY,
            "task_id": 1,
            "workflow_id": 1,
        }.items()
    )


def test_given_a_claim_of_an_earlier_start_when_a_late_worker_ends_the_step_then_it_is_refused(
    client: TestClient, run: Run, unwritten: Unwritten, clock: ManualClock
) -> None:
    late = client.post("/v1/start_task", json=STEP).json()["claim"]
    clock.advance(1)
    client.post("/v1/start_task", json={**STEP, "takeover": True})
    with unwritten():
        told = client.post("/v1/end_task", json={**STEP, "claim": late})

    assert told.status_code == 409


@pytest.mark.parametrize(
    ("error", "status", "waits"),
    [
        (errors.DatabaseLocked, 503, True),
        (errors.ConflictError, 503, True),
        (errors.ConnectionBroken, 503, True),
        (errors.DatabaseGone, 503, True),
        (errors.ConfigurationError, 503, True),
        (errors.SchemaMissing, 503, True),
        (errors.DatabaseError, 500, False),
        (errors.RequestInProgress, 409, True),
        (errors.KeyReused, 422, False),
        (errors.StepNotQueued, 404, False),
        (errors.RunInProgress, 409, False),
        (errors.ProcessInactive, 409, False),
        (errors.InvalidInput, 422, False),
        (errors.EtlMonitorError, 500, False),
    ],
)
def test_given_an_error_of_the_library_when_it_is_answered_then_its_family_decides(
    error: type[errors.EtlMonitorError], status: int, waits: bool
) -> None:
    found, after = refusals.status_of(error())

    assert (found, after is not None) == (status, waits)


def test_given_tables_that_are_gone_when_a_call_is_made_then_the_answer_says_when_to_come_back(
    client: TestClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*given: object, **named: object) -> None:
        raise errors.SchemaMissing

    monkeypatch.setattr(ETLMonitor, "processes", gone)
    told = client.get("/v1/process_status")

    assert (told.status_code, told.headers["Retry-After"], told.json()["error"]) == (503, "60", "SchemaMissing")


def test_given_a_defect_when_a_call_is_made_then_its_words_stay_in_the_log(
    client: TestClient, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*given: object, **named: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(ETLMonitor, "processes", broken)
    told = client.get("/v1/process_status", headers={"X-Request-ID": "req-7"})

    assert (told.status_code, told.json()["error"], told.json()["request_id"]) == (500, "Defect", "req-7")
    assert "secret" not in told.text
    assert "req-7 GET /v1/process_status failed" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/start_run", 404),
        ("GET", "/v1/views/v_nothing", 404),
        ("POST", "/v1/start_run/", 404),
        ("GET", "/v1/start_run", 405),
        ("DELETE", "/v1/start_run", 405),
        ("GET", "/p/CORP/HR_DAILY/1/start", 405),
        ("GET", "/docs", 404),
    ],
)
def test_given_an_unknown_route_or_method_when_asked_then_the_refusal_has_the_one_form(
    client: TestClient, method: str, path: str, status: int
) -> None:
    told = client.request(method, path)

    assert told.status_code == status
    assert {"error", "message", "request_id"} <= told.json().keys()


@pytest.mark.parametrize(
    ("query", "field"),
    [("", "execution_id"), ("execution_id=run-1&task_id=x", "task_id"), ("execution_id=run-1&taskid=1", "taskid")],
)
def test_given_a_wrong_query_when_asked_then_the_argument_is_named(
    client: TestClient, run: Run, query: str, field: str
) -> None:
    told = client.get(f"/v1/pending?{query}")

    assert (told.status_code, told.json()["field"]) == (422, field)
