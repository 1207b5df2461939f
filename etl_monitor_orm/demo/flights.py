"""The jobs of NYC/FLIGHTS: they load what lies beyond the watermarks, and build on it.

Each job can be repeated after a failure or a kill, without losing or doubling a row: in one transaction of the
warehouse it deletes the rows that it is about to write. The loads delete and read everything beyond their watermark.
The monitor moves the watermark only after the warehouse has committed. After a kill between the two, the next try
reads the same rows again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from etl_monitor_orm import TaskHandle
from etl_monitor_orm.demo.pipeline import Job
from etl_monitor_orm.demo.source import WEATHER, Inbox
from etl_monitor_orm.demo.warehouse import Warehouse

_UNLOAD_WEATHER: Final = """
DELETE FROM staging.weather WHERE published_at >= coalesce(CAST($since AS TIMESTAMPTZ), '-infinity')
"""
# An hour's observation is published when the hour is over.
_LOAD_WEATHER: Final = """
INSERT INTO staging.weather BY NAME
SELECT *
FROM (
    SELECT *, time_hour + INTERVAL 1 HOUR AS published_at
    FROM read_csv($file, auto_detect = false, header = true, nullstr = 'NA', columns = {
        'origin': 'VARCHAR', 'year': 'INTEGER', 'month': 'INTEGER', 'day': 'INTEGER', 'hour': 'INTEGER',
        'temp': 'DOUBLE', 'dewp': 'DOUBLE', 'humid': 'DOUBLE', 'wind_dir': 'DOUBLE', 'wind_speed': 'DOUBLE',
        'wind_gust': 'DOUBLE', 'precip': 'DOUBLE', 'pressure': 'DOUBLE', 'visib': 'DOUBLE', 'time_hour': 'TIMESTAMPTZ'
    })
)
WHERE published_at >= coalesce(CAST($since AS TIMESTAMPTZ), '-infinity') AND published_at < $until
"""
_UNLOAD_FLIGHTS: Final = "DELETE FROM staging.flights WHERE flight_id > $after"
_LOAD_FLIGHTS: Final = """
INSERT INTO staging.flights BY NAME
SELECT * FROM source.flights WHERE flight_id > $after AND flight_date <= $day
"""
_LAST_FLIGHT: Final = "SELECT max(flight_id) FROM staging.flights"
_ADD_ROUTES: Final = """
INSERT INTO dim.routes BY NAME
SELECT origin, dest, max(distance) AS distance, min(flight_date) AS first_flown
FROM staging.flights
WHERE flight_date = $day
    AND NOT EXISTS (FROM dim.routes AS known WHERE known.origin = flights.origin AND known.dest = flights.dest)
GROUP BY origin, dest
"""
_REMOVE_FACTS: Final = "DELETE FROM fact.flights WHERE flight_date = $day"
_BUILD_FACTS: Final = """
INSERT INTO fact.flights BY NAME
SELECT flown.flight_id, flown.flight_date, flown.carrier, flown.flight, flown.tailnum, flown.origin, flown.dest,
    flown.dep_time IS NULL AS cancelled, flown.dep_delay, flown.arr_delay, plane.seats,
    weather.origin IS NOT NULL AS has_weather, weather.wind_speed, weather.precip, weather.visib
FROM staging.flights AS flown
LEFT JOIN staging.weather AS weather ON weather.origin = flown.origin AND weather.time_hour = flown.time_hour
LEFT JOIN dim.planes AS plane ON plane.tailnum = flown.tailnum
WHERE flown.flight_date = $day
"""
_WEATHER_COVERAGE: Final = """
SELECT count(*) FILTER (WHERE NOT has_weather), count(*) FROM fact.flights WHERE flight_date = $day
"""
_REMOVE_DELAYS: Final = "DELETE FROM mart.delays WHERE flight_date = $day"
_BUILD_DELAYS: Final = """
INSERT INTO mart.delays BY NAME
SELECT flown.flight_date, flown.origin, carriers.name AS airline, count(*) AS flights,
    count(*) FILTER (WHERE flown.cancelled) AS cancelled, count(*) FILTER (WHERE flown.dep_delay > 15) AS late,
    avg(flown.dep_delay) AS mean_delay, max(flown.dep_delay) AS worst_delay, avg(flown.wind_speed) AS mean_wind
