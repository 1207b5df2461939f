"""`etl-monitor watch`: sends what is new by the rules of a file, and says what became of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.errors import DatabaseError
from etl_monitor_orm.notify.watching import Pass, watch
from tests.cli.conftest import Command, fail
from tests.patience import PATIENT


class Stop(Exception):
    """Ends a watch."""


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A web hook on loopback: its address, and what it was sent."""
    bodies: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/x", bodies
    server.shutdown()
    thread.join(PATIENT)
    server.server_close()


@pytest.fixture
def failed(monitor: ETLMonitor) -> None:
    """Two tasks of CORP/HR_DAILY failed just now; what failed in April is too long ago to be told."""
    run = monitor.start_run("CORP", "HR_DAILY")
    for task_id in (1, 2):
        fail(run, task_id, ConnectionError("the gate is shut\nsecond line"))
    monitor.close()


@pytest.fixture
def rules(tmp_path: Path, hook: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHAT_URL", hook[0])
    path = tmp_path / "notify.yaml"
    path.write_text("targets:\n  chat: ${CHAT_URL}\nrules:\n  - kinds: FAILED\n    to: chat\n")
    return path


def test_watch_once_sends_a_message_and_the_next_one_has_nothing_to_tell(
    failed: None, cli: Command, url: str, rules: Path, hook: tuple[str, list[dict[str, str]]]
) -> None:
    first = cli("watch", rules, "--once", "--timeout", PATIENT, "--url", url)
    second = cli("watch", rules, "--once", "--url", url)

    assert (first.code, first.out) == (0, "Told chat: CORP/HR_DAILY: 2 failed\n")
    assert (second.code, second.out) == (0, "There is nothing to tell.\n")
    [body] = hook[1]
    assert "ConnectionError: the gate is shut" in body["message"]
    assert "second line" not in body["message"]


def test_watch_dry_run_prints_the_messages_and_sends_none(
    failed: None, cli: Command, url: str, rules: Path, hook: tuple[str, list[dict[str, str]]]
) -> None:
    shown = cli("watch", rules, "--dry-run", "--url", url)

    assert shown.code == 0
    assert shown.out.startswith("To chat: CORP/HR_DAILY: 2 failed\n")
    assert hook[1] == []
    assert cli("watch", rules, "--once", "--timeout", PATIENT, "--url", url).out.startswith("Told chat")


def test_watch_once_when_a_target_is_away_says_so_and_ends_with_1(
    failed: None, cli: Command, url: str, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_URL", "json://127.0.0.1:1/hunter2")
    ended = cli("watch", rules, "--once", "--timeout", PATIENT, "--url", url)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Not told chat: CORP/HR_DAILY: 2 failed. The target failed: ")
    assert "hunter2" not in ended.err


def test_watch_with_a_rule_that_matches_nothing_says_so(cli: Command, url: str, rules: Path) -> None:
    rules.write_text(rules.read_text() + "  - process: GONE\n    to: chat\n")

    assert "matches no active process" in cli("watch", rules, "--dry-run", "--url", url).err


def test_watch_with_a_mistake_in_the_rules_names_file_and_line(cli: Command, url: str, rules: Path) -> None:
    rules.write_text(rules.read_text() + "    severty: error\n")
    ended = cli("watch", rules, "--once", "--url", url)

    assert ended.code == 3
    assert "notify.yaml, line 6: severty is unknown" in ended.err


def test_watch_when_a_pass_fails_goes_on_with_the_next_one() -> None:
    said: list[object] = []
    passes = iter([DatabaseError("away"), Pass()])

    def one_pass() -> Pass:
        found = next(passes)
        if isinstance(found, DatabaseError):
            raise found
        return found

    def pause() -> None:
        if len(said) == 2:
            raise Stop

    with pytest.raises(Stop):
        watch(one_pass, pause, said.append, lambda error: said.append(str(error)))

    assert said == ["away", Pass()]
