"""The jobs of NYC/REFERENCE: they read small files in full, and update the dimensions that differ.

A file's columns are declared, not guessed: a changed file fails its task, and the message says what changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from etl_monitor_orm import TaskHandle
from etl_monitor_orm.demo.pipeline import Job
from etl_monitor_orm.demo.source import AIRLINES, AIRPORTS, PLANES, Inbox
from etl_monitor_orm.demo.warehouse import Warehouse

_EMPTY_AIRLINES: Final = "DELETE FROM staging.airlines"
_READ_AIRLINES: Final = """
INSERT INTO staging.airlines BY NAME
SELECT * FROM read_csv($file, auto_detect = false, header = true, nullstr = 'NA', columns = {
    'carrier': 'VARCHAR', 'name': 'VARCHAR'
})
"""
_EMPTY_AIRPORTS: Final = "DELETE FROM staging.airports"
_READ_AIRPORTS: Final = """
INSERT INTO staging.airports BY NAME
SELECT * FROM read_csv($file, auto_detect = false, header = true, nullstr = 'NA', columns = {
    'faa': 'VARCHAR', 'name': 'VARCHAR', 'lat': 'DOUBLE', 'lon': 'DOUBLE', 'alt': 'INTEGER', 'tz': 'INTEGER',
    'dst': 'VARCHAR', 'tzone': 'VARCHAR'
})
"""
_EMPTY_PLANES: Final = "DELETE FROM staging.planes"
_READ_PLANES: Final = """
INSERT INTO staging.planes BY NAME
SELECT * FROM read_csv($file, auto_detect = false, header = true, nullstr = 'NA', columns = {
    'tailnum': 'VARCHAR', 'year': 'INTEGER', 'type': 'VARCHAR', 'manufacturer': 'VARCHAR', 'model': 'VARCHAR',
    'engines': 'INTEGER', 'seats': 'INTEGER', 'speed': 'INTEGER', 'engine': 'VARCHAR'
})
"""
_MERGE_CARRIERS: Final = """
MERGE INTO dim.carriers AS known USING staging.airlines AS new ON known.carrier = new.carrier
WHEN MATCHED AND known.name IS DISTINCT FROM new.name THEN UPDATE SET name = new.name
WHEN NOT MATCHED THEN INSERT (carrier, name) VALUES (new.carrier, new.name)
"""
_MERGE_AIRPORTS: Final = """
MERGE INTO dim.airports AS known USING staging.airports AS new ON known.faa = new.faa
WHEN MATCHED AND (known.name IS DISTINCT FROM new.name OR known.time_zone IS DISTINCT FROM new.tzone)
THEN UPDATE SET name = new.name, time_zone = new.tzone
WHEN NOT MATCHED THEN INSERT (faa, name, time_zone) VALUES (new.faa, new.name, new.tzone)
"""
# The registry spells one manufacturer in two ways; the dimension uses one.
_MERGE_PLANES: Final = """
MERGE INTO dim.planes AS known
USING (
    SELECT tailnum, replace(manufacturer, 'AIRBUS INDUSTRIE', 'AIRBUS') AS manufacturer, model, seats
    FROM staging.planes
) AS new ON known.tailnum = new.tailnum
WHEN MATCHED AND (
    known.manufacturer IS DISTINCT FROM new.manufacturer OR known.model IS DISTINCT FROM new.model
    OR known.seats IS DISTINCT FROM new.seats
)
THEN UPDATE SET manufacturer = new.manufacturer, model = new.model, seats = new.seats
WHEN NOT MATCHED THEN INSERT (tailnum, manufacturer, model, seats)
VALUES (new.tailnum, new.manufacturer, new.model, new.seats)
"""


class ReferenceLoads:
    """The work behind each task of NYC/REFERENCE.

    Args:
        warehouse: Where the data goes.
        inbox: Where the files lie.
    """

    def __init__(self, warehouse: Warehouse, inbox: Inbox) -> None:
        self._warehouse = warehouse
        self._inbox = inbox

    def jobs(self) -> Mapping[str, Job]:
        """Return the jobs by the `source_identifier` under which the catalogue knows them."""
        return {
            "load_airlines": self._load_airlines,
            "load_airports": self._load_airports,
            "load_planes": self._load_planes,
            "update_carriers": self._update_carriers,
            "update_airports": self._update_airports,
            "update_planes": self._update_planes,
        }

    def _load_airlines(self, task: TaskHandle) -> str:
        return self._read_in_full("staging.airlines", _EMPTY_AIRLINES, _READ_AIRLINES, AIRLINES)

    def _load_airports(self, task: TaskHandle) -> str:
        return self._read_in_full("staging.airports", _EMPTY_AIRPORTS, _READ_AIRPORTS, AIRPORTS)

    def _load_planes(self, task: TaskHandle) -> str:
        return self._read_in_full("staging.planes", _EMPTY_PLANES, _READ_PLANES, PLANES)

    def _update_carriers(self, task: TaskHandle) -> str:
        return self._merge("dim.carriers", _MERGE_CARRIERS)

    def _update_airports(self, task: TaskHandle) -> str:
        return self._merge("dim.airports", _MERGE_AIRPORTS)

    def _update_planes(self, task: TaskHandle) -> str:
        return self._merge("dim.planes", _MERGE_PLANES)

    def _read_in_full(self, table: str, empty: str, read: str, file: str) -> str:
        rows = self._warehouse.write(table, (empty, {}), (read, {"file": self._inbox[file]}))
        return f"{rows} rows from {file}"

    def _merge(self, table: str, merge: str) -> str:
        return f"{self._warehouse.write(table, (merge, {}))} rows new or changed"
