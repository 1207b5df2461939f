"""Writes `docs/reference.md`: every public name, and the first line of its docstring.

    python scripts/reference.py

Public names are in the `__all__` of a module in `MODULES`, and are the public members of the classes in `CALLED`.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

from etl_monitor_orm import ETLMonitor, Journal, Run, TaskHandle

PAGE: Final = Path(__file__).parents[1] / "docs" / "reference.md"

MODULES: Final = ("etl_monitor_orm", "etl_monitor_orm.keys", "etl_monitor_orm.migrations", "etl_monitor_orm.demo")
CALLED: Final = (ETLMonitor, Run, TaskHandle, Journal)

HEAD: Final = """# Reference

Every public name, with one line about it. `help(name)` has the rest: arguments with types and units, results, errors,
and the table or view behind it. Names that are not on this page are internal and may change with any release.

This page is written by `python scripts/reference.py`.
"""


def said(thing: object) -> str:
    """Return the first sentence of a docstring."""
    return (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")


def described(module: str, name: str) -> str:
    """Return a name's docstring; for a constant, its value."""
    thing = getattr(import_module(module), name)
    if not callable(thing):
        return f"`{thing!r}`"
    return said(thing) or said_below(module, name)


def said_below(package: str, name: str) -> str:
    """Return the text below a name's assignment in a package: an alias of a type has no docstring."""
    for module in [loaded for key, loaded in sys.modules.items() if key.startswith(f"{package}.")]:
        body = ast.parse(inspect.getsource(module)).body
        for statement, below in itertools.pairwise(body):
            if not isinstance(statement, ast.Assign) or ast.unparse(statement.targets[0]) != name:
                continue
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                return str(below.value.value)
    return ""


def members(kind: type) -> dict[str, str]:
    """Return the public members of a class, in alphabetical order, with each one's docstring."""
    return {
        name: said(member)
        for name, member in inspect.getmembers(kind)
        if not name.startswith("_") and (callable(member) or isinstance(member, property))
    }


def table(title: str, rows: dict[str, str]) -> str:
    """Return a section with one row per name."""
    return "\n".join(
        [f"\n## {title}\n", "| Name | Description |", "|---|---|", *(f"| `{n}` | {w} |" for n, w in rows.items()), ""]
    )


def written() -> str:
    """Return the page as it should be."""
    sections = [
        table(f"`{module}`", {name: described(module, name) for name in sorted(import_module(module).__all__)})
        for module in MODULES
    ]
    return "".join([HEAD, *sections, *(table(f"`{kind.__name__}`", members(kind)) for kind in CALLED)])


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
