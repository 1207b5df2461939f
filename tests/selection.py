"""Which tests run: the backends that are asked for, and how much of what needs the local warehouse.

A statement takes a third of a second there, so all of it takes more than half an hour. By default a sample runs. What
needs another environment's Spark runs alone, and only when that environment is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

import pytest

WAREHOUSE = "databricks"
PARTS = ("sample", "quarter", "once", "all", "none")
ONE_IN = 12
"""Of how many test functions one is in the sample, with its first case."""

CASES_MATTER = "every_call"
"""A folder whose tests ask each call the same, so one call does not stand for another."""
NAMES_CALL = {"call", "name"}
"""The parameters there that say which call."""

OLDER = "spark35"
"""The fixture of the warehouse on an older Spark, which another environment has."""

SERVERS = {"warehouse": WAREHOUSE, "postgres": "postgresql"}
"""Whose server a fixture is: a test that asks for it needs that backend, though it may not run on each of them."""


def needed_by(item: pytest.Item) -> set[str]:
    """Return the backends that a test needs."""
    own = _values(item).get("backend")
    fixtures = getattr(item, "fixturenames", ())
    servers = {backend for fixture, backend in SERVERS.items() if fixture in fixtures}
    return servers | ({own} if isinstance(own, str) else set())


def chosen(
    items: Sequence[pytest.Item], backends: Sequence[str], part: str, *, once: bool = False, older: bool = False
) -> list[pytest.Item]:
    """Return the tests to run, in their order.

    Args:
        items: All tests.
        backends: The backends that are asked for. What needs none of them in particular runs too.
        part: Of the tests that need the warehouse: a `sample`, a `quarter` of those that are there `once`, each of them
            `once`, `all` or `none`.
        once: Whether each of the other tests runs once, too: on each backend with its first case.
        older: Whether the tests that need the older Spark run, and nothing else; else none of them does.
    """
    is_older = {item: OLDER in getattr(item, "fixturenames", ()) for item in items}
    items = [item for item in items if is_older[item] == older]
    if older:
        return items
    first = _first_cases(items)
    each = _first_cases(items, of_each_call=True)
    sample, quarter = _one_in(ONE_IN, first), _one_in(4, each)

    def is_chosen(item: pytest.Item) -> bool:
        needed = needed_by(item)
        how_often = part if WAREHOUSE in needed else "once" if once else "all"
        within = {
            "sample": item in sample,
            "quarter": item in quarter,
            "once": item in each,
            "all": True,
            "none": False,
        }[how_often]
        return within and needed <= set(backends)

    return [item for item in items if is_chosen(item)]


def _one_in(number: int, items: set[pytest.Item]) -> set[pytest.Item]:
    """Of so many test functions one: the same ones wherever they run."""
    return {item for item in items if crc32(_function(item).encode()) % number == 0}


def _first_cases(items: Sequence[pytest.Item], *, of_each_call: bool = False) -> set[pytest.Item]:
    """The tests with their first case on each backend, or of each call there."""
    first: dict[object, pytest.Item] = {}
    for item in items:
        matter = {"backend"} | (NAMES_CALL if of_each_call and CASES_MATTER in item.path.parts else set())
        case = [(name, repr(value)) for name, value in _values(item).items() if name in matter]
        first.setdefault((item.parent, _function(item), *sorted(case)), item)
    return set(first.values())


def _values(item: pytest.Item) -> Mapping[str, object]:
    """The values of a test's parameters."""
    return item.callspec.params if hasattr(item, "callspec") else {}


def _function(item: pytest.Item) -> str:
    return getattr(item, "originalname", None) or item.name
