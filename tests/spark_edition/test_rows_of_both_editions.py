"""The sample notebooks on the Spark edition with its own tables, and on this class with ours: they show the same rows.

Both have a real Spark session, so every cell runs, and Spark reads our tables and views too.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from etl_monitor.framework import ETLMonitorFramework as Theirs
from pyspark.sql import DataFrame, SparkSession

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.spark_edition import ETLMonitorFramework, Frame
from tests.databases import migrated, monitor_url
from tests.spark_edition.cells import CONFIG, RUN, Notebook, cells_of
from tests.warehouse import Warehouse
from tests.warehouse.warehouse import CATALOG

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

Rows = list[dict[str, object]]

TIMES = {"StartTime", "EndTime", "DurationSeconds", "LastUpdatedOn", "LastUpdatedBy", "ValueDateTime"}
"""They differ from run to run."""
ONLY_LATER = {"SourceType", "LogType"}
"""A queued step knows its task's source here, and its start there; DONE without a severity is INFO here."""
DEFINED_OTHERWISE = {
    "Mandatory Blockers — TaskID=2 Blocking All Downstream Tasks",
    "Run Summary — Cross-Process Dashboard",
    "Run Summary View — All Executions on This Date",
}
"""Views whose rows mean something else here: see the page about the Spark edition."""


@pytest.fixture
def spark(warehouse: Warehouse) -> Iterator[SparkSession]:
    migrated(warehouse)
    yield warehouse.notebook()
    warehouse.restore("empty")
    gc.collect()


@pytest.fixture
def ours(warehouse: Warehouse) -> Iterator[ETLMonitorFramework]:
    with ETLMonitor(monitor_url(warehouse), schema="ours") as monitor:
        yield ETLMonitorFramework(monitor)


def shown_by(edition: object, spark: SparkSession, schema: str, patch: pytest.MonkeyPatch) -> dict[str, list[Rows]]:
    """Run both notebooks; return what each cell showed, without what differs from run to run."""
    shown: dict[str, list[Rows]] = {}
    notebook = Notebook(edition, lambda seconds: None, spark, CATALOG, schema)
    title = ""

    def display(frame: Any) -> None:
        rows = [row.asDict() for row in frame.collect()]
        shown.setdefault(title, []).append([plain(row, notebook.names) for row in rows])

    patch.setattr(DataFrame, "display", display, raising=False)
    patch.setattr(Frame, "display", display)
    notebook.monitor.setup()
    for cell in [*cells_of(CONFIG), *cells_of(RUN)]:
        title = cell.title
        notebook.run(cell)
    return shown


def plain(row: Mapping[str, object], names: Mapping[str, object]) -> dict[str, object]:
    """A row without times, its run by the notebook's name for it."""
    runs = {value: name for name, value in names.items() if name.startswith("EXECUTION_ID")}
    told = {name: runs.get(value, value) for name, value in row.items() if name not in TIMES | ONLY_LATER}
    for name in {"ActiveValue", "WatermarkValue"} & set(told):
        told[name] = told[name] is not None
    if isinstance(message := told.get("LogMessage"), str):
        told["LogMessage"] = message.removeprefix("ConnectionError: ")  # the type comes first here
    return told


def test_given_both_notebooks_then_their_cells_show_the_same_rows(
    spark: SparkSession, ours: ETLMonitorFramework, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = shown_by(Theirs(spark, CATALOG, "theirs"), spark, "theirs", monkeypatch)
    here = shown_by(ours, spark, "ours", monkeypatch)

    assert list(here) == list(there)
    assert len(here) == 17
    assert {title for title in here if here[title] != there[title]} == DEFINED_OTHERWISE
