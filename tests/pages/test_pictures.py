"""The documentation's pictures of pages are taken here, and show what the pages look like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta

import pytest
from playwright.sync_api import Browser

from etl_monitor_orm import ETLMonitor, ManualClock
from etl_monitor_orm.demo import run_demo
from etl_monitor_orm.pages import status_page
from tests.pages.browser import missing
from tests.pages.pictures import check
from tests.pages.serving import in_a_thread

DESK = {"width": 1_000, "height": 760}
PHONE = {"width": 390, "height": 760}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the demo's pages, on the real data."""
    if lacking := missing():
        pytest.skip(lacking)
    folder = tmp_path_factory.mktemp("demo")
    run_demo(2, database=f"duckdb:///{folder / 'monitor.duckdb'}", warehouse=folder / "flights.duckdb", pages=folder)
    return folder.as_uri()


SALES = ("SALES", "NIGHTLY")
TASKS = (
    (0, 0, 0, "Initiation", 1),
    (1, 1, 2, "Read orders", 600),
    (2, 1, 2, "Read customers", 240),
    (3, 1, 3, "Build customers", 300),
    (4, 1, 4, "Build orders", 900),
    (5, 1, 6, "Sales by region", 420),
    (6, 1, 6, "Mail the report", 60),
)
"""Task, pass, stage, name, and how many seconds it usually takes."""


@pytest.fixture(scope="module")
def sales() -> Iterator[ETLMonitor]:
    """A monitor while a load is at work, after three weeks of nights."""
    clock = ManualClock("2026-03-01 02:00")
    with closing(ETLMonitor("duckdb:///:memory:", clock=clock)) as monitor, monitor.engine.connect():
        monitor.setup().register_process(*SALES, owner="Sales data team")
        for task, in_pass, stage, name, _ in TASKS:
            monitor.register_task(*SALES, task, in_pass, stage, name)
        for back in range(21, -1, -1):
            day = date(2026, 4, 9) - timedelta(days=back)
            clock.set(datetime.combine(day, time(2), UTC))
            run = monitor.start_run(*SALES, day)
            for task, in_pass, _, name, seconds in TASKS[: 5 if back == 0 else None]:
                monitor.start_task(run.execution_id, *SALES, task, workflow_id=in_pass)
                clock.advance(seconds * (2 if back in (0, 9) and name == "Read orders" else 1) + 17 * (back % 5))
                if back or name != "Build orders":
                    monitor.end_task(run.execution_id, *SALES, task, workflow_id=in_pass)
        yield monitor


@pytest.fixture
def loaded(sales: ETLMonitor, written: Callable[[str], str]) -> str:
    """The address of a page of that load."""
    return written(status_page(sales, title="Sales"))


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--take-pictures"))


@pytest.fixture
def taken(browser: Browser) -> Callable[..., bytes]:
    """Take a picture of a page, or of a part of it."""

    def take(
        address: str,
        size: dict[str, int] = DESK,
        part: str | None = None,
        scheme: str = "light",
        token: str | None = None,
    ) -> bytes:
        credentials = None if token is None else {"username": "anybody", "password": token}
        page = browser.new_page(viewport=size, color_scheme=scheme, http_credentials=credentials)
        page.goto(address)
        picture = page.screenshot() if part is None else page.locator(f"section[aria-labelledby={part}]").screenshot()
        page.close()
        return picture

    return take


def test_picture_of_the_page_shows_what_is_blocked(
    demo: str, taken: Callable[..., bytes], browser: Browser, keep: bool
) -> None:
    check(browser, "blocked.png", taken(f"{demo}/2013-01-02-blocked.html"), keep=keep)


def test_picture_of_a_phone_shows_the_page_in_the_dark(
    demo: str, taken: Callable[..., bytes], browser: Browser, keep: bool
) -> None:
    check(browser, "phone.png", taken(f"{demo}/2013-01-02-blocked.html", PHONE, scheme="dark"), keep=keep)


def test_picture_of_the_run_shows_its_bars(
    loaded: str, taken: Callable[..., bytes], browser: Browser, keep: bool
) -> None:
    check(browser, "run.png", taken(loaded, part="run"), keep=keep)


def test_picture_of_a_process_shows_its_weeks_as_a_chart(
    sales: ETLMonitor, taken: Callable[..., bytes], browser: Browser, keep: bool
) -> None:
    token = sales.make_token("reader", "read").text
    with in_a_thread(sales) as server:
        chart = taken(f"{server}/status?project=SALES&process=NIGHTLY", part="weeks", token=token)
        top = taken(f"{server}/status?project=SALES&process=NIGHTLY", {"width": 1_000, "height": 480}, token=token)
    check(browser, "weeks.png", chart, keep=keep)
    check(browser, "live.png", top, keep=keep)


def test_another_page_is_not_taken_for_the_picture(demo: str, taken: Callable[..., bytes], browser: Browser) -> None:
    with pytest.raises(AssertionError, match=r"looks otherwise than blocked\.png"):
        check(browser, "blocked.png", taken(f"{demo}/2013-01-02.html"), keep=False)
