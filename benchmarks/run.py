"""Prints what the monitor costs, as ratios to the plainest way of doing the same work in the same run.

python benchmarks/run.py                                    # DuckDB, 10 thousand and 1 million steps
python benchmarks/run.py --steps 10000000 --database duckdb --database postgresql
python benchmarks/run.py --database databricks --steps 10000 --tries 5
python benchmarks/run.py --spark-edition 100
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))  # this folder is a package beside the tests, which it uses

from benchmarks import history, looking, painting, starting, tracking
from benchmarks.measuring import heading
from etl_monitor_orm import ETLMonitor
from tests.pages.browser import missing


@contextmanager
def opened(database: str) -> Iterator[ETLMonitor]:
    """A monitor on an empty database that is gone afterwards."""
    if database == "duckdb":
        with TemporaryDirectory() as folder:
            monitor = ETLMonitor(f"duckdb:///{Path(folder, 'monitor.duckdb')}").setup()
            yield monitor
            monitor.close()
    elif database == "postgresql":
        from tests.postgres import VERSIONS, start_server

        with start_server(max(VERSIONS)) as server:
            monitor = ETLMonitor(server.url(server.new_database())).setup()
            yield monitor
            monitor.close()
    else:
        from tests.databases import monitor_url
        from tests.warehouse import start_warehouse

        with start_warehouse() as warehouse:
            monitor = ETLMonitor(monitor_url(warehouse)).setup()
            yield monitor
            monitor.close()


def measure(database: str, steps: int, tries: int) -> None:
    """Print one table."""
    with opened(database) as monitor:
        heading(f"{database}, {steps:,} steps")
        history.generate(monitor, steps)
        tracking.tracked(monitor, "task()", tries, watermarks=False)
        tracking.tracked(monitor, "task() with a watermark", tries, watermarks=True)
        tracking.asked(monitor, tries)
        looking.views(monitor, max(3, tries // 10))
        if database != "databricks" and not missing():
            painting.painted(monitor, max(3, tries // 10))


def main() -> None:
    """Measure what the command line asks for."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--database", action="append", choices=("duckdb", "postgresql", "databricks"))
    command.add_argument("--steps", action="append", type=int, help="length of the history; may be repeated")
    command.add_argument("--tries", type=int, default=50, help="how often each piece of work is done")
    command.add_argument("--spark-edition", type=int, metavar="TASKS", help="only this: a run beside the Spark edition")
    asked = command.parse_args()
    if asked.spark_edition:
        from benchmarks.spark_edition import compare
        from tests.warehouse import start_warehouse

        with start_warehouse() as warehouse:
            compare(warehouse, asked.spark_edition)
        return
    heading("start")
    starting.imports()
    starting.commands()
    for database in asked.database or ["duckdb"]:
        for steps in asked.steps or [10_000, 1_000_000]:
            measure(database, steps, asked.tries)


if __name__ == "__main__":
    main()
