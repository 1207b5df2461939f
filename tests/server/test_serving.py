"""The real server: how it begins and ends, and what slow and greedy clients do to it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
import trustme

from etl_monitor_orm import ConfigurationError, InvalidInput
from etl_monitor_orm.server.serving import Place, is_loopback
from tests.patience import PATIENT

from .conftest import OF_RUN
from .serving import Served, served

NEEDS = ("transactions",)
TASKS = 64


@pytest.mark.parametrize("tasks", [TASKS])
def test_given_a_server_that_is_killed_at_work_then_what_it_answered_is_stored_and_the_rest_can_be_repeated(
    server: Served, url: str, token: str, stored: Callable[..., object]
) -> None:
    claims: dict[int, str] = {}
    enough = threading.Event()

    def start(tasks: range) -> None:
        with server.client(token) as client:
            for task_id in tasks:
                try:
                    told = client.post("/v1/start_task", json={**OF_RUN, "task_id": task_id})
                except httpx2.TransportError:
                    return
                if told.status_code == 200:
                    claims[task_id] = told.json()["claim"]
                if len(claims) >= 10:
                    enough.set()

    workers = [threading.Thread(target=start, args=(range(first, TASKS + 1, 4),)) for first in range(1, 5)]
    for worker in workers:
        worker.start()
    assert enough.wait(PATIENT)
    server.kill()
    for worker in workers:
        worker.join(PATIENT)

    assert len(claims) < TASKS
    with served(url) as again, again.client(token) as client:
        rest = {
            task_id: client.post("/v1/start_task", json={**OF_RUN, "task_id": task_id}).status_code
            for task_id in range(1, TASKS + 1)
            if task_id not in claims
        }
        ended = [
            client.post("/v1/end_task", json={**OF_RUN, "task_id": task_id, "claim": claim}).status_code
            for task_id, claim in claims.items()
        ]
    assert {*rest.values()} <= {200, 409}
    assert ended == [200] * len(claims)
    steps, _ = stored()
    assert [step.status for step in steps if step.task_id in claims] == ["DONE"] * len(claims)
    assert not [step.task_id for step in steps if step.start_time is None]


def test_given_a_request_under_way_when_the_server_is_asked_to_end_then_it_is_answered_first(
    server: Served, token: str, stored: Callable[..., object]
) -> None:
    body = b'{"entries": ["late"]}'
    with _opened(server) as late:
        late.sendall(_head(token, "/v1/log", len(body)) + body[:5])
        with server.client(token) as client:
            assert client.get("/healthz").status_code == 200  # so the first bytes are there too
        ending = threading.Thread(target=server.end)
        ending.start()
        while True:  # until it takes no more
            try:
                socket.create_connection(_address(server), PATIENT).close()
            except (ConnectionRefusedError, ConnectionResetError):  # reset: it stopped while it was reached
                break
        late.sendall(body[5:])
        answer = late.recv(65536)
        ending.join(PATIENT)

    assert answer.startswith(b"HTTP/1.1 200")
    assert stored()[1] == ["late"]


def test_given_slow_clients_when_others_ask_then_they_are_answered(server: Served, token: str) -> None:
    with _opened(server) as headers, _opened(server) as body, server.client(token) as client:
        headers.sendall(b"POST /v1/log HTTP/1.1\r\nHost:")
        body.sendall(_head(token, "/v1/log", 100) + b"{")

        assert [client.get("/v1/process_status").status_code for _ in range(3)] == [200] * 3


def test_given_a_huge_body_when_it_is_sent_then_it_is_refused_before_it_is_read(server: Served, token: str) -> None:
    with _opened(server) as client:
        client.sendall(_head(token, "/p/CORP/HR_DAILY/1/done", 10**12))

        assert client.recv(65536).startswith(b"HTTP/1.1 413")


def test_given_no_token_when_a_huge_body_is_announced_then_it_is_refused_unread(server: Served) -> None:
    with _opened(server) as client:
        client.sendall(_head("none", "/v1/log", 10**12))

        assert client.recv(65536).startswith(b"HTTP/1.1 401")


def test_given_a_certificate_when_served_with_it_then_clients_speak_tls(url: str, token: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    with (
        served(url, "--ssl-certfile", str(certificate)) as running,
        running.client(token, verify=trusted) as client,
    ):
        assert running.url.startswith("https://")
        assert client.get("/v1/process_status").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "monitor.example", "127.0.0.1.example", ""])
def test_given_a_place_that_a_network_reaches_when_served_without_tls_then_it_is_refused(host: str) -> None:
    with pytest.raises(InvalidInput, match="--ssl-certfile"):
        Place(host, 8321).check()
    Place(host, 8321, insecure=True).check()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LOCALHOST"])
def test_given_loopback_when_served_without_tls_then_it_is_allowed(host: str) -> None:
    assert is_loopback(host)
    Place(host, 8321).check()


def test_given_a_certificate_that_is_none_when_served_then_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("nothing")
    for name in ("none.pem", "missing.pem"):
        with pytest.raises(ConfigurationError, match=name):
            Place("0.0.0.0", 8321, str(tmp_path / name)).check()
    with pytest.raises(InvalidInput, match="--ssl-certfile"):
        Place("127.0.0.1", 8321, keyfile="key.pem").check()


def _address(server: Served) -> tuple[str, int]:
    where = urlsplit(server.url)
    assert where.hostname is not None
    assert where.port is not None
    return where.hostname, where.port


def _opened(server: Served) -> socket.socket:
    return socket.create_connection(_address(server), PATIENT)


def _head(token: str, path: str, length: int) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: here",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
