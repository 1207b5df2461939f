"""Which pages the site has: a copy of the repository's, and of what they link to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from markdown_it import MarkdownIt

ROOT: Final = Path(__file__).parents[2]
WRITTEN: Final = Path(__file__).parent / "pages"
"""Pages that only the site has: its navigation."""


def gather(folder: Path) -> None:
    """Copy the pages into a folder, with the files that they link to; of a linked folder, a list of its files."""
    shutil.copytree(WRITTEN, folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    for page in (*ROOT.glob("*.md"), *ROOT.glob("notebooks/*.ipynb")):
        _copy(page, folder)
    for page in sorted([*folder.rglob("*.md"), *folder.rglob("*.ipynb")]):
        for link in _links(page):
            linked = ROOT / (page.parent / link).resolve().relative_to(folder)
            if linked.is_dir():
                _list(linked, folder)
            elif linked.is_file():  # else Sphinx says which page has a broken link
                _copy(linked, folder)


def _copy(file: Path, folder: Path) -> None:
    copied = folder / file.relative_to(ROOT)
    copied.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copied)


def _list(linked: Path, folder: Path) -> None:
    """Write a page that stands for a folder which pages link to, with its files."""
    name = linked.relative_to(ROOT)
    files = sorted(file for file in linked.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    for file in files:
        _copy(file, folder)
    names = [file.relative_to(linked).as_posix() for file in files]
    lines = [f"- [{file}]({name.name}/{file})" for file in names]
    text = "\n".join(["---", "orphan: true", "---", f"# The files in `{name.as_posix()}`", "", *lines, ""])
    (folder / f"{name}.md").write_text(text, "utf-8")


def _links(page: Path) -> Iterator[str]:
    """Yield the targets of a page's links that stay within the repository, without their anchors."""
    text = page.read_text("utf-8")
    for token in MarkdownIt().parse(markdown_of(text) if page.suffix == ".ipynb" else text):
        for child in token.children or ():
            target = str(child.attrs.get("href", ""))
            if target and "://" not in target and not target.startswith("#"):
                yield unquote(target.partition("#")[0])


def markdown_of(notebook: str) -> str:
    """Return a notebook's cells as a page: its outputs are not stored."""
    texts = (("".join(cell["source"]), cell["cell_type"]) for cell in json.loads(notebook)["cells"])
    return "\n\n".join(text if kind == "markdown" else f"```python\n{text}\n```" for text, kind in texts)
