"""What tests need that no package brings: fetched once into one folder, which all checkouts share.

A test run fetches what its tests need; `scripts/fetch_for_tests.py` fetches all of it. What could not be fetched is
missing on this machine: the tests that need it are skipped, and say how to get it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.adf.factory import dotnet
from tests.interoperation.releases import absent_wheels, fetch_wheels
from tests.jdbc import driver
from tests.pages import browser
from tests.selection import WAREHOUSE
from tests.warehouse.jars import absent_jars, fetch_jars
from tests.warehouse.requirements import java

TESTS = Path(__file__).parent


@dataclass(frozen=True)
class Thing:
    """Something to fetch.

    Attributes:
        name: What it is.
        is_absent: Whether this machine lacks it.
        fetch: Fetches it, or raises NotFetched.
        backend: The backend whose tests need it; None if it is not for one of them.
        folder: The folder whose tests need it.
        java: Whether it is of no use without Java.
    """

    name: str
    is_absent: Callable[[], object]
    fetch: Callable[[], None]
    backend: str | None = None
    folder: Path = TESTS
    java: bool = True


THINGS = (
    Thing("Delta Lake's jars", absent_jars, fetch_jars, WAREHOUSE),
    Thing("older releases of the Spark edition", absent_wheels, fetch_wheels, WAREHOUSE),
    Thing("PostgreSQL's JDBC driver", driver.is_absent, driver.fetch_driver, "postgresql", TESTS / "jdbc"),
    Thing(".NET", dotnet.is_absent, dotnet.fetch_dotnet, folder=TESTS / "adf", java=False),
    Thing("Debian's Chromium", browser.is_absent, browser.fetch, folder=TESTS / "pages", java=False),
)


def lacking(config: pytest.Config, backends: set[str]) -> list[Thing]:
    """Return what the tests of this run need and the machine lacks.

    Args:
        config: Says which folders are asked for.
        backends: Those whose tests run.
    """
    return [
        thing
        for thing in THINGS
        if (thing.backend is None or thing.backend in backends)
        and _is_asked_for(config, thing.folder)
        and (java() is not None or not thing.java)
        and thing.is_absent()
    ]


def _is_asked_for(config: pytest.Config, folder: Path) -> bool:
    asked = [(config.invocation_params.dir / one.partition("::")[0]).resolve() for one in config.args]
    return any(folder.is_relative_to(path) or path.is_relative_to(folder) for path in asked)