FROM fact.flights AS flown
LEFT JOIN dim.carriers AS carriers ON carriers.carrier = flown.carrier
WHERE flown.flight_date = $day
GROUP BY flown.flight_date, flown.origin, carriers.name
"""


class WeatherGap(Exception):
    """Some flights have no weather for their departure."""


class FlightLoads:
    """The work behind each task of NYC/FLIGHTS.

    Args:
        warehouse: Where the data goes, and the airports' system beside it.
        inbox: Where the weather service delivers its file.
    """

    def __init__(self, warehouse: Warehouse, inbox: Inbox) -> None:
        self._warehouse = warehouse
        self._inbox = inbox

    def jobs(self) -> Mapping[str, Job]:
        """Return the jobs by the `source_identifier` under which the catalogue knows them."""
        return {
            "load_weather": self._load_weather,
            "load_flights": self._load_flights,
            "add_routes": self._add_routes,
            "build_flights": self._build_flights,
            "check_weather_coverage": self._check_weather_coverage,
            "build_delays": self._build_delays,
        }

    def _load_weather(self, task: TaskHandle) -> str:
        """Load what was published between the start of the last load and the start of this one.

        With DONE the DELTA_DATE moves to that start by itself, so the next load begins where this one ended.
        The file has the whole year; everything after the start of this load has not happened yet.
        """
        since = task.watermark
        rows = self._warehouse.write(
            "staging.weather",
            (_UNLOAD_WEATHER, {"since": since}),
            (_LOAD_WEATHER, {"file": self._inbox[WEATHER], "since": since, "until": task.started}),
        )
        return f"{rows} observations published since {since or 'the beginning'}"

    def _load_flights(self, task: TaskHandle) -> str:
        """Load the flights with numbers above the watermark, up to the end of the day.

        A DELTA_ID does not move by itself: only the load knows how far it read. The monitor writes it with DONE.
        """
        after = task.watermark or 0
        rows = self._warehouse.write(
            "staging.flights",
            (_UNLOAD_FLIGHTS, {"after": after}),
            (_LOAD_FLIGHTS, {"after": after, "day": task.processing_date}),
        )
        ((last,),) = self._warehouse.read(_LAST_FLIGHT)
        if isinstance(last, int):
            task.advance(last)
        return f"{rows} flights after number {after}"

    def _add_routes(self, task: TaskHandle) -> str:
        rows = self._warehouse.write("dim.routes", (_ADD_ROUTES, {"day": task.processing_date}))
        return f"{rows} new routes"

    def _build_flights(self, task: TaskHandle) -> str:
        return self._rebuild_day("fact.flights", _REMOVE_FACTS, _BUILD_FACTS, task)

    def _check_weather_coverage(self, task: TaskHandle) -> str:
        """Fail when flights of the day have no weather, as on 16 days of 2013."""
        ((lacking, flights),) = self._warehouse.read(_WEATHER_COVERAGE, day=task.processing_date)
        if lacking:
            raise WeatherGap(f"{lacking} of {flights} flights have no weather observation")
        return f"All {flights} flights have their weather"

    def _build_delays(self, task: TaskHandle) -> str:
        return self._rebuild_day("mart.delays", _REMOVE_DELAYS, _BUILD_DELAYS, task)

    def _rebuild_day(self, table: str, remove: str, build: str, task: TaskHandle) -> str:
        day = {"day": task.processing_date}
        return f"{self._warehouse.write(table, (remove, day), (build, day))} rows"
