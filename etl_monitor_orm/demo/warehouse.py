"""The warehouse: a DuckDB file with staging tables, dimensions, facts and a mart; and the system it loads from."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from typing import Final, cast

import duckdb

from etl_monitor_orm import ConfigurationError

Statement = tuple[str, Mapping[str, object]]
"""SQL text, and the values of its `$names`."""
Row = tuple[object, ...]

_TABLES: Final = """
CREATE SCHEMA IF NOT EXISTS staging;
CREATE SCHEMA IF NOT EXISTS dim;
CREATE SCHEMA IF NOT EXISTS fact;
CREATE SCHEMA IF NOT EXISTS mart;
CREATE TABLE IF NOT EXISTS staging.airlines (carrier VARCHAR, name VARCHAR);
CREATE TABLE IF NOT EXISTS staging.airports (
    faa VARCHAR, name VARCHAR, lat DOUBLE, lon DOUBLE, alt INTEGER, tz INTEGER, dst VARCHAR, tzone VARCHAR
);
CREATE TABLE IF NOT EXISTS staging.planes (
    tailnum VARCHAR, year INTEGER, type VARCHAR, manufacturer VARCHAR, model VARCHAR, engines INTEGER, seats INTEGER,
    speed INTEGER, engine VARCHAR
);
CREATE TABLE IF NOT EXISTS staging.weather (
    origin VARCHAR, year INTEGER, month INTEGER, day INTEGER, hour INTEGER, temp DOUBLE, dewp DOUBLE, humid DOUBLE,
    wind_dir DOUBLE, wind_speed DOUBLE, wind_gust DOUBLE, precip DOUBLE, pressure DOUBLE, visib DOUBLE,
    time_hour TIMESTAMPTZ, published_at TIMESTAMPTZ
);
CREATE TABLE IF NOT EXISTS staging.flights (
    flight_id BIGINT, flight_date DATE, dep_time INTEGER, sched_dep_time INTEGER, dep_delay INTEGER, arr_time INTEGER,
    sched_arr_time INTEGER, arr_delay INTEGER, carrier VARCHAR, flight INTEGER, tailnum VARCHAR, origin VARCHAR,
    dest VARCHAR, air_time INTEGER, distance INTEGER, time_hour TIMESTAMPTZ
);
CREATE TABLE IF NOT EXISTS dim.carriers (carrier VARCHAR, name VARCHAR);
CREATE TABLE IF NOT EXISTS dim.airports (faa VARCHAR, name VARCHAR, time_zone VARCHAR);
CREATE TABLE IF NOT EXISTS dim.planes (tailnum VARCHAR, manufacturer VARCHAR, model VARCHAR, seats INTEGER);
CREATE TABLE IF NOT EXISTS dim.routes (origin VARCHAR, dest VARCHAR, distance INTEGER, first_flown DATE);
CREATE TABLE IF NOT EXISTS fact.flights (
    flight_id BIGINT, flight_date DATE, carrier VARCHAR, flight INTEGER, tailnum VARCHAR, origin VARCHAR, dest VARCHAR,
    cancelled BOOLEAN, dep_delay INTEGER, arr_delay INTEGER, seats INTEGER, has_weather BOOLEAN, wind_speed DOUBLE,
    precip DOUBLE, visib DOUBLE
);
CREATE TABLE IF NOT EXISTS mart.delays (
    flight_date DATE, origin VARCHAR, airline VARCHAR, flights BIGINT, cancelled BIGINT, late BIGINT,
    mean_delay DOUBLE, worst_delay INTEGER, mean_wind DOUBLE
);
"""

_ATTACH_AIRPORTS: Final = "ATTACH ':memory:' AS source"
# The airports' system numbers its flights in scheduled order.
_AIRPORTS_FLIGHTS: Final = """
CREATE TABLE source.flights AS
SELECT row_number() OVER (ORDER BY flight_date, sched_dep_time, carrier, flight, origin) AS flight_id, *
FROM (
    SELECT make_date(year, month, day) AS flight_date, * EXCLUDE (year, month, day, hour, minute)
    FROM read_csv($file, nullstr = 'NA')
)
"""


class Warehouse:
    """The warehouse's file, together with the airports' system, which has the flights of the year.

    Args:
        path: The file; it is created when missing.

    Attributes:
        written: Rows written by this object, by table.

    Raises:
        ConfigurationError: The file cannot be used.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.written: Counter[str] = Counter()
        try:
            self._connection = duckdb.connect(self.path)
            self._execute(_TABLES, {})
        except duckdb.Error as error:
            raise ConfigurationError(
                f"The warehouse {self.path} cannot be used: {error}\n"
                "Name another file, or close the program that has this one open."
            ) from error

    def connect_airports(self, flights_file: str) -> None:
        """Make the airports' system available as `source.flights`."""
        self._execute(_ATTACH_AIRPORTS, {})
        self._execute(_AIRPORTS_FLIGHTS, {"file": flights_file})

    def write(self, table: str, *statements: Statement) -> int:
        """Run statements in one transaction: all of them take effect, or none.

        Args:
            table: The table that they fill.
            statements: What to run; the last one writes the rows.

        Returns:
            How many rows the last one wrote.
        """
        rows = 0
        self._connection.begin()
        try:
            for sql, values in statements:
                ((count,),) = self._execute(sql, values)
                rows = cast(int, count)
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()
        self.written[table] += rows
        return rows

    def read(self, sql: str, **values: object) -> list[Row]:
        """Return the rows of a query."""
        return self._execute(sql, values)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _execute(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except RuntimeError as error:
            if str(error) != "Query interrupted":
                raise
            # DuckDB reports Ctrl-C like this. It would look like a failed job, and the load would continue.
            raise KeyboardInterrupt from error
