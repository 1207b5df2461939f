"""Which tests execute a line: they are tried first, as they are the most likely to notice that it changed."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterator, Set
from functools import cache
from pathlib import Path
from typing import Final

from coverage import CoverageData

_SETTINGS: Final = """\
[run]
source = etl_monitor_orm
dynamic_context = test_function
data_file = {data}
"""
MOST: Final = 200
"""How many tests of one line are tried before all the others."""


def measuring(data: Path) -> list[str]:
    """Return the arguments with which Python measures a run of the tests into a file, which `Covering` reads."""
    settings = data.with_suffix(".settings")
    settings.write_text(_SETTINGS.format(data=data), encoding="utf-8")
    return ["-m", "coverage", "run", f"--rcfile={settings}"]


class Covering:
    """What a measured run of the tests executed.

    Args:
        data: The file with the measurement.
        known: The tests that there are. One that pytest does not find would fail, as if it had noticed something.
    """

    def __init__(self, data: Path, known: Set[str]) -> None:
        self._data = CoverageData(str(data))
        self._data.read()
        self._known = known

    def tests_of(self, module: Path, line: int) -> list[str]:
        """Return the tests that execute a statement, as pytest names them.

        Args:
            module: The file that holds the statement.
            line: A line of it.
        """
        contexts = self._data.contexts_by_lineno(str(module))
        found = {context for number in _statement(module, line) for context in contexts.get(number, ()) if context}
        tests = sorted(self._known & {_named(context) for context in found})
        return random.Random(line).sample(tests, min(MOST, len(tests)))


def _named(context: str) -> str:
    """`tests.contract.test_reset.test_nothing` as `tests/contract/test_reset.py::test_nothing`; others as they are."""
    name = re.fullmatch(r"(.+?\.test_\w+)\.(.+)", context)
    return f"{name[1].replace('.', '/')}.py::{name[2].replace('.', '::')}" if name else context


def _statement(module: Path, line: int) -> range:
    """The lines of the smallest statement around a line."""
    around = [lines for lines in _statements(module) if line in lines]
    return min(around, key=len, default=range(line, line + 1))


@cache
def _statements(module: Path) -> list[range]:
    return list(_ranges(ast.parse(module.read_text("utf-8"))))


def _ranges(tree: ast.AST) -> Iterator[range]:
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            yield range(node.lineno, (node.end_lineno or node.lineno) + 1)
