"""The Spark edition's releases, side by side: the installed one, and older ones from wheels in the cache of the jars.

Each release is the package `etl_monitor`, so a process can import one of them by that name. The others are imported
from their wheels while that name is theirs; their modules then go on without it.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.warehouse.jars import PATIENCE, NotFetched
from tests.warehouse.requirements import FETCH, jar_folder

PACKAGE, DISTRIBUTION = "etl_monitor", "databricks-etl-monitor"
RELEASES = ("0.1.0a3", "0.1.0a17", "0.1.0a22", "1.0.0")
"""Tables come in three kinds: of the first, of the second, and of the last two."""


@cache
def framework(release: str) -> Any:
    """Return the class `ETLMonitorFramework` of a release."""
    if release == importlib.metadata.version(DISTRIBUTION):
        return importlib.import_module(f"{PACKAGE}.framework").ETLMonitorFramework
    if not wheel(release).is_file():
        raise NotFetched(f"{wheel(release)} is not there: {FETCH}")
    with _named(wheel(release)):
        return importlib.import_module(f"{PACKAGE}.framework").ETLMonitorFramework


def wheel(release: str) -> Path:
    """Return where a release's wheel is kept: with the jars."""
    return jar_folder() / f"{DISTRIBUTION.replace('-', '_')}-{release}-py3-none-any.whl"


def absent_wheels() -> list[str]:
    """Return the releases that are neither installed nor fetched yet."""
    installed = importlib.metadata.version(DISTRIBUTION)
    return [release for release in RELEASES if release != installed and not wheel(release).is_file()]


def fetch_wheels() -> None:
    """Fetch the wheels that are not there yet. Each appears under its name only when it is whole.

    Raises:
        NotFetched: pip could not fetch one.
    """
    jar_folder().mkdir(parents=True, exist_ok=True)
    for release in absent_wheels():
        with tempfile.TemporaryDirectory(dir=jar_folder()) as folder:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
            wanted = f"{DISTRIBUTION}=={release}"
            try:
                done = subprocess.run([*pip, wanted], check=False, capture_output=True, text=True, timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                raise NotFetched(f"{wanted} did not arrive within {PATIENCE} seconds") from None
            fetched = Path(folder) / wheel(release).name
            if done.returncode or not fetched.is_file():
                raise NotFetched(f"{wanted} could not be fetched:\n{done.stdout}{done.stderr}")
            fetched.replace(wheel(release))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let the package's name mean what is in a wheel, for as long as the block lasts."""
    before = _taken_out()
    sys.path.insert(0, str(path))
    try:
        yield
    finally:
        sys.path.remove(str(path))
        _taken_out()
        sys.modules.update(before)


def _taken_out() -> dict[str, Any]:
    names = [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]
    return {name: sys.modules.pop(name) for name in names}
