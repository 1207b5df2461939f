"""The pages under docs/ do what they say, and their links lead somewhere."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from shutil import which
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from .pages import ROOT, blocks, run_page

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
ALL_PAGES = [*PAGES, *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md"))]
WITH_PYTHON = [page for page in PAGES if any(block.language == "python" for block in blocks(page))]


NEEDS = {'etl-monitor exec CORP NIGHTLY "Load events" --date 2026-04-12 -- node load.mjs': "node"}
"""Shell commands that need a program that not every machine has."""


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", WITH_PYTHON, ids=_name)
def test_given_an_empty_folder_when_a_page_is_followed_then_every_block_runs(page: Path, folder: Path) -> None:
    run_page(page, folder, {line: program for line, program in NEEDS.items() if which(program) is None})


@pytest.mark.parametrize("page", ALL_PAGES, ids=_name)
def test_given_a_page_when_its_links_are_followed_then_each_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = [link for link in _links(page) if not _leads_somewhere(page, link)]

    assert broken == []


def test_given_the_index_when_the_folder_is_compared_then_every_page_is_in_it() -> None:
    listed = {(DOCS / link.partition("#")[0]).resolve() for link in _links(DOCS / "index.md")}

    assert {page for page in PAGES if page.name != "index.md"} <= listed


def _links(page: Path) -> list[str]:
    """Targets of a page's links that stay within the repository."""
    inline = [token for token in MarkdownIt().parse(page.read_text(encoding="utf-8")) if token.type == "inline"]
    targets = [child.attrs["href"] for token in inline for child in token.children or () if child.type == "link_open"]
    return [unquote(str(target)) for target in targets if "://" not in str(target)]


def _leads_somewhere(page: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (page.parent / file).resolve() if file else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    """The names that a code host gives to a page's headings."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
