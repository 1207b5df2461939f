"""`docs/command-line.md` is a contract: it holds each command's help and exit code as they are."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest

from etl_monitor_orm.cli.exits import ExitCode

from ..docs.pages import ROOT, blocks, run_shell  # noqa: TID252 - no test knows the name of its root

PAGE = ROOT / "docs" / "command-line.md"
# How Typer's versions dress the same help: types after or instead of names, brackets around what is required.
DRESS = re.compile(r"<\w+>|\b(?:TEXT|INTEGER|FLOAT)\b|[\[\]{}\\]")


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("command_help", ROOT / "scripts" / "command_help.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words(text: str) -> list[str]:
    return DRESS.sub(" ", text).split()


def test_given_the_page_when_the_help_is_written_anew_then_it_says_the_same() -> None:
    page = PAGE.read_text("utf-8")

    assert words(script().rewritten(page)) == words(page), "run: python scripts/command_help.py"


def test_given_the_command_when_its_parts_are_listed_then_each_is_on_the_page_once() -> None:
    on_page = re.findall(r"<!-- help: ?(.*?) ?-->", PAGE.read_text("utf-8"))

    assert sorted(on_page) == sorted(script().commands())


def test_given_the_exit_codes_when_looked_up_then_the_page_has_each_with_its_meaning() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)

    assert rows == [(str(code.value), code.meaning) for code in ExitCode]


def test_given_two_days_when_the_pages_commands_are_typed_then_they_run(
    url: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", url)
    typed = "".join(block.code for block in blocks(PAGE) if block.language == "bash")

    told = run_shell(typed, tmp_path, {})

    assert "Load employees" in told
    assert (tmp_path / "blockers.json").read_text() == "[]\n"
