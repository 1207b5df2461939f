"""docs/architecture.md, the contracts that import-linter checks, and the package keep in step."""

from __future__ import annotations

import pkgutil
import re
import tomllib

import etl_monitor_orm

from .pages import ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
FLOORS = [
    [module.strip().removeprefix("etl_monitor_orm.") for module in floor.split("|")]
    for floor in next(contract["layers"] for contract in CONTRACTS if contract["type"] == "layers")
]
MODULES = {module.name for module in pkgutil.iter_modules(etl_monitor_orm.__path__)}
MAY_KNOW_A_DRIVER = {"backends", "dialects"}


def test_architecture_page_has_each_floor_with_its_modules_from_the_top() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    floors = re.findall(r"^\| (`.+?) \|", page.partition("## Rules")[0], flags=re.MULTILINE)

    assert [re.findall(r"`(\w+)(?:/|\.py)`", floor) for floor in floors] == FLOORS


def test_floors_hold_every_module_of_the_package() -> None:
    assert sorted(module for floor in FLOORS for module in floor) == sorted(MODULES)


def test_contract_about_drivers_binds_every_module_but_backends_and_dialects() -> None:
    (contract,) = [contract for contract in CONTRACTS if "duckdb" in contract.get("forbidden_modules", ())]
    bound = {module.removeprefix("etl_monitor_orm.") for module in contract["source_modules"]}

    assert bound == MODULES - MAY_KNOW_A_DRIVER
