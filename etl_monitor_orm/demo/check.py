"""The proof that the warehouse matches its sources, up to the last day that was loaded.

The loads read by watermark. The comparison reads by calendar date, so it does not repeat their mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from etl_monitor_orm import ConfigurationError, EtlMonitorError
from etl_monitor_orm.demo.source import AIRLINES, AIRPORTS, PLANES, WEATHER, Inbox
from etl_monitor_orm.demo.warehouse import Warehouse

_KNOWN_FLIGHTS: Final = "SELECT count(*) FROM staging.flights WHERE flight_id <= $last"
_LAST_DAY: Final = "SELECT max(flight_date) FROM source.flights WHERE flight_id <= $last"

_AIRLINES: Final = """
WITH sent AS (FROM read_csv($file, nullstr = 'NA')), held AS (FROM staging.airlines)
SELECT (SELECT count(*) FROM sent), (SELECT count(*) FROM held), (SELECT count(*) FROM (FROM sent EXCEPT ALL FROM held))
"""
_AIRPORTS: Final = """
WITH sent AS (FROM read_csv($file, nullstr = 'NA')), held AS (FROM staging.airports)
SELECT (SELECT count(*) FROM sent), (SELECT count(*) FROM held), (SELECT count(*) FROM (FROM sent EXCEPT ALL FROM held))
"""
_PLANES: Final = """
WITH sent AS (FROM read_csv($file, nullstr = 'NA')), held AS (FROM staging.planes)
SELECT (SELECT count(*) FROM sent), (SELECT count(*) FROM held), (SELECT count(*) FROM (FROM sent EXCEPT ALL FROM held))
"""
_WEATHER: Final = """
WITH sent AS (FROM read_csv($file, nullstr = 'NA') WHERE make_date(year, month, day) <= $through),
    held AS (SELECT * EXCLUDE (published_at) FROM staging.weather)
SELECT (SELECT count(*) FROM sent), (SELECT count(*) FROM held), (SELECT count(*) FROM (FROM sent EXCEPT ALL FROM held))
"""
_FLIGHTS: Final = """
WITH sent AS (FROM source.flights WHERE flight_date <= $through), held AS (FROM staging.flights)
SELECT (SELECT count(*) FROM sent), (SELECT count(*) FROM held), (SELECT count(*) FROM (FROM sent EXCEPT ALL FROM held))
"""
_FACTS: Final = """
WITH sent AS (SELECT flight_id, dep_delay FROM source.flights WHERE flight_date <= $through),
    held AS (SELECT flight_id, dep_delay FROM fact.flights WHERE flight_date <= $through)
SELECT (SELECT count(*) FROM sent), (SELECT count(*) FROM held), (SELECT count(*) FROM (FROM sent EXCEPT ALL FROM held))
"""
_DELAYS: Final = """
WITH sent AS (
    SELECT flight_date, origin, count(*) AS flights FROM source.flights WHERE flight_date <= $through GROUP BY ALL
), held AS (
    SELECT flight_date, origin, sum(flights) AS flights FROM mart.delays WHERE flight_date <= $through GROUP BY ALL
)
SELECT (SELECT sum(flights) FROM sent), (SELECT sum(flights) FROM held),
    (SELECT count(*) FROM (FROM sent EXCEPT ALL FROM held))
"""


class RowsDiffer(EtlMonitorError):
    """The warehouse does not match its sources."""


@dataclass(frozen=True)
class TableCheck:
    """A table compared with its source. The mart is compared by the flights that it counts.

    Attributes:
        table: The table.
        source: Rows in the source.
        warehouse: Rows in the warehouse.
        differing: Rows of the source that the warehouse lacks or has changed.
    """

    table: str
    source: int
    warehouse: int
    differing: int

    @property
    def equal(self) -> bool:
        """Whether the warehouse has exactly the source's rows."""
        return self.source == self.warehouse and self.differing == 0


def require_same_history(warehouse: Warehouse, last_flight: int) -> None:
    """Refuse a warehouse that does not belong to the monitor's watermarks.

    Args:
        warehouse: The warehouse.
        last_flight: The watermark: the number of the last flight that was loaded.

    Raises:
        ConfigurationError: Flights up to the watermark are missing.
    """
    ((held,),) = warehouse.read(_KNOWN_FLIGHTS, last=last_flight)
    if held != last_flight:
        raise ConfigurationError(
            f"By the watermark {last_flight} flights are loaded, but {warehouse.path} has {held} of them. "
            "Name the files that belong together, or delete both to start over."
        )


def compare(warehouse: Warehouse, inbox: Inbox, last_flight: int) -> tuple[TableCheck, ...]:
    """Compare every table with its source, up to the day of the last flight that was loaded.

    Args:
        warehouse: The warehouse.
        inbox: Where the files are.
        last_flight: The watermark: the number of the last flight that was loaded.

    Raises:
        RowsDiffer: They are not equal.
    """
    ((through,),) = warehouse.read(_LAST_DAY, last=last_flight)
    days = {"through": cast(date, through)}
    checks = tuple(
        TableCheck(table, *cast(tuple[int, int, int], warehouse.read(sql, **values)[0]))
        for table, sql, values in (
            ("staging.airlines", _AIRLINES, {"file": inbox[AIRLINES]}),
            ("staging.airports", _AIRPORTS, {"file": inbox[AIRPORTS]}),
            ("staging.planes", _PLANES, {"file": inbox[PLANES]}),
            ("staging.weather", _WEATHER, {"file": inbox[WEATHER], **days}),
            ("staging.flights", _FLIGHTS, days),
            ("fact.flights", _FACTS, days),
            ("mart.delays", _DELAYS, days),
        )
    )
    wrong = [check for check in checks if not check.equal]
    if wrong:
        raise RowsDiffer(
            "The warehouse does not match its sources: "
            + "; ".join(
                f"{check.table} has {check.warehouse} rows for {check.source}, {check.differing} of them missing"
                for check in wrong
            )
        )
    return checks
