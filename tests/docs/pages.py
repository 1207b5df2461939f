"""Runs the code blocks of a Markdown page, as a reader would who copies them one after the other."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import ModuleType

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]


def script(name: str) -> ModuleType:
    """Return a script of the repository, as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Block:
    """One fenced block of a page.

    Attributes:
        language: What stands behind the fence. `python title="orders.py"` is a file, not code to run here.
        code: What stands in it.
        line: Line of the page on which the code starts, counted from 0.
        output: What a `text` block that follows at once says that it prints; None promises nothing.
    """

    language: str
    code: str
    line: int
    output: str | None = None


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page; a `text` block right after code belongs to that code."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "fence":
            promised = after is not None and after.type == "fence" and after.info == "text"
            yield Block(token.info, token.content, token.map[0] + 1, after.content if promised else None)


def run_page(page: Path, folder: Path, not_run: Mapping[str, str]) -> dict[str, object]:
    """Run the page's Python blocks in one namespace and its shell blocks in `folder`, in order.

    Args:
        page: The page.
        folder: The working directory, which must be the present one.
        not_run: Shell commands that are left out, each with the reason.

    Returns:
        The namespace: what the Python blocks defined.
    """
    assert Path.cwd() == folder
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language == "python":
            printed = StringIO()
            # The leading newlines make a traceback name the page's own line.
            with redirect_stdout(printed):
                exec(compile("\n" * block.line + block.code, str(page), "exec"), namespace)
            result = printed.getvalue()
        elif block.language == "bash":
            result = run_shell(block.code, folder, not_run)
        else:
            continue
        if block.output is not None:
            assert result == block.output, f"{page.name}, line {block.line}: the output is not as promised"
    return namespace


def run_shell(code: str, folder: Path, not_run: Mapping[str, str]) -> str:
    """Run the commands of a shell block that are not in `not_run`, with this environment's programs first."""
    commands = "\n".join(line for line in code.splitlines() if line not in not_run)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"{commands}\n{result.stdout}{result.stderr}"
    return result.stdout
