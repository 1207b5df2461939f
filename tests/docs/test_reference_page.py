"""docs/reference.md and docs/reference-calls.md list exactly the public names."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from inspect import getdoc, isroutine, signature

import pytest

from .pages import ROOT, script

REFERENCE = script("reference")
PAGES = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("reference.md", "reference-calls.md")}


def test_reference_page_is_as_its_script_writes_it() -> None:
    assert REFERENCE.written() == PAGES, "run: python scripts/reference.py"


@pytest.mark.parametrize("module", REFERENCE.MODULES)
def test_reference_page_has_the_names_of_each_public_module(module: str) -> None:
    section = PAGES["reference.md"].partition(f"\n## `{module}`\n")[2].partition("\n## ")[0]

    assert re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE) == sorted(import_module(module).__all__)


def test_reference_page_says_something_of_each_name() -> None:
    assert [re.findall(r"^\| `\w+` \| *\|$", page, flags=re.MULTILINE) for page in PAGES.values()] == [[], []]


def test_reference_page_is_a_page() -> None:
    assert [len(page.splitlines()) <= 200 for page in PAGES.values()] == [True, True]


def test_docstring_of_each_call_says_what_its_arguments_are() -> None:
    calls = [
        getattr(import_module(module), name) for module in REFERENCE.MODULES for name in import_module(module).__all__
    ]
    calls += [getattr(kind, name) for kind in REFERENCE.CALLED for name in REFERENCE.members(kind)]

    assert [(call.__qualname__, name) for call in calls if isroutine(call) for name in unexplained(call)] == []


def unexplained(call: Callable[..., object]) -> list[str]:
    """Return the arguments of which a docstring says nothing, unless it names a call that has the same."""
    words = getdoc(call) or ""
    if re.search(r"arguments (?:and\s+errors )?(?:are those of|as for) `\w+`", words, re.IGNORECASE):
        return []
    explained = re.findall(r"^ +\**(\w+): ", words, re.MULTILINE)
    return [name for name in signature(call).parameters if name != "self" and name not in explained]
