"""The warehouse: one object to start, to connect to, to look into, and to reset between tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from sqlalchemy import URL, Engine, create_engine

from tests.warehouse import engine, server, service
from tests.warehouse.faults import Faults
from tests.warehouse.notebook import Notebook
from tests.warehouse.snapshots import Snapshots
from tests.warehouse.spark import Spark
from tests.warehouse.statements import Log

CATALOG = "main"
TOKEN = "dapi-local-warehouse"
SHARED_MEMORY = Path("/dev/shm")


class Warehouse:
    """A running warehouse.

    Args:
        zone: The time zone of sessions that do not ask for one.
        port: Where it listens on 127.0.0.1; 0 chooses a free one.
        settings: Settings of Spark, over the usual ones.

    Attributes:
        log: The statements that reached it.
        spark: Spark behind it.
        faults: What goes wrong on demand.
    """

    def __init__(self, zone: str = "UTC", port: int = 0, settings: dict[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="warehouse-", dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None))
        self.log = Log()
        self.spark = Spark(self.folder, settings)
        self._engine = engine.Engine(self.spark, CATALOG, zone)
        self._snapshots = Snapshots(self.spark, self.folder)
        self._service = service.Service(self._engine, self.log)
        self.faults = Faults()
        self._server = server.Server(self._service, {TOKEN}, port, self.faults)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    def url(self, schema: str | None = None, catalog: str | None = CATALOG, token: str | None = TOKEN) -> URL:
        """Return the URL for SQLAlchemy; `connect_args` goes with it."""
        query = {"http_path": server.PATH, "catalog": catalog, "schema": schema}
        return URL.create(
            "databricks",
            username=None if token is None else "token",
            password=token,
            host="127.0.0.1",
            port=self.port,
            query={name: value for name, value in query.items() if value is not None},
        )

    @property
    def connect_args(self) -> dict[str, Any]:
        """What the connector needs to talk plain http, and to keep to itself."""
        uri = f"http://127.0.0.1:{self.port}{server.PATH}"
        return {"_connection_uri": uri, "enable_telemetry": False, "use_cloud_fetch": False}

    def engine(self, schema: str | None = None, **arguments: Any) -> Engine:
        """Return an engine on the stock dialect."""
        more = {**self.connect_args, **arguments.pop("connect_args", {})}
        return create_engine(self.url(schema), connect_args=more, **arguments)

    def away(self) -> AbstractContextManager[None]:
        """Refuse connections, and drop those that are open, for as long as the block lasts."""
        return self._server.away()

    def notebook(self) -> SparkSession:
        """Return a Spark session on the same tables, as a notebook beside the warehouse has one."""
        return Notebook(self.spark, self._engine)

    def save(self, name: str) -> None:
        """Remember all tables and views, with their rows, under a name."""
        self._snapshots.save(name)

    def restore(self, name: str) -> None:
        """Put all tables and views back as they were when saved; no statement may be running."""
        self._snapshots.restore(name)

    def state(self, schema: str, table: str) -> object:
        """Return what stays the same as long as a table does, without a statement."""
        return self._snapshots.state(schema, table)

    def stop(self) -> None:
        """Stop, and leave nothing behind."""
        self._server.stop()
        self._service.stop()
        self.spark.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def start_warehouse(zone: str = "UTC", port: int = 0, settings: dict[str, str] | None = None) -> Iterator[Warehouse]:
    """Run a warehouse for as long as the block lasts."""
    warehouse = Warehouse(zone, port, settings)
    try:
        yield warehouse
    finally:
        warehouse.stop()
