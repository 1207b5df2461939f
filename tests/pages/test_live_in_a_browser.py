"""The live page in a real Chromium: it updates itself, keeps what a reader does, and runs nothing but its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from etl_monitor_orm import ETLMonitor, ManualClock
from etl_monitor_orm.errors import DatabaseLocked
from etl_monitor_orm.server.live import looking
from tests.pages.names import DAY, hostile, page_with_names
from tests.pages.opening import DESK, PHONE, Opened, opened
from tests.pages.serving import in_a_thread
from tests.server.serving import served

HR = ("CORP", "HR_DAILY")
OF_HR = f"/status?{urlencode(dict(zip(('project', 'process'), HR, strict=True)))}"
EVERY = 30_000
"""Milliseconds until a page looks again."""
HIDE = "hidden => {{ Object.defineProperty(document, 'hidden', {{ get: () => {}, configurable: true }}); {} }}".format(
    "hidden", "document.dispatchEvent(new Event('visibilitychange'));"
)

Open = Callable[..., AbstractContextManager[Opened]]


@pytest.fixture
def weeks(monitor: ETLMonitor, clock: ManualClock) -> ETLMonitor:
    """A process that ran for weeks; today one step failed with a long message, and one waits."""
    for back in range(12, 0, -1):
        clock.set(f"{DAY - timedelta(days=back)} 06:00")
        monitor.register_process(*HR).register_task(*HR, 1, 1, 2, "Load employees")
        with monitor.start_run(*HR, DAY - timedelta(days=back)).task(1):
            clock.advance(60 + back)
    monitor.register_task(*HR, 2, 1, 2, "Load events")
    clock.set(f"{DAY} 06:00")
    run = monitor.start_run(*HR, DAY, execution_id="today")
    with suppress(OSError), run.task(1):
        clock.advance(90)
        raise OSError("gate 7 is shut\nand nobody has the key")
    return monitor


def fails(monitor: ETLMonitor, clock: ManualClock) -> None:
    """Let the step that waits fail."""
    with suppress(OSError), monitor.get_run("today", *HR, DAY).task(2):
        clock.advance(30)
        raise OSError("gate 8 is shut")


@pytest.fixture
def token(monitor: ETLMonitor) -> str:
    return monitor.make_token("reader", "read").text


@pytest.fixture
def open_live(monitor: ETLMonitor, browser: Browser, token: str) -> Iterator[Open]:
    """Open an address of the live page, with the token as the password."""
    with ExitStack() as until_the_end:
        base = until_the_end.enter_context(in_a_thread(monitor))

        def make(path: str, *how: object, **more: object) -> AbstractContextManager[Opened]:
            credentials = {"username": "anybody", "password": token}
            return opened(browser, base + path, *how, http_credentials=credentials, **more)

        yield make


def told(page: Page) -> str:
    return page.inner_text("#told")


def stop_time(page: Page) -> None:
    """Load the page again, with a clock that the test turns."""
    page.clock.install()
    page.reload()


def look_again(page: Page, milliseconds: int = EVERY) -> None:
    """Let the page look again, and wait until it has read the answer."""
    page.evaluate("told.textContent = checked.textContent = ''")
    page.clock.run_for(milliseconds)
    page.locator("#told:not(:empty), #checked:not(:empty)").first.wait_for()


# It shows, and runs nothing else


def test_live_page_of_hostile_names_runs_nothing_and_asks_nobody_else(
    monitor: ETLMonitor, clock: ManualClock, open_live: Open
) -> None:
    page_with_names(monitor, clock, hostile)
    of_process = f"/status?{urlencode({'project': hostile(0), 'process': hostile(1)})}"
    for path in ("/status", of_process):
        with open_live(path) as seen:
            stop_time(seen.page)
            for summary in seen.page.query_selector_all("summary"):
                summary.click()
            look_again(seen.page)
            hosts = {urlsplit(one).netloc for one in seen.asked}
            assert (seen.said, seen.dialogs, hosts) == ([], [], {urlsplit(seen.page.url).netloc})
            assert told(seen.page).startswith("Updated at")
            assert "<script>alert(1)</script> 0" in seen.page.inner_text("#days + .scroll")
            with seen.page.expect_navigation():
                seen.page.click("#days + .scroll tbody a")
            assert seen.page.locator("#chart canvas").count() == 1
            assert seen.page.input_value("input[name=project]") == hostile(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_live_page_is_accessible_and_fits_the_screen(
    weeks: ETLMonitor, open_live: Open, width: int, scheme: str
) -> None:
    for path in (OF_HR, "/status?project=NONE"):
        with open_live(path, width, scheme) as seen:
            found = Axe().run(seen.page)
            assert found.violations_count == 0, found.generate_report()
            assert seen.page.evaluate("document.documentElement.scrollWidth") == width


def test_keyboard_reaches_the_filters_and_chooses_what_is_shown(weeks: ETLMonitor, open_live: Open) -> None:
    weeks.register_process("BANK", "IDLE")
    with open_live("/status") as seen:
        reached = []
        for _ in range(6):
            seen.page.keyboard.press("Tab")
            reached.append(seen.page.evaluate("document.activeElement.name || document.activeElement.textContent"))
            if reached[-1] == "project":
                seen.page.keyboard.type("BANK")
            if reached[-1] == "state":
                seen.page.keyboard.type("not")
        seen.page.focus("input[name=project]")
        with seen.page.expect_navigation():
            seen.page.keyboard.press("Enter")

        assert reached[:4] == ["Pause updating", "project", "process", "state"]
        assert seen.page.url.endswith("/status?project=BANK&process=&state=not+run&on=")
        assert "BANK/IDLE" in seen.page.inner_text(".grid")
        assert "HR_DAILY" not in seen.page.inner_text(".grid")


def test_without_scripts_the_page_works_and_says_that_it_does_not_update_itself(
    weeks: ETLMonitor, open_live: Open
) -> None:
    with open_live(OF_HR, java_script_enabled=False) as seen:
        assert seen.page.is_visible("text=The page does not update itself, because its script does not run.")
        assert not seen.page.is_visible("#pause")
        seen.page.click("#chart-table summary")
        assert seen.page.locator("#chart-table tbody tr").count() == 13
        seen.page.select_option("select[name=state]", "complete")
        with seen.page.expect_navigation():
            seen.page.click("form button")
        assert "No process stands so." in seen.page.inner_text("main")


# It updates itself


def test_page_shows_a_failure_that_happens_meanwhile_and_keeps_what_a_reader_did(
    weeks: ETLMonitor, clock: ManualClock, open_live: Open
) -> None:
    with open_live(OF_HR) as seen:
        page = seen.page
        stop_time(page)
        page.click("#failures ~ article summary")
        page.evaluate("getSelection().selectAllChildren(document.querySelector('#failures ~ article pre'))")
        page.focus("input[name=process]")
        page.keyboard.press("End")
        page.keyboard.type("x")
        page.evaluate("scrollTo(0, 300)")
        drawn = page.evaluate("document.querySelector('#chart canvas').toDataURL()")
        kept = "[document.activeElement.name, scrollY, document.querySelector('#failures ~ article details').open]"
        before = page.evaluate(kept)
        fails(weeks, clock)
        look_again(page)

        assert "gate 8 is shut" in page.inner_text("main")
        assert page.evaluate(kept) == before == ["process", 300, True]
        assert page.input_value("input[name=process]") == "HR_DAILYx"
        assert page.evaluate("document.querySelector('#chart canvas').toDataURL()") != drawn
        assert page.locator("#chart canvas").count() == 1
        assert told(page).startswith("Updated at ")
        look_again(page)
        assert page.inner_text("#checked").startswith("Nothing is new at ")
        assert seen.said == []


def test_page_says_since_when_the_database_is_away_and_goes_on_when_it_is_back(
    weeks: ETLMonitor, clock: ManualClock, open_live: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_live("/status") as seen:
        stop_time(seen.page)
        right = looking.look
        # As every 503, it comes with a time to wait; a page that people look at does not wait so long.
        monkeypatch.setattr(looking, "look", lambda *_: (_ for _ in ()).throw(DatabaseLocked("it is locked")))
        look_again(seen.page)
        away, again = told(seen.page), seen.page.inner_text("#checked")
        marked = seen.page.locator("body.old").count()
        shown = seen.page.inner_text("main")
        found = Axe().run(seen.page)
        monkeypatch.setattr(looking, "look", right)
        fails(weeks, clock)
        look_again(seen.page)

        assert away.startswith("The monitor cannot be reached since ")
        assert away.endswith("its database, is away or busy. The page shows what was then.")
        assert again.startswith("It looks again at ")
        assert (marked, "gate 7 is shut" in shown) == (1, True)
        assert found.violations_count == 0, found.generate_report()
        assert seen.page.locator("body.old").count() == 0
        assert "gate 8 is shut" in seen.page.inner_text("main")


def test_page_outlives_a_server_that_is_started_again(monitor: ETLMonitor, browser: Browser, token: str) -> None:
    credentials = {"username": "", "password": token}
    with ExitStack() as first:
        base = first.enter_context(in_a_thread(monitor, refresh=1))
        with opened(browser, f"{base}/status", http_credentials=credentials) as seen:
            seen.page.wait_for_selector("#told:text('Updated at')")
            first.close()
            seen.page.wait_for_selector("#told:text('it does not answer')")
            with in_a_thread(monitor, refresh=1, port=urlsplit(base).port or 0):
                seen.page.wait_for_selector("#told:text('Updated at')")
                assert seen.page.locator("body.old").count() == 0


def test_page_that_could_not_be_shown_appears_when_it_can(
    weeks: ETLMonitor, open_live: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = looking.look
    monkeypatch.setattr(looking, "look", lambda *_: (_ for _ in ()).throw(DatabaseLocked("it is locked")))
    with open_live(OF_HR) as seen:
        stop_time(seen.page)
        assert seen.page.inner_text("h1") == "The database cannot be read now"
        monkeypatch.setattr(looking, "look", right)
        with seen.page.expect_navigation():
            seen.page.clock.run_for(EVERY)
        assert seen.page.inner_text("h1") == "ETL status"
        assert seen.page.locator("#chart canvas").count() == 1


def test_reader_pauses_and_resumes_the_updates(weeks: ETLMonitor, clock: ManualClock, open_live: Open) -> None:
    with open_live("/status") as seen:
        stop_time(seen.page)
        seen.page.click("text=Pause updating")
        before = len(seen.asked)
        seen.page.clock.run_for(10 * EVERY)
        assert len(seen.asked) == before
        assert told(seen.page).startswith("Paused at ")
        fails(weeks, clock)
        seen.page.click("text=Resume updating")
        seen.page.wait_for_selector("#told:text('Updated at')")
        assert "gate 8 is shut" in seen.page.inner_text("main")


def test_page_that_nobody_sees_asks_nothing_and_looks_at_once_when_it_is_seen(
    weeks: ETLMonitor, open_live: Open
) -> None:
    with open_live("/status") as seen:
        stop_time(seen.page)
        seen.page.evaluate(HIDE, True)
        before = len(seen.asked)
        seen.page.clock.run_for(10 * EVERY)
        assert len(seen.asked) == before
        with seen.page.expect_request("**/status"):
            seen.page.evaluate(HIDE, False)


def test_page_waits_as_long_as_a_busy_server_asks_it_to(weeks: ETLMonitor, open_live: Open) -> None:
    with open_live("/status") as seen:
        stop_time(seen.page)
        seen.page.route("**/status", lambda route: route.fulfill(status=429, headers={"Retry-After": "120"}))
        look_again(seen.page)
        assert told(seen.page).startswith("Too many requests came with its token.")
        before = len(seen.asked)
        seen.page.clock.run_for(119_000)
        assert len(seen.asked) == before
        with seen.page.expect_request("**/status"):
            seen.page.clock.run_for(2_000)


def test_revoked_token_leaves_the_page_and_opens_no_window(
    weeks: ETLMonitor, open_live: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_live("/status") as seen:
        stop_time(seen.page)
        seen.page.route("**/status", lambda route: route.fulfill(status=401))
        look_again(seen.page)
        assert told(seen.page).startswith("Its token was revoked or has expired: load the page again, and give another")
        assert "gate 7 is shut" in seen.page.inner_text("main")


def test_page_of_the_command_shows_a_failure_that_another_process_reports(browser: Browser, tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'monitor.duckdb'}"
    with ETLMonitor(url, lock_wait=60) as monitor:
        monitor.setup().register_process(*HR).register_task(*HR, 1, 1, 2, "Load employees")
        token = monitor.make_token("reader", "read").text
        run = monitor.start_run(*HR, date(2026, 4, 9))
        with served(url, "--refresh", "1") as server:
            credentials = {"username": "", "password": token}
            with opened(browser, f"{server.url}/status?on=2026-04-09", http_credentials=credentials) as seen:
                with suppress(OSError), run.task(1):
                    raise OSError("gate 7 is shut")
                seen.page.wait_for_selector("#failures ~ article")
                assert "gate 7 is shut" in seen.page.inner_text("main")
