"""docs/http.md works as it is typed, and its table of refusals is the server's."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import which

import pytest

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.pages.filters import STATES
from etl_monitor_orm.server import answers
from etl_monitor_orm.server.app import make_app
from tests.docs.pages import ROOT, blocks, run_shell

PAGE = ROOT / "docs" / "http.md"
LIVE = ROOT / "docs" / "live-page.md"
INSTALL = "python -m pip install 'etl-monitor-orm[server]'"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder; what serves there is ended."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    with suppress(FileNotFoundError):
        os.kill(int((tmp_path / "serve.pid").read_text()), signal.SIGKILL)


@pytest.mark.skipif(which("curl") is None, reason="the page is for curl")
def test_given_an_empty_folder_when_the_page_is_followed_then_each_command_works(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    code = "".join(block.code for block in blocks(PAGE) if block.language == "bash")
    code = code.replace("8321", port).replace("serve.log 2>&1 &", f"serve.log 2>&1 --port {port} & echo $! > serve.pid")
    told = run_shell(code, folder, {INSTALL: "would install what is there"})

    assert '"status": "RUNNING"' in told
    assert '"status": "DONE"' in told
    with ETLMonitor(f"duckdb:///{folder / 'etl_monitor.duckdb'}", lock_wait=60) as monitor:
        (step,) = monitor.get_status("CORP", "NIGHTLY", "2026-04-09")
    assert (step.task_name, step.status, step.log_message) == ("Load employees", "DONE", "reading\n12 rows")


@pytest.mark.skipif(which("curl") is None, reason="the page is asked for by curl")
def test_given_an_empty_folder_when_the_live_page_is_started_as_its_page_says_then_the_token_opens_it(
    folder: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    code = next(block.code for block in blocks(LIVE) if block.language == "bash")
    code = code.replace("90d", "90d > token.txt").replace(
        "etl-monitor serve", f"etl-monitor serve --port {port} > serve.log 2>&1 & echo $! > serve.pid"
    )
    ask = f"""curl -sSL --retry 9 --retry-connrefused -u "me:$(cat token.txt)" http://127.0.0.1:{port}/"""
    told = run_shell(f"{code}\n{ask}\n", folder, {INSTALL: "would install what is there"})

    assert "no process is registered, so there is nothing to show yet" in told


def test_given_the_live_page_when_its_states_are_read_then_they_are_those_of_the_filter() -> None:
    (row,) = [line for line in LIVE.read_text("utf-8").splitlines() if "&state=failed" in line]

    assert re.findall(r"`([a-z ]+)`", row) == list(STATES)


def test_given_the_page_when_its_table_of_refusals_is_read_then_it_has_each_status() -> None:
    rows = {int(status) for status in re.findall(r"^\| (\d{3}) \|", PAGE.read_text("utf-8"), flags=re.MULTILINE)}

    assert rows == {*answers.REFUSALS, 405}


def test_given_the_page_when_its_calls_are_read_then_it_has_each_route() -> None:
    with ETLMonitor("duckdb:///:memory:") as monitor:
        routes = make_app(monitor)._app._app._app.openapi()["paths"]
    page = PAGE.read_text("utf-8")

    assert [path for path in routes if f"`{path.rpartition('/')[2]}`" not in re.sub(r"`(?:POST|GET) ", "`", page)] == [
        "/healthz",
        "/p/{project}/{process}/{task}/{signal}",
    ]
