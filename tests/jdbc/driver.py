"""PostgreSQL's own JDBC driver, kept with the warehouse's jars."""

from __future__ import annotations

from pathlib import Path

from tests.warehouse.jars import fetch
from tests.warehouse.requirements import FETCH, jar_folder, java

DRIVER = "org.postgresql:postgresql:42.7.4"


def driver() -> Path:
    """Return where the driver is kept."""
    _, artifact, version = DRIVER.split(":")
    return jar_folder() / f"{artifact}-{version}.jar"


def missing() -> str | None:
    """Say in one line what is missing and how to get it; None when Java can read by it."""
    if java() is None:
        return "JDBC needs Java 17 or later: install a JDK, or set JAVA_HOME"
    return f"JDBC needs {driver().name} in {jar_folder()}: {FETCH}" if is_absent() else None


def is_absent() -> bool:
    """Return whether the driver is not there yet."""
    return not driver().is_file()


def fetch_driver() -> None:
    """Fetch the driver.

    Raises:
        NotFetched: The registry could not be reached, or there is nothing to fetch with.
    """
    jar_folder().mkdir(parents=True, exist_ok=True)
    fetch(DRIVER, driver())
