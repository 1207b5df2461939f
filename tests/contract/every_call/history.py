"""A thousand dates of history whose files are gone: whoever reads one of them is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from etl_monitor_orm import ETLMonitor, ProcessingStep, SysLog
from tests.contract.every_call.calls import HR
from tests.warehouse import Warehouse

DATES = 1000
RECENT = 35
"""Of so many days before today a sweep without `since=` reads the steps."""


def add_history(monitor: ETLMonitor, warehouse: Warehouse, today: date, *, readable: int) -> None:
    """Give each date before today a file in both tables that grow; only the latest ones are really there.

    Delta Lake takes the list of files from its log, and opens a file when a statement reads it.

    Args:
        monitor: A monitor on the warehouse.
        warehouse: The warehouse.
        today: The date after the latest one of history.
        readable: How many of the dates, the latest first, can be read.
    """
    days = [today - timedelta(days=number) for number in range(1, DATES + 1)]
    step = {"project_code": HR[0], "process_load": HR[1], "execution_id": "run-0", "workflow_id": 1, "task_id": 1}
    with monitor.session() as session:
        session.execute(
            insert(ProcessingStep).values(processing_date=days[0], sequence_id=2, attempts=0, status="DONE", **step)
        )
        session.execute(
            insert(SysLog).values(processing_date=days[0], project_code=HR[0], process_load=HR[1], message="old")
        )
    for table in ("etlprocessingsteps", "etlsyslogs"):
        _copy_file(warehouse.folder / "tables" / "etl.db" / table, days, readable)


def _copy_file(table: Path, days: list[date], readable: int) -> None:
    """Name the file of the latest date once more for each earlier one, in one commit."""
    commits = sorted((table / "_delta_log").glob("*.json"))
    (added,) = [action["add"] for action in _actions(commits[-1]) if "add" in action]
    made = table / added["path"]
    copies = []
    for number, day in enumerate(days[1:], 1):
        path = f"ProcessingDate={day}/{made.name}"
        copies.append({**added, "path": path, "partitionValues": {"ProcessingDate": f"{day}"}})
        if number < readable:
            (table / path).parent.mkdir()
            (table / path).hardlink_to(made)
    if not readable:
        made.unlink()
    following = commits[-1].with_name(f"{int(commits[-1].stem) + 1:020}.json")
    following.write_text("\n".join(json.dumps({"add": copy}) for copy in copies), "utf-8")


def _actions(commit: Path) -> Iterator[dict[str, Any]]:
    return map(json.loads, commit.read_text("utf-8").splitlines())
