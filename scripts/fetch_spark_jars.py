"""Fetch Delta Lake's jars for the tests' local warehouse, and older releases of the Spark edition; what exists stays.

Usage: python scripts/fetch_spark_jars.py

The tests do the same by themselves. The jars go to $ETL_MONITOR_JARS, else to a folder below $XDG_CACHE_HOME or
~/.cache; the script prints the folder. If Maven is installed, its settings say where the jars come from.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.interoperation.releases import fetch_wheels
from tests.warehouse.jars import NotFetched, fetch_jars
from tests.warehouse.requirements import jar_folder


def main() -> int:
    """Fetch the missing jars and wheels and print the folder; return the exit code."""
    try:
        fetch_jars()
        fetch_wheels()
    except NotFetched as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    sys.stdout.write(f"{jar_folder()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
