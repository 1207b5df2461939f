"""A real Chromium, and a database of the tests' own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.pages.browser import chromium, missing


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for a module: while it is open, an event loop runs here, and no other test could run its own."""
    if lacking := missing():
        pytest.skip(lacking)
    with sync_playwright() as playwright:
        # As root, Chromium runs without its sandbox only. The page is ours.
        opened = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock("2026-04-09 06:00")


@pytest.fixture
def monitor(clock: ManualClock) -> Iterator[ETLMonitor]:
    monitor = ETLMonitor("duckdb:///:memory:", clock=clock)
    with monitor.engine.connect():
        yield monitor.setup()
    monitor.close()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], str]:
    """Write a page to a file, and return its address."""

    def write(page: str) -> str:
        file = tmp_path / "status.html"
        file.write_text(page, encoding="utf-8")
        return file.as_uri()

    return write
