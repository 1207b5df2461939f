"""The documentation site, built once, and what stands in its pages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

from .pages import ROOT

LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "link": "href"}
"""Elements that a browser loads something for, without being asked to, and the attribute that names it."""


class Page(HTMLParser):
    """One page.

    Attributes:
        anchors: The names of its places.
        repeated: Those that several places have.
        links: Where its links lead.
        loaded: What a browser loads to show it.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.repeated: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element names."""
        given = {name: value or "" for name, value in attrs}
        if (place := given.get("id")) is not None:
            self.repeated |= {place} & self.anchors
            self.anchors.add(place)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if LOADING.get(tag) in given:
            self.loaded.append(given[LOADING[tag]])


@dataclass(frozen=True)
class Site:
    """The built site.

    Attributes:
        folder: Where it is.
        status: The build's exit status.
        said: What the build printed.
    """

    folder: Path
    status: int
    said: str

    @cached_property
    def pages(self) -> dict[str, Page]:
        """Every page, by its path."""
        return {
            page.relative_to(self.folder).as_posix(): Page(page.read_text("utf-8"))
            for page in sorted(self.folder.rglob("*.html"))
        }

    def anchors(self, under: str) -> Iterator[str]:
        """Yield the names of all places on the pages of a folder."""
        for name, page in self.pages.items():
            if name.startswith(under):
                yield from page.anchors


def built_once(shared: Path) -> Site:
    """Return the site that is in a folder, or build it there."""
    folder, result = shared / "site", shared / "site.json"
    if not result.exists():
        command = [sys.executable, "-m", "scripts.site", "--output", str(folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        result.write_text(json.dumps([done.returncode, done.stdout + done.stderr]), "utf-8")
    return Site(folder, *json.loads(result.read_text("utf-8")))
