"""The README's code runs unchanged and does what the README says."""

from __future__ import annotations

import re
from pathlib import Path

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.cli.variables import OF_A_STEP

from .pages import ROOT, blocks, run_page

README = ROOT / "README.md"
INSTALL_DEMO = "pip install '.[demo]' && etl-monitor demo"
INSTALL_DEV = "pip install '.[dev]' && pytest -n 2"
NOT_RUN = {
    INSTALL_DEMO: "needs an environment of its own and minutes; CI runs it in a fresh one",
    INSTALL_DEV: "would run these tests inside themselves; CI runs it in a fresh environment",
}


def test_given_an_empty_folder_when_the_readme_is_followed_then_every_block_runs(
    folder: Path, etl_monitor: ETLMonitor
) -> None:
    namespace = run_page(README, folder, NOT_RUN)

    examples = [example for name, example in namespace.items() if name.startswith("test_")]
    assert len(examples) == 1
    examples[0](etl_monitor)


def test_given_the_readme_when_a_newcomer_reads_it_then_the_two_commands_are_in_it_verbatim() -> None:
    commands = [line for block in blocks(README) if block.language == "bash" for line in block.code.splitlines()]

    assert INSTALL_DEMO in commands
    assert INSTALL_DEV in commands


def test_given_the_readme_when_it_is_opened_then_an_example_is_on_the_first_screen() -> None:
    first = next(block for block in blocks(README) if block.language == "python")

    assert first.line + first.code.count("\n") <= 45


def test_given_the_readme_when_settings_are_listed_then_they_are_those_the_package_reads() -> None:
    name = re.compile(r"\bETL_MONITOR_[A-Z]+\b")
    package = (ROOT / "etl_monitor_orm").rglob("*.py")
    read = {found for source in package for found in name.findall(source.read_text(encoding="utf-8"))}

    assert set(name.findall(README.read_text(encoding="utf-8"))) - {*OF_A_STEP} == read - {*OF_A_STEP}


def test_given_the_variables_of_a_step_when_their_page_is_read_then_it_has_each() -> None:
    page = (ROOT / "docs" / "report-from-anything.md").read_text(encoding="utf-8")
    table = "".join(line for line in page.splitlines() if line.startswith("| `ETL_MONITOR_"))

    assert set(re.findall(r"`(ETL_MONITOR_\w+)`", table)) == {*OF_A_STEP}
