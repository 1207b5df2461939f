"""The databases that the contract's suite runs on: how a test finds each of them empty, and reads it whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

from sqlalchemy import URL, Engine, Table, delete, insert, select

from etl_monitor_orm import ETLMonitor, Parameter, Process, ProcessingStep, SequenceStage, SysLog, Task

if TYPE_CHECKING:
    from tests.warehouse import Warehouse

TABLES = (SequenceStage, Process, Task, Parameter, ProcessingStep, SysLog)

Rows = list[dict[str, object]]


class Database(Protocol):
    """A migrated database that tests share one after the other."""

    engine: Engine

    def empty(self) -> None:
        """Take away all rows but the framework's stages."""

    def save(self, name: str) -> None:
        """Remember the rows that are there under a name."""

    def restore(self, name: str) -> bool:
        """Put back the rows of a name; return whether there are any."""

    def rows(self) -> dict[str, Rows]:
        """Read all six tables."""


def read_all(engine: Engine) -> dict[str, Rows]:
    """Read all six tables."""
    with engine.connect() as connection:
        return {
            kind.__tablename__: [dict(found._mapping) for found in connection.execute(select(*kind.__table__.columns))]
            for kind in TABLES
        }


class DuckDBDatabase:
    """A DuckDB database in memory."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._saved: dict[str, list[tuple[Table, Rows]]] = {}

    def empty(self) -> None:
        with self.engine.begin() as connection:
            for kind in TABLES[1:]:
                connection.execute(delete(kind))
            connection.execute(delete(SequenceStage).where(SequenceStage.sequence_id >= 10))

    def save(self, name: str) -> None:
        written = self.rows()
        self._saved[name] = [
            (kind.__table__, written[kind.__tablename__]) for kind in TABLES[1:] if written[kind.__tablename__]
        ]

    def restore(self, name: str) -> bool:
        with self.engine.begin() as connection:
            for table, rows in self._saved.get(name, []):
                connection.execute(insert(table).values(rows))
        return name in self._saved

    def rows(self) -> dict[str, Rows]:
        return read_all(self.engine)


def monitor_url(warehouse: Warehouse) -> URL:
    """The URL by which a monitor reaches the local warehouse: over plain http."""
    driver = {name: str(value) for name, value in warehouse.connect_args.items()}
    return warehouse.url().update_query_dict(driver)


_migrated: WeakSet[Warehouse] = WeakSet()


def migrated(warehouse: Warehouse) -> None:
    """Bring the warehouse to where the migrations leave it, whatever tests before this one did there."""
    if warehouse in _migrated:
        warehouse.restore("empty")
        return
    ETLMonitor(monitor_url(warehouse)).setup().close()
    warehouse.save("empty")
    _migrated.add(warehouse)


class WarehouseDatabase:
    """The monitor's schema on the local warehouse: its files are put back without a statement."""

    def __init__(self, engine: Engine, warehouse: Warehouse) -> None:
        self.engine = engine
        self._warehouse = warehouse
        self._saved: set[str] = set()

    def empty(self) -> None:
        self._warehouse.restore("empty")

    def save(self, name: str) -> None:
        self._warehouse.save(name)
        self._saved.add(name)

    def restore(self, name: str) -> bool:
        if name in self._saved:
            self._warehouse.restore(name)
        return name in self._saved

    def rows(self) -> dict[str, Rows]:
        return read_all(self.engine)
