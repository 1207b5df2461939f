"""docs/architecture.md keeps in step with the floors that import-linter checks."""

from __future__ import annotations

import re
import tomllib

from .pages import ROOT


def test_given_the_floors_when_the_page_is_read_then_it_has_each_with_its_modules_from_the_top() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    floors = re.findall(r"^\| (`.+?) \|", page.partition("## Rules")[0], flags=re.MULTILINE)

    drawn = [re.findall(r"`(\w+)(?:/|\.py)`", floor) for floor in floors]
    assert drawn == [[module.strip().removeprefix("etl_monitor_orm.") for module in one.split("|")] for one in layers]
