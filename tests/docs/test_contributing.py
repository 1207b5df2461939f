"""CONTRIBUTING.md keeps in step with the task runner and the folders of tests."""

from __future__ import annotations

import re

from .pages import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_given_the_task_runner_when_the_page_is_read_then_each_task_has_its_plain_commands() -> None:
    justfile = (ROOT / "justfile").read_text(encoding="utf-8")
    recipes = re.findall(r"^([a-z]+)(?: \*args)?:\n((?: {4}.+\n)+)", justfile, flags=re.MULTILINE)
    tasks = {name: [line.strip().removesuffix(" {{args}}") for line in body.splitlines()] for name, body in recipes}
    rows = re.findall(r"^\| `just (\w+)` \| (.+) \|$", PAGE, flags=re.MULTILINE)

    assert {name: re.findall(r"`([^`]+)`", plain) for name, plain in rows} == tasks


def test_given_the_folders_of_tests_when_the_page_is_read_then_it_says_what_each_asks() -> None:
    folders = {folder.name for folder in (ROOT / "tests").iterdir() if any(folder.glob("**/*.py"))}
    listed = set(re.findall(r"`tests/(\w+)/`", PAGE))

    assert listed == folders
