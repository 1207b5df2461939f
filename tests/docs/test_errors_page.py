"""docs/errors.md keeps in step with the errors."""

from __future__ import annotations

import inspect
import re

from etl_monitor_orm import errors

from .pages import ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
CLASSES = {name for name, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__}


def test_given_the_errors_when_their_page_is_read_then_it_has_a_row_for_each_and_for_no_other() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE))

    assert rows == CLASSES


def test_given_the_errors_when_their_page_draws_the_family_then_each_is_under_its_parent() -> None:
    drawing = re.search(r"```text\n(EtlMonitorError.*?)```", PAGE, flags=re.DOTALL)
    assert drawing is not None
    lines = [(len(line) - len(line.lstrip()), line.split()[0]) for line in drawing[1].splitlines()]
    parents = {
        name: next((above for level, above in reversed(lines[:number]) if level < depth), None)
        for number, (depth, name) in enumerate(lines)
    }

    family = {name: getattr(errors, name).__bases__[0].__name__ for name in CLASSES}
    assert parents == {**family, "EtlMonitorError": None}
