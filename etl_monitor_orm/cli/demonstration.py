"""`etl-monitor demo`: a real load, tracked from registration to watermark."""

from __future__ import annotations

from typing import Annotated

import typer

from etl_monitor_orm.cli.options import Catalog, Json, Schema, Url, reported
from etl_monitor_orm.cli.output import console, print_json

Days = Annotated[int, typer.Option("--days", metavar="N", help="How many days to load.")]
Warehouse = Annotated[str, typer.Option("--warehouse", metavar="FILE", help="The DuckDB file to load into.")]
Slow = Annotated[bool, typer.Option("--slow", help="Take a second longer for each task, to be looked at meanwhile.")]

Rules = Annotated[
    str | None, typer.Option("--rules", metavar="FILE", help="Tell people by these rules, as `watch` does.")
]

Pages = Annotated[
    str | None, typer.Option("--pages", metavar="FOLDER", help="Keep a status page of each night and each failure.")
]


def demo(
    days: Days = 7,
    warehouse: Warehouse = "flights.duckdb",
    slow: Slow = False,
    rules: Rules = None,
    pages: Pages = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Load real flights day by day, and track the load.

    It loads the flights from New York in 2013 into a separate warehouse. A second demo continues from the watermarks.
    """
    with reported(url, schema, catalog):
        from etl_monitor_orm.demo import print_report, run_demo

        result = run_demo(
            days,
            database=url,
            schema=schema,
            catalog=catalog,
            warehouse=warehouse,
            console=console(stderr=True),
            pause=1.0 if slow else 0.0,
            rules=rules,
            pages=pages,
        )
        if as_json:
            print_json(result)
        else:
            print_report(result, console())
