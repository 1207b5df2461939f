"""docs/reference.md and docs/reference-calls.md list exactly the public names."""

from __future__ import annotations

import importlib.util
import re
from importlib import import_module
from types import ModuleType

import pytest

from .pages import ROOT

PAGES = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("reference.md", "reference-calls.md")}


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_page_is_as_its_script_writes_it() -> None:
    assert script().written() == PAGES, "run: python scripts/reference.py"


@pytest.mark.parametrize("module", script().MODULES)
def test_reference_page_has_the_names_of_each_public_module(module: str) -> None:
    section = PAGES["reference.md"].partition(f"\n## `{module}`\n")[2].partition("\n## ")[0]

    assert re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE) == sorted(import_module(module).__all__)


def test_reference_page_says_something_of_each_name() -> None:
    assert [re.findall(r"^\| `\w+` \| *\|$", page, flags=re.MULTILINE) for page in PAGES.values()] == [[], []]


def test_reference_page_is_a_page() -> None:
    assert [len(page.splitlines()) <= 200 for page in PAGES.values()] == [True, True]
