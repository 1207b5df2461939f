"""The pages about the command line are a contract: they hold each command's current help and exit codes."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest

from etl_monitor_orm.cli.exits import ExitCode

from ..docs.pages import ROOT, blocks, run_shell  # noqa: TID252 - no test knows the name of its root

OVERVIEW = ROOT / "docs" / "command-line.md"
LONGEST_PAGE = 200
# How Typer's versions dress the same help: types after or instead of names, brackets around what is required, dots.
DRESS = re.compile(r"<(?:list\[)?\w+\]?>|\.\.\.|\b(?:TEXT|INTEGER|FLOAT)\b|[\[\]{}\\]")


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("command_help", ROOT / "scripts" / "command_help.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words(text: str) -> list[str]:
    return DRESS.sub(" ", text).split()


def test_given_the_pages_when_the_help_is_written_again_then_nothing_changes() -> None:
    helper = script()
    written = {page.name: page.read_text("utf-8") for page in helper.pages()}

    changed = [name for name, text in written.items() if words(helper.rewritten(text)) != words(text)]

    assert changed == [], "run: python scripts/command_help.py"


def test_given_the_command_when_its_parts_are_listed_then_each_is_on_one_page_once() -> None:
    helper = script()
    text = "".join(page.read_text("utf-8") for page in helper.pages())

    assert sorted(re.findall(r"<!-- help: ?(.*?) ?-->", text)) == sorted(helper.commands())


def test_given_the_pages_when_their_lines_are_counted_then_none_is_too_long_to_read() -> None:
    lines = {page.name: len(page.read_text("utf-8").splitlines()) for page in script().pages()}

    assert {name: number for name, number in lines.items() if number > LONGEST_PAGE} == {}


def test_given_the_exit_codes_when_looked_up_then_the_overview_has_each_with_its_meaning() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", OVERVIEW.read_text("utf-8"), re.MULTILINE)

    assert rows == [(str(code.value), code.meaning) for code in ExitCode]


def test_given_two_days_when_the_overviews_commands_are_typed_then_they_run(
    url: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", url)
    typed = "".join(block.code for block in blocks(OVERVIEW) if block.language == "bash")

    told = run_shell(typed, tmp_path, {})

    assert "Load employees" in told
    assert (tmp_path / "blockers.json").read_text() == "[]\n"
