"""Who comes in: tokens, their scopes and projects, how often, and what the log keeps of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from starlette.testclient import TestClient

from etl_monitor_orm import ETLMonitor, Run
from etl_monitor_orm.server.app import make_app
from etl_monitor_orm.server.limits import Buckets, Limits

from .conftest import DAY, HR, OF_RUN

Door = Callable[..., TestClient]
Unwritten = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def token_like(hr: ETLMonitor) -> str:
    """A text that looks like a token, and is none."""
    right = hr.make_token("like", "read").text
    return right[:-5] + "AAAAA"


def test_given_no_token_when_asked_for_anything_then_only_the_sign_of_life_is_answered(client: TestClient) -> None:
    paths = ["/healthz", "/openapi.json", "/v1/pending", "/v1/views/v_watermarks", "/nothing"]
    answers = [client.get(path, headers={"Authorization": ""}) for path in paths]

    assert [told.status_code for told in answers] == [200, 401, 401, 401, 401]
    assert answers[1].headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("text", ["Bearer", "Bearer x", "Basic {}", "Bearer {}x", "{}", "Bearer {} {}", "Bearer é"])
def test_given_a_forged_token_when_a_run_is_started_then_nothing_is_written(
    client: TestClient, run: Run, unwritten: Unwritten, text: str
) -> None:
    own = client.headers["Authorization"].partition(" ")[2]
    with unwritten():
        told = client.post(
            "/v1/start_run", json=HR, headers={"Authorization": text.replace("{}", own).encode("latin-1")}
        )

    assert told.status_code == 401


def test_given_a_token_when_it_is_revoked_then_it_opens_nothing(door: Door, hr: ETLMonitor) -> None:
    client = door(limits=Limits(grant_seconds=0))
    before = client.get("/v1/process_status").status_code
    hr.revoke_token(hr.tokens()[0].name)

    assert (before, client.get("/v1/process_status").status_code) == (200, 401)


def test_given_a_token_for_reading_when_it_reports_then_it_is_refused(
    door: Door, run: Run, unwritten: Unwritten
) -> None:
    reader = door("read")
    with unwritten():
        told = [reader.post("/v1/start_task", json={**OF_RUN, "task_id": 1}), reader.post("/p/CORP/HR_DAILY/1/done")]

    assert [one.status_code for one in told] == [403, 403]
    assert reader.get("/v1/pending", params=OF_RUN).status_code == 200


@pytest.fixture
def neighbours(hr: ETLMonitor, run: Run) -> None:
    """The same process, run and task in another project."""
    hr.register_process("OTHER", "HR_DAILY").register_task("OTHER", "HR_DAILY", 1, 1, 2, "Load employees")
    hr.start_run("OTHER", "HR_DAILY", DAY, execution_id="run-1")


def test_given_a_token_for_a_project_when_it_asks_then_it_sees_that_project_only(door: Door, neighbours: None) -> None:
    client = door(project_code="OTHER")
    shown = [
        client.get("/v1/process_status").json()["rows"],
        client.get("/v1/ready", params={"execution_id": "run-1"}).json()["rows"],
        client.get("/v1/run_status", params={"execution_id": "run-1"}).json()["steps"],
        client.get("/v1/views/v_taskDetail").json()["rows"],
        client.get("/v1/views/v_runSummary").json()["rows"],
    ]

    assert [{row["project_code"] for row in rows} for rows in shown] == [{"OTHER"}] * 5


def test_given_a_token_for_a_project_when_it_misspells_a_process_then_it_learns_of_no_other(
    door: Door, neighbours: None
) -> None:
    told = [
        door(project_code="OTHER").get("/v1/process_status", params={"process_load": "NONE"}),
        door(project_code="NONE").get("/v1/process_status"),
        door(project_code="NONE").post("/v1/start_run", json={"project_code": "NONE", "process_load": "HR_DAILY"}),
        door(project_code="NONE").get("/v1/views/v_currentFailures"),
    ]

    assert [one.status_code for one in told] == [404] * 4
    assert not [one.text for one in told if "CORP" in one.text]


def test_given_a_token_for_a_project_when_it_names_another_then_it_is_refused(
    door: Door, neighbours: None, unwritten: Unwritten
) -> None:
    client = door(project_code="OTHER")
    with unwritten():
        told = [
            client.post("/v1/start_task", json={**OF_RUN, "task_id": 1}),
            client.post("/v1/log", json={"entries": ["x"], "project_code": "CORP"}),
            client.get("/v1/views/v_taskDetail", params={"project_code": "CORP"}),
            client.get("/v1/pending", params=OF_RUN),
            client.post("/p/CORP/HR_DAILY/1/start"),
            client.post("/p/C%4fRP/HR_DAILY/1/start"),
        ]

    assert [one.status_code for one in told] == [403] * 6


def test_given_a_token_at_its_rate_when_it_asks_again_then_it_is_told_how_long_to_wait(door: Door) -> None:
    client, other = (door(limits=Limits(rate=0.001, burst=2)) for _ in range(2))
    statuses = [client.get("/v1/process_status") for _ in range(3)]

    assert [told.status_code for told in statuses] == [200, 200, 429]
    assert int(statuses[2].headers["Retry-After"]) > 900
    assert other.get("/v1/process_status").status_code == 200


def test_given_many_wrong_tokens_from_an_address_when_one_more_comes_then_no_token_is_looked_up(door: Door) -> None:
    client = door(limits=Limits(refusals=2, forgiven=0.001))

    assert [_asked_with(client, f"wrong {number}") for number in range(3)] == [401, 401, 429]


def test_given_wrong_tokens_from_an_address_when_a_right_one_comes_then_it_is_not_kept_out(door: Door) -> None:
    client = door(limits=Limits(refusals=2, forgiven=0.001, grant_seconds=0))
    right = client.get("/v1/process_status").status_code
    for number in range(5):
        _asked_with(client, f"wrong {number}")

    assert (right, client.get("/v1/process_status").status_code) == (200, 200)


def test_given_one_wrong_token_when_it_asks_again_and_again_then_the_address_is_not_blamed_for_it(door: Door) -> None:
    client = door(limits=Limits(refusals=2, forgiven=0.001, grant_seconds=3_600))

    assert [_asked_with(client, "of last year") for _ in range(5)] == [401] * 5
    assert _asked_with(client, "another") == 401


def test_given_tables_that_cannot_be_read_when_a_stranger_asks_then_nothing_is_said_of_them(
    hr: ETLMonitor, token_like: str
) -> None:
    with TestClient(make_app(ETLMonitor(hr.engine, schema="nobodys"))) as client:
        told = client.get("/v1/process_status", headers={"Authorization": f"Bearer {token_like}"})

    assert (told.status_code, told.json()["error"]) == (503, "Unavailable")
    assert "nobodys" not in told.text
    assert told.headers["Retry-After"]


def _asked_with(client: TestClient, token: str) -> int:
    return client.get("/v1/process_status", headers={"Authorization": f"Bearer {token}"}).status_code


def test_given_a_body_over_the_limit_when_sent_then_it_is_refused(door: Door, run: Run, unwritten: Unwritten) -> None:
    client = door(limits=Limits(body_bytes=100))

    def chunks():
        yield from [b"x" * 60] * 2

    with unwritten():
        told = [client.post("/p/CORP/HR_DAILY/1/done?rid=run-1", content=body) for body in ("x" * 101, chunks())]

    assert [(one.status_code, one.json()["error"]) for one in told] == [(413, "TooLarge")] * 2
    assert client.post("/p/CORP/HR_DAILY/1/done?rid=run-1", content="x" * 100).status_code == 200


def test_given_a_request_id_when_asked_then_the_answer_and_the_log_have_it(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "etl_monitor_orm.server"):
        told = client.get("/v1/process_status", headers={"X-Request-ID": "adf-42"})

    assert told.headers["X-Request-ID"] == "adf-42"
    assert "adf-42 GET /v1/process_status 200" in caplog.text


@pytest.mark.parametrize("given", ["a b", "x" * 129, "a\tb", ""])
def test_given_a_request_id_that_could_forge_a_line_when_asked_then_another_is_given(
    client: TestClient, given: str
) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] != given


def test_given_requests_with_secrets_when_answered_then_the_log_has_none_of_them(
    client: TestClient, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    token = client.headers["Authorization"].partition(" ")[2]
    with caplog.at_level(logging.DEBUG, "etl_monitor_orm"):
        client.get("/v1/pending", params={"execution_id": "run-1", "claim": "query-secret"})
        client.post("/v1/start_run", json={**HR, "password": "body-secret"})
        client.post("/v1/start_run", json=HR, headers={"Authorization": f"Bearer {token}forged"})

    assert caplog.text.count(" 422 ") == 2
    assert not [word for word in (token, "query-secret", "body-secret") if word in caplog.text]


def test_given_a_browser_of_another_origin_when_it_asks_then_nothing_allows_it(client: TestClient) -> None:
    origin = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    told = [client.options("/v1/start_run", headers=origin), client.get("/healthz", headers=origin)]

    assert not [name for one in told for name in one.headers if name.startswith("access-control")]


def test_given_a_door_that_is_full_when_one_more_comes_then_it_is_asked_to_come_back(hr: ETLMonitor) -> None:
    with TestClient(make_app(hr, Limits(waiting=0))) as client:
        told = client.get("/v1/process_status")

    assert (told.status_code, told.json()["error"], told.headers["Retry-After"]) == (503, "Busy", "2")


def test_given_a_bucket_that_is_empty_when_time_passes_then_it_fills_up_to_its_size() -> None:
    now = 0.0
    bucket = Buckets(2.0, 3, lambda: now)
    spent = [bucket.take("a") for _ in range(4)]
    now = 100.0

    assert spent == [0, 0, 0, 0.5]
    assert [bucket.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.wait("b") == 0
