"""Writes what each command's `--help` says into the pages under `docs/`, below the command's marker.

    python scripts/command_help.py

A marker is a line `<!-- help: status -->`; a text block follows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from typer.main import get_command
from typer.testing import CliRunner

from etl_monitor_orm.cli.app import app

DOCS: Final = Path(__file__).parents[1] / "docs"
BLOCK: Final = re.compile(r"(<!-- help: ?(?P<command>.*?) ?-->\n+```text\n).*?(?=```\n)", re.DOTALL)


def pages() -> list[Path]:
    """Return the pages that have a marker."""
    return [page for page in sorted(DOCS.rglob("*.md")) if BLOCK.search(page.read_text("utf-8"))]


def commands() -> Iterator[str]:
    """Yield every command as it is typed after `etl-monitor`; first the bare command."""
    yield ""
    for name, command in get_command(app).commands.items():
        inner = getattr(command, "commands", None)
        yield from (name,) if inner is None else (f"{name} {one}" for one in inner)


def help_of(command: str) -> str:
    """Return what `--help` prints, 80 columns wide."""
    arguments = [*command.split(), "--help"]
    return CliRunner().invoke(app, arguments, prog_name="etl-monitor", env={"COLUMNS": "80"}).stdout


def rewritten(page: str) -> str:
    """Return the page with each command's current help."""
    return BLOCK.sub(lambda block: block[1] + help_of(block["command"]), page)


if __name__ == "__main__":
    for each in pages():
        each.write_text(rewritten(each.read_text("utf-8")), "utf-8")
