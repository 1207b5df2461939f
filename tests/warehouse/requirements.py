"""What the warehouse needs beside this checkout: pyspark, Java, and Delta Lake's jars in a folder outside of it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
from pathlib import Path

JARS = {
    "4": ("io.delta:delta-spark_4.0_2.13:4.3.1", "io.delta:delta-storage:4.3.1"),
    "3": ("io.delta:delta-spark_2.12:3.3.2", "io.delta:delta-storage:3.3.2"),
}
"""Delta Lake for each line of Spark."""
FOLDER_VARIABLE = "ETL_MONITOR_JARS"
FETCH = "python scripts/fetch_for_tests.py"


def line() -> str:
    """Return the line of Spark that is installed: "3" or "4"."""
    try:
        return importlib.metadata.version("pyspark").partition(".")[0]
    except importlib.metadata.PackageNotFoundError:
        return "4"


def jars() -> tuple[str, ...]:
    """Return the coordinates of Delta Lake's jars for the Spark that is installed."""
    return JARS[line()]


def jar_folder() -> Path:
    """Return where the jars are kept: a folder for each set of versions, shared by all checkouts."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "etl-monitor-orm" / "jars" / _versions()


def jar_paths() -> list[Path]:
    """Return the jars that must be there."""
    return [jar_folder() / f"{artifact}-{version}.jar" for _, artifact, version in map(_parts, jars())]


def missing() -> str | None:
    """Say in one line what is missing and how to get it; None when the warehouse can start."""
    modules = [name for name in ("pyspark", "pyarrow", "databricks.sqlalchemy") if not _installed(name)]
    if modules:
        return f"the local warehouse needs {', '.join(modules)}: pip install '.[dev]'"
    if java() is None:
        return "the local warehouse needs Java 17 or later: install a JDK or JRE, or set JAVA_HOME"
    absent = [path.name for path in jar_paths() if not path.is_file()]
    if absent:
        return f"the local warehouse needs {', '.join(absent)} in {jar_folder()}: {FETCH}"
    return None


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the package around it
        return False


def java() -> str | None:
    """Return where Java is; None when it is not installed."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")


def _parts(coordinates: str) -> tuple[str, str, str]:
    group, artifact, version = coordinates.split(":")
    return group, artifact, version


def _versions() -> str:
    _, artifact, version = _parts(jars()[0])
    return f"{artifact}-{version}"
