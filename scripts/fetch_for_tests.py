"""Fetch what the tests need that no package brings; what exists stays.

Usage: python scripts/fetch_for_tests.py

Delta Lake's jars for the local warehouse, older releases of the Spark edition, PostgreSQL's JDBC driver, and on Linux
the .NET that evaluates Data Factory's expressions, where the machine has none. The tests fetch what they need by
themselves. It all goes to $ETL_MONITOR_JARS, else to a folder below $XDG_CACHE_HOME or ~/.cache; the script prints the
folder. If Maven is installed, its settings say where the jars come from.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fetching import THINGS
from tests.warehouse.jars import NotFetched
from tests.warehouse.requirements import jar_folder


def main() -> int:
    """Fetch what is missing and print the folder; return the exit code."""
    troubles = 0
    for thing in THINGS:
        try:
            if thing.is_absent():
                thing.fetch()
        except NotFetched as trouble:
            sys.stderr.write(f"{trouble}\n")
            troubles += 1
    sys.stdout.write(f"{jar_folder()}\n")
    return 1 if troubles else 0


if __name__ == "__main__":
    raise SystemExit(main())
