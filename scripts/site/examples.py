"""Status pages as the demo keeps them, for people to open in the site."""

from __future__ import annotations

from pathlib import Path

from etl_monitor_orm.demo import run_demo

DAYS = 2
"""The second night fails."""


def make(folder: Path, work: Path) -> None:
    """Run the demo, and keep its pages in a folder.

    Args:
        folder: Where the pages go.
        work: Where the demo's two databases go.
    """
    work.mkdir()
    monitor = f"duckdb:///{(work / 'etl_monitor.duckdb').as_posix()}"
    run_demo(DAYS, database=monitor, warehouse=work / "flights.duckdb", pages=folder)
