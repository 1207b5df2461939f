"""Real receivers on loopback: a mail server, a web hook, and a server that takes a connection and never answers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from etl_monitor_orm.notify.rules import Rules, read_rules
from tests.patience import PATIENT


class MailServer:
    """A mail server that keeps what it takes."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=_free_port(), ready_timeout=PATIENT)
        self._controller.start()

    async def handle_DATA(self, server, session, envelope) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self._controller.port}?from=etl@example.com&to=hr@example.com&mode=insecure"

    def stop(self) -> None:
        self._controller.stop()


class WebHook:
    """A server that keeps the JSON it is sent, and answers as it is told."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, object]] = []
        self.answer = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if hook.answer == 200:
                    hook.bodies.append(json.loads(body))
                self.send_response(hook.answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self._server.server_port}/hook"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(PATIENT)
        self._server.server_close()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture
def hook() -> Iterator[WebHook]:
    server = WebHook()
    yield server
    server.stop()


@pytest.fixture
def hanging() -> Iterator[int]:
    """The port of a server that takes a connection and says nothing until the test is over."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as server:
        yield server.getsockname()[1]


@pytest.fixture
def rules(tmp_path: Path) -> Callable[..., Rules]:
    """Write a rules file, and read it."""

    def read(text: str, **environment: str) -> Rules:
        path = tmp_path / "notify.yaml"
        path.write_text(text, encoding="utf-8")
        return read_rules(path, environment)

    return read


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]
