"""What Data Factory has others do, done for real: Lookups, the monitor's door and notebooks, and copies."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import duckdb
from starlette.testclient import TestClient

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.errors import EtlMonitorError
from etl_monitor_orm.server.app import make_app
from tests.adf.factory import Activity, Answer, failed, succeeded
from tests.notebooks.databricks import run_notebook

MONITOR = "https://monitor.example.com"
VAULT = "your-vault.vault.azure.net"

Do = Callable[[Activity], Answer]


class Services:
    """Does each activity on a monitor, and remembers it. A test may have some of them done differently.

    Attributes:
        asked: Every activity, in its order.
        source: What incremental-copy reads from: a DuckDB database that knows SQL Server's `datetime2`.
        copied: The rows that each Copy read.
        token: What Key Vault has: a token of the monitor, that may report.
    """

    def __init__(self, monitor: ETLMonitor) -> None:
        self._monitor = monitor
        self._open = ExitStack()
        self._instead: dict[str, Do] = {}
        self.asked: list[Activity] = []
        self.source = self._open.enter_context(duckdb.connect(":memory:"))
        self.source.execute("CREATE TYPE datetime2 AS TIMESTAMP")
        self.copied: list[list[tuple[Any, ...]]] = []

    def close(self) -> None:
        """Close the door and the source."""
        self._open.close()

    @cached_property
    def token(self) -> str:
        return self._monitor.make_token("factory", "report").text

    @cached_property
    def _door(self) -> TestClient:
        return self._open.enter_context(TestClient(make_app(self._monitor), base_url=MONITOR))

    def instead(self, name: str, do: Do) -> None:
        """Have the activity of a name, known as `pipeline.name`, done like this."""
        self._instead[name] = do

    def __call__(self, activity: Activity) -> Answer:
        self.asked.append(activity)
        known = f"{activity.pipeline}.{activity.name}"
        return self._instead.get(known, self.really)(activity)

    def really(self, activity: Activity) -> Answer:
        """Do an activity as it is."""
        return {
            "Lookup": self._look_up,
            "WebActivity": self._request,
            "DatabricksNotebook": self._notebook,
            "Copy": self._copy,
        }[activity.type](activity)

    def named(self, name: str) -> list[Activity]:
        """Return the activities of a name, known as `pipeline.name`, that were asked for."""
        return [each for each in self.asked if f"{each.pipeline}.{each.name}" == name]

    def _look_up(self, activity: Activity) -> Answer:
        assert activity.properties["firstRowOnly"] is True
        if activity.properties["dataset"]["referenceName"] == "SourceTable":
            (value,) = self.source.execute(activity.properties["source"]["sqlReaderQuery"]).fetchone()
            return succeeded({"firstRow": {"Bound": value}})
        with self._monitor.engine.connect() as connection:
            query = activity.properties["source"]["query"].replace("main.etl.", "etl.")  # the tests' schema
            row = connection.exec_driver_sql(query).mappings().first()
        # Where there is no row, Data Factory's output has no firstRow.
        return succeeded({} if row is None else {"firstRow": json.loads(json.dumps(dict(row)))})

    def _request(self, activity: Activity) -> Answer:
        asked = activity.properties
        url = asked["url"]
        if urlsplit(url).netloc == VAULT:
            assert asked["authentication"]["type"] == "MSI"
            return succeeded({"value": self.token})
        assert url.startswith(f"{MONITOR}/")
        body = json.dumps(asked["body"]) if "body" in asked else None
        told = self._door.request(asked["method"], url, headers=asked["headers"], content=body)
        if not told.is_success:
            return failed(told.text)
        # A Web activity fails on an array.
        return succeeded(told.json()) if isinstance(told.json(), dict) else failed("The response is no JSON object.")

    def _notebook(self, activity: Activity) -> Answer:
        name = PurePosixPath(activity.properties["notebookPath"]).name
        widgets = activity.properties["baseParameters"]
        assert all(isinstance(value, str) for value in widgets.values()), "widgets hold text"
        try:
            return succeeded({"runOutput": run_notebook(name, **widgets).json})
        except EtlMonitorError as error:
            return failed(str(error), type(error).__name__)

    def _copy(self, activity: Activity) -> Answer:
        self.copied.append(self.source.execute(activity.properties["source"]["sqlReaderQuery"]).fetchall())
        return succeeded({"rowsCopied": len(self.copied[-1])})
