"""A request that is repeated with its idempotency key is done once, and answered alike."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest
from starlette.testclient import TestClient

from etl_monitor_orm import ETLMonitor, ProcessingStep, Run, SysLog

from .conftest import HR, OF_RUN

KEY = {"Idempotency-Key": "k-1"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/start_run", HR),
        ("/v1/start_task", {**OF_RUN, "task_id": 1}),
        ("/v1/end_task", {**OF_RUN, "task_id": 1}),
        ("/v1/log", {"entries": ["once"]}),
        ("/p/CORP/HR_DAILY/1/start?rid=run-1", None),
        ("/p/CORP/HR_DAILY/1/1?rid=run-1", None),
    ],
)
def test_given_a_request_with_a_key_when_repeated_then_it_is_answered_alike_and_done_once(
    client: TestClient, run: Run, rows: Callable[..., list[object]], path: str, body: object
) -> None:
    first = client.post(path, json=body, headers=KEY)
    written = [len(rows(kind)) for kind in (ProcessingStep, SysLog)]
    second = client.post(path, json=body, headers=KEY)

    assert first.status_code == 200
    assert (second.status_code, second.text) == (200, first.text)
    assert [one.headers.get("Idempotent-Replayed") for one in (first, second)] == [None, "true"]
    assert [len(rows(kind)) for kind in (ProcessingStep, SysLog)] == written


def test_given_a_key_when_another_request_comes_with_it_then_it_is_refused(client: TestClient, run: Run) -> None:
    client.post("/v1/log", json={"entries": ["one"]}, headers=KEY)
    told = client.post("/v1/log", json={"entries": ["two"]}, headers=KEY)

    assert (told.status_code, told.json()["field"]) == (422, "Idempotency-Key")


def test_given_a_request_at_work_when_it_is_sent_again_then_the_answer_says_when_to_come_back(
    client: TestClient, run: Run, monkeypatch: pytest.MonkeyPatch, rows: Callable[..., list[object]]
) -> None:
    log, meanwhile = ETLMonitor.log, []

    def send() -> httpx2.Response:
        return client.post("/v1/log", json={"entries": ["once"]}, headers=KEY)

    def logged(*given: object, **named: object) -> int:
        meanwhile.append(send())
        return log(*given, **named)

    monkeypatch.setattr(ETLMonitor, "log", logged)
    first = send()

    (told,) = meanwhile
    assert (told.status_code, told.json()["error"]) == (409, "RequestInProgress")
    assert int(told.headers["Retry-After"]) >= 1
    assert (first.json(), len(rows(SysLog))) == ({"appended": 1}, 1)


def test_given_a_refused_request_when_repeated_later_then_it_is_asked_again(client: TestClient, run: Run) -> None:
    step = {**OF_RUN, "task_id": 1}
    client.post("/v1/start_task", json=step)
    refused = client.post("/v1/start_task", json=step, headers=KEY).status_code
    client.post("/v1/fail_task", json=step)
    client.post("/p/CORP/HR_DAILY/1/done?rid=run-1")

    assert (refused, client.post("/v1/start_task", json=step, headers=KEY).json()["state"]) == (409, "DONE")


@pytest.mark.parametrize("key", ["x" * 256, "a b", "é", ""])
def test_given_a_key_that_is_none_when_it_comes_then_it_is_refused(client: TestClient, run: Run, key: str) -> None:
    told = client.post("/v1/log", json={"entries": ["x"]}, headers={"Idempotency-Key": key.encode("latin-1")})

    assert (told.status_code, told.json()["field"]) == (422, "Idempotency-Key")
