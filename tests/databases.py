"""The databases that the contract's suite runs on: how a test finds each of them empty, and reads it whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

from sqlalchemy import URL, Engine, Table, delete, insert, select

from etl_monitor_orm import (
    Breach,
    ETLMonitor,
    Holiday,
    ManualClock,
    Metric,
    Organisation,
    Parameter,
    Process,
    ProcessingStep,
    Project,
    SequenceStage,
    SysLog,
    Task,
)
from etl_monitor_orm.models import StoredRequest, StoredToken
from etl_monitor_orm.schemas import DEFAULT_SCHEMA

if TYPE_CHECKING:
    from tests.warehouse import Warehouse

TABLES = (
    SequenceStage,
    Organisation,
    Project,
    Process,
    Task,
    Parameter,
    ProcessingStep,
    SysLog,
    StoredToken,
    StoredRequest,
    Holiday,
    Breach,
    Metric,
)

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

    def once(self, key: object, make: Callable[[], object], clock: ManualClock) -> bool:
        """Do what prepares a test; where that takes long, put the rows back that it left when it was done before.

        Args:
            key: What `make` is known by. Its work depends on the rows and the clock alone, and changes nothing else.
            make: Does it.
            clock: The test's clock.

        Returns:
            Whether it was done; else the rows were put back, and the clock stands where it stood after.
        """

    def rows(self) -> dict[str, Rows]:
        """Read all tables."""


def read(engine: Engine, table: Table) -> Rows:
    """Read a table."""
    with engine.connect() as connection:
        return [dict(found._mapping) for found in connection.execute(select(*table.columns))]


class ServedDatabase:
    """A database whose rows are taken away and put back by statements: they take it a millisecond each."""

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

    def once(self, key: object, make: Callable[[], object], clock: ManualClock) -> bool:
        make()
        return True

    def rows(self) -> dict[str, Rows]:
        return {kind.__tablename__: read(self.engine, kind.__table__) for kind in TABLES}


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
        self._done: dict[tuple[object, ...], tuple[str, datetime]] = {}
        self._read: dict[tuple[str, object], Rows] = {}

    def empty(self) -> None:
        self._warehouse.restore("empty")

    def save(self, name: str) -> None:
        self._warehouse.save(name)
        self._saved.add(name)

    def restore(self, name: str) -> bool:
        if name in self._saved:
            self._warehouse.restore(name)
        return name in self._saved

    def once(self, key: object, make: Callable[[], object], clock: ManualClock) -> bool:
        start = key, clock.now, *self._states().values()
        if start in self._done:
            name, end = self._done[start]
            self._warehouse.restore(name)
            clock.set(end)
            return False
        make()
        name = f"done {len(self._done)}"
        self._warehouse.save(name)
        self._done[start] = name, clock.now
        return True

    def rows(self) -> dict[str, Rows]:
        states = self._states()
        return {kind.__tablename__: self._rows(kind.__table__, states) for kind in TABLES}

    def _rows(self, table: Table, states: dict[str, object]) -> Rows:
        """Read a table, once in each of its states: many tests look at the same one."""
        state = table.name, states[table.name]
        if state not in self._read:
            self._read[state] = read(self.engine, table)
        return [dict(row) for row in self._read[state]]

    def _states(self) -> dict[str, object]:
        names = [kind.__tablename__ for kind in TABLES]
        return {name: self._warehouse.state(DEFAULT_SCHEMA, name) for name in names}
