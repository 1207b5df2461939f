"""Opens a page in a browser, and notes what it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page

from tests.patience import PATIENT

PHONE, DESK = 360, 1_200


@dataclass
class Opened:
    """A page in a browser, and what it did."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    stopped: dict[str, str | None] = field(default_factory=dict)


@contextmanager
def opened(
    browser: Browser, address: str, width: int = DESK, scheme: str = "light", **more: object
) -> Iterator[Opened]:
    """Open an address; note each message of the console, each request and each dialog."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, **more)
    context.set_default_timeout(PATIENT * 1000)
    seen = Opened(context.new_page())
    seen.page.on("console", lambda message: seen.said.append(message.text))
    seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
    seen.page.on("request", lambda request: seen.asked.append(request.url))
    seen.page.on("requestfailed", lambda request: seen.stopped.update({request.url: request.failure}))
    seen.page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
    seen.page.goto(address)
    yield seen
    context.close()
