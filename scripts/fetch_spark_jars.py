"""Fetch Delta Lake's jars, which the tests' local warehouse runs on, with Maven; what is there already is left alone.

Usage: python scripts/fetch_spark_jars.py

They go to $ETL_MONITOR_JARS, else to a folder below $XDG_CACHE_HOME or ~/.cache; the folder is printed. Maven decides
where it fetches from: its settings name the registry, or its mirror.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.warehouse.requirements import JARS, jar_folder, jar_paths


def main() -> int:
    """Fetch what is missing, print the folder; return the exit code."""
    absent = [(jar, path) for jar, path in zip(JARS, jar_paths(), strict=True) if not path.is_file()]
    if absent:
        maven = shutil.which("mvn")
        if maven is None:
            sys.stderr.write("Maven is needed once, to fetch the jars: install it, so that mvn is on PATH\n")
            return 1
        jar_folder().mkdir(parents=True, exist_ok=True)
        for coordinates, path in absent:
            if not fetch(maven, coordinates, path):
                return 1
    sys.stdout.write(f"{jar_folder()}\n")
    return 0


def fetch(maven: str, coordinates: str, path: Path) -> bool:
    """Have Maven copy one jar; it appears under its name only when it is whole. Return whether it worked."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        goal = ["dependency:copy", f"-Dartifact={coordinates}", f"-DoutputDirectory={folder}"]
        done = subprocess.run([maven, "-q", "-B", *goal], check=False, capture_output=True, text=True)
        copied = Path(folder) / path.name
        if done.returncode or not copied.is_file():
            sys.stderr.write(f"Maven could not fetch {coordinates}:\n{done.stdout}{done.stderr}\n")
            return False
        copied.replace(path)
    return True


if __name__ == "__main__":
    raise SystemExit(main())
