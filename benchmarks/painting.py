"""How long somebody waits who opens the live page: until its first paint in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from benchmarks.history import PROCESSES
from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.pages import status_page
from tests.pages.browser import chromium
from tests.server.serving import served

_PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
"""Milliseconds since the navigation began."""
_KEPT = 5_500
"""Milliseconds after which the server reads again."""


def painted(monitor: ETLMonitor, tries: int) -> None:
    """Open the page of the monitor's database, and the same page from a file."""
    for number in range(PROCESSES):
        monitor.register_process("BENCH", f"LOAD {number}")
    token = monitor.make_token("benchmark", "read").text
    with TemporaryDirectory() as folder, _page(token) as page:
        file = Path(folder, "status.html")
        file.write_text(status_page(monitor), encoding="utf-8")
        url = monitor.engine.url.render_as_string(hide_password=False)
        monitor.engine.dispose()
        plain = [_paint(page, file.as_uri()) for _ in range(tries)]
        with served(url) as server:
            start = _paint(page, f"{server.url}/status")
            read, kept, one = [], [], []
            for _ in range(tries):
                page.wait_for_timeout(_KEPT)
                read.append(_paint(page, f"{server.url}/status"))
                kept.append(_paint(page, f"{server.url}/status"))
                one.append(_paint(page, f"{server.url}/status?project=BENCH&process=LOAD+1"))
    _line("first paint: a file of the page", plain)
    _line("first paint: /status", read)
    _line("first paint: /status, just read", kept)
    _line("first paint: /status of one process", one)
    _line("first paint: /status, server just begun", [start])


def _line(name: str, times: list[float]) -> None:
    print(f"{name:38} {median(times):7.1f} ms, the least {min(times):7.1f} ms", flush=True)


@contextmanager
def _page(token: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser.new_page(http_credentials={"username": "", "password": token})
        browser.close()


def _paint(page: Page, address: str) -> float:
    page.goto(address)
    while (at := page.evaluate(_PAINTED)) is None:  # the policy of the page forbids to wait by a function
        page.wait_for_timeout(10)
    return float(at)
