"""The page in a real Chromium: it stays inert, asks for nothing, and can be read by everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from etl_monitor_orm import ETLMonitor, ManualClock
from etl_monitor_orm.pages import status_page
from tests.pages.names import DAY, hostile, page_with_names
from tests.pages.opening import DESK, PHONE, opened

PLANTED = (
    "<script>document.title = 'ran'</script>",
    "<b onclick=\"document.title = 'ran'\">press</b>",
    "<img src='https://example.com/seen.png' onerror=\"document.title = 'ran'\">",
    "<p style='position: fixed'>over everything</p>",
    "<style>h1 { display: none }</style>",
    "<iframe src='https://example.com/'></iframe>",
)
"""What would stand in a page whose escaping had failed."""


@pytest.fixture
def night(monitor: ETLMonitor, clock: ManualClock) -> str:
    """A page with something in each of its parts."""
    for back in range(9, 0, -1):
        clock.set(f"{DAY - timedelta(days=back)} 06:00")
        monitor.register_process("CORP", "PAYROLL").register_task("CORP", "PAYROLL", 1, 1, 2, "Pay")
        with monitor.start_run("CORP", "PAYROLL", DAY - timedelta(days=back)).task(1):
            clock.advance(60)
    page_with_names(monitor, clock, "Name {}".format)
    monitor.register_task("CORP", "PAYROLL", 2, 1, 6, "Print")
    run = monitor.start_run("CORP", "PAYROLL", DAY)
    monitor.start_task(run.execution_id, "CORP", "PAYROLL", 1, 2, 1, DAY)
    monitor.register_process("CORP", "WAITS").register_task("CORP", "WAITS", 1, 1, 2, "Wait")
    monitor.start_run("CORP", "WAITS", DAY)
    clock.advance(60)
    return status_page(monitor)


def test_hostile_names_when_opened_run_nothing_ask_nothing_and_say_nothing(
    monitor: ETLMonitor, clock: ManualClock, browser: Browser, written: Callable[[str], str]
) -> None:
    address = written(page_with_names(monitor, clock, hostile))

    with opened(browser, address) as seen:
        for summary in seen.page.query_selector_all("summary"):
            summary.click()
        assert (seen.said, seen.asked, seen.dialogs) == ([], [address], [])
        assert seen.page.title() == "<!-- &lt;b&gt; ]]> 13"
        assert "<script>alert(1)</script> 0" in seen.page.inner_text("#days + .scroll")


@pytest.mark.parametrize("planted", PLANTED)
def test_what_gets_through_the_escaping_is_stopped_by_the_policy(
    night: str, browser: Browser, written: Callable[[str], str], planted: str
) -> None:
    address = written(night.replace("<main>", f"<main>{planted}"))

    with opened(browser, address) as seen:
        for bold in seen.page.query_selector_all("b"):
            bold.click()
        assert seen.page.title() == "ETL status"
        assert {one for one in seen.asked if seen.stopped.get(one) != "csp"} == {address}
        assert seen.page.evaluate("[...document.images].every(image => image.naturalWidth === 0)")
        assert seen.page.is_visible("h1")
        assert seen.page.evaluate("getComputedStyle(document.querySelector('main p')).position") == "static"
        assert any("Content Security Policy" in line for line in seen.said)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_page_is_accessible_and_fits_the_screen(
    night: str, browser: Browser, written: Callable[[str], str], width: int, scheme: str
) -> None:
    with opened(browser, written(night), width, scheme) as seen:
        found = Axe().run(seen.page)
        assert found.violations_count == 0, found.generate_report()
        assert seen.page.evaluate("document.documentElement.scrollWidth") == width
        ground = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") is (scheme == "light")


def test_empty_page_is_accessible(monitor: ETLMonitor, browser: Browser, written: Callable[[str], str]) -> None:
    with opened(browser, written(status_page(monitor))) as seen:
        found = Axe().run(seen.page)
        assert found.violations_count == 0, found.generate_report()


def test_latest_date_of_each_process_is_seen_on_a_phone_without_moving_the_table(
    night: str, browser: Browser, written: Callable[[str], str]
) -> None:
    with opened(browser, written(night), PHONE) as seen:
        for cell in seen.page.query_selector_all(".grid tbody td:nth-child(2)"):
            box = cell.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= PHONE


def test_keyboard_reaches_each_link_message_and_table_and_shows_where_it_is(
    night: str, browser: Browser, written: Callable[[str], str]
) -> None:
    where = "document.activeElement.getAttribute('href') || document.activeElement.getAttribute('aria-label')"
    with opened(browser, written(night), PHONE) as seen:
        reached, outlines = [], set()
        for _ in seen.page.query_selector_all("a, summary, [tabindex]"):
            seen.page.keyboard.press("Tab")
            reached.append(seen.page.evaluate(f"{where} || document.activeElement.tagName"))
            outlines.add(seen.page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))

    parts = ["blocked", "days", "late", "failures", "run", "watermarks", "durations", "changes"]
    assert reached[:8] == [f"#{part}" for part in parts]
    assert reached[8:] == [
        "Processes by day",
        "SUMMARY",
        "Steps of the latest run",
        "Watermarks",
        "Durations",
    ]
    assert outlines == {"solid"}


def test_signs_are_heard_as_words(night: str, browser: Browser, written: Callable[[str], str]) -> None:
    with opened(browser, written(night)) as seen:
        row = seen.page.get_by_role("row").filter(has_text="CORP/PAYROLL").first
        assert row.get_by_role("img", name="running", exact=True).count() == 1
        assert row.get_by_role("img", name="complete", exact=True).count() == 9
        assert row.get_by_role("img", name="did not run", exact=True).count() == 4
