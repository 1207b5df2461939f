"""Runs notebooks in Databricks' source format, cell by cell, as Databricks does.

`dbutils` and `display` have a stand-in; nothing else is faked. Of the magic commands there are: `%md`, which does
nothing; `%pip install`, which checks that what it would install is here; and `%run`, which runs another notebook in the
same namespace. Any other is refused.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib.metadata import distribution
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas
import pyarrow
from packaging.requirements import Requirement

FOLDER = Path(__file__).parents[2] / "notebooks" / "databricks"
HEADER = "# Databricks notebook source\n"
BREAK = "# COMMAND ----------\n"


@dataclass
class Outcome:
    """What a notebook left behind.

    Attributes:
        value: What it passed to `dbutils.notebook.exit`; None if it ran to its end.
        printed: What it printed.
        shown: The frames that it displayed.
        names: What it defined.
    """

    value: str | None = None
    printed: str = ""
    shown: list[pandas.DataFrame] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The value, as Data Factory reads it."""
        assert self.value is not None
        return json.loads(self.value)


class Exit(Exception):
    """`dbutils.notebook.exit` was called: no later cell runs."""


class Widgets:
    """Widgets hold text only; one that was passed keeps its value when the notebook makes it."""

    def __init__(self, passed: dict[str, str]) -> None:
        self._values = dict(passed)
        self._made: set[str] = set()

    def text(self, name: str, defaultValue: str, label: str | None = None) -> None:
        assert isinstance(defaultValue, str)
        self._made.add(name)
        self._values.setdefault(name, defaultValue)

    def get(self, name: str) -> str:
        assert name in self._made or name in self._values, f"InputWidgetNotDefined: {name}"
        return self._values[name]


class Session:
    """One notebook's Python, from its start to its end."""

    def __init__(self, passed: dict[str, str]) -> None:
        self.outcome = Outcome()
        self._dbutils = SimpleNamespace(
            widgets=Widgets(passed),
            notebook=SimpleNamespace(exit=self._exit),
            library=SimpleNamespace(restartPython=self._restart),
        )
        self._restart()

    def run(self, path: Path) -> None:
        """Run the cells of a notebook."""
        source = path.read_text("utf-8")
        assert source.startswith(HEADER)
        line = 0
        for cell in source.split(BREAK):
            self._run(cell, line, path)
            line += cell.count("\n") + 1

    def _run(self, cell: str, line: int, path: Path) -> None:
        code = cell.removeprefix(HEADER)
        magic = [one.removeprefix("# MAGIC").strip() for one in code.splitlines() if one.startswith("# MAGIC")]
        if not magic:
            # The leading newlines make a traceback name the notebook's own line.
            exec(compile("\n" * line + cell, str(path), "exec"), self.outcome.names)
            return
        assert [one for one in code.splitlines() if one and not one.startswith("# MAGIC")] == [], (
            "magic and code in one"
        )
        word, _, rest = magic[0].partition(" ")
        MAGIC[word](self, rest, path)

    def _exit(self, value: str) -> None:
        assert isinstance(value, str)
        self.outcome.value = value
        raise Exit

    def _restart(self) -> None:
        """Begin with nothing but what Databricks brings: a restart forgets what cells before it defined."""
        self.outcome.names.clear()
        self.outcome.names.update(__name__="__main__", dbutils=self._dbutils, display=self._display)

    def _display(self, frame: object) -> None:
        assert isinstance(frame, pandas.DataFrame)
        pyarrow.Table.from_pandas(frame)  # as Databricks does to show it
        self.outcome.shown.append(frame)

    def run_other(self, name: str, path: Path) -> None:
        self.run(path.parent / f"{name}.py")

    def check_installed(self, arguments: str) -> None:
        (wanted,) = [word for word in shlex.split(arguments)[1:] if not word.startswith("-")]
        requirement = Requirement(wanted)
        offered = distribution(requirement.name).metadata.get_all("Provides-Extra")
        assert requirement.extras <= set(offered)


MAGIC: dict[str, Callable[[Session, str, Path], None]] = {
    "%md": lambda session, text, path: None,
    "%pip": lambda session, arguments, path: session.check_installed(arguments),
    "%run": lambda session, name, path: session.run_other(name.removeprefix("./"), path),
}


def run_notebook(name: str, **widgets: str) -> Outcome:
    """Run a notebook with widgets that somebody passed; its monitor is closed at its end."""
    assert re.fullmatch(r"[\w-]+", name)
    session = Session(widgets)
    printed = StringIO()
    try:
        with redirect_stdout(printed):
            session.run(FOLDER / f"{name}.py")
    except Exit:
        pass
    finally:
        session.outcome.printed = printed.getvalue()
        if "monitor" in session.outcome.names:
            session.outcome.names["monitor"].close()
    return session.outcome
