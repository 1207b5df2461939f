"""Writes `docs/reference.md` and `docs/reference-calls.md`: every public name, and the first line of its docstring.

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
from etl_monitor_orm.spark_edition import ETLMonitorFramework

DOCS: Final = Path(__file__).parents[1] / "docs"

MODULES: Final = (
    "etl_monitor_orm",
    "etl_monitor_orm.keys",
    "etl_monitor_orm.migrations",
    "etl_monitor_orm.demo",
    "etl_monitor_orm.pages",
    "etl_monitor_orm.spark_edition",
    "etl_monitor_orm.testing",
    "etl_monitor_orm.widgets",
)
CALLED: Final = (ETLMonitor, Run, TaskHandle, Journal, ETLMonitorFramework)

HEADS: Final = {
    "reference.md": """# Reference

Every public name, with one line about it. What a monitor, a run and a task can do is on
[another page](reference-calls.md). `help(name)` has the rest: arguments with types and units, results, errors, and the
table or view behind it. Names that are on neither page are internal and may change with any release.

This page is written by `python scripts/reference.py`.
""",
    "reference-calls.md": """# Reference: calls

What a monitor, a run and a task can do, with one line about each call. All other names are on
[another page](reference.md). `help(ETLMonitor.start_run)` has the rest.

This page is written by `python scripts/reference.py`.
""",
}


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


def written() -> dict[str, str]:
    """Return the pages as they should be, by name."""
    named = [
        table(f"`{module}`", {name: described(module, name) for name in sorted(import_module(module).__all__)})
        for module in MODULES
    ]
    called = [table(f"`{kind.__name__}`", members(kind)) for kind in CALLED]
    return {
        page: "".join([head, *sections]) for (page, head), sections in zip(HEADS.items(), (named, called), strict=True)
    }


if __name__ == "__main__":
    for page, text in written().items():
        (DOCS / page).write_text(text, "utf-8")
