"""`etl-monitor export` and `etl-monitor import`: everything in one file, for any database of the monitor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from etl_monitor_orm import InvalidInput, MovedTable
from etl_monitor_orm.cli import files
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.options import Catalog, Json, Schema, Url, opened
from etl_monitor_orm.cli.output import Column, print_json, print_table
from etl_monitor_orm.printable import named

Into = Annotated[str, typer.Argument(metavar="FILE", help="The file to write.")]
From = Annotated[str, typer.Argument(metavar="FILE", help="A file that `etl-monitor export` wrote.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")]

_COLUMNS: Final = (
    Column[MovedTable]("Table", lambda one: one.table),
    Column[MovedTable]("Rows", lambda one: one.rows),
)


def export(
    file: Into,
    overwrite: Overwrite = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Write everything but tokens into one file.

    Any database of the monitor can import it. The file is complete, or not there.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        if file == files.STANDARD:
            raise InvalidInput("FILE is -, and an export is no text for standard output. Name a file.")
        _show(monitor.export_data(file, overwrite=overwrite), f"In {named(file)}", as_json)


def import_(file: From, url: Url = None, schema: Schema = None, catalog: Catalog = None, as_json: Json = False) -> None:
    """Read an export into empty tables.

    The file is checked as a whole before anything is written. You can run it again after it was stopped.
    """
    with opened(url, schema, catalog) as monitor:
        _show(monitor.import_data(file), f"Imported from {named(file)}", as_json)


def _show(moved: Sequence[MovedTable], title: str, as_json: bool) -> None:
    if as_json:
        print_json(moved)
        return
    print_table(moved, _COLUMNS, title)
    tell(f"{sum(one.rows for one in moved)} rows in all.")
