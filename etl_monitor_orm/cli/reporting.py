"""`etl-monitor report`: a page that shows how everything stands, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from etl_monitor_orm.cli.files import STANDARD, write_text
from etl_monitor_orm.cli.options import Catalog, OnlyProcess, OnlyProject, Schema, Url, opened
from etl_monitor_orm.pages import TITLE, is_page, status_page

Output = Annotated[
    str, typer.Option("--output", "-o", metavar="FILE", help="The page, such as status.html; - is standard output.")
]
Title = Annotated[str, typer.Option("--title", metavar="TEXT", help="What the page is called.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a file that is no such page.")]


def report(
    output: Output,
    project: OnlyProject = None,
    process: OnlyProcess = None,
    title: Title = TITLE,
    overwrite: Overwrite = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
) -> None:
    """Write a page that shows how all processes stand: one HTML file.

    It has what is blocked and what to do next, the last 14 days, what is late, what failed, the latest run, watermarks,
    durations, and what changed. Opening it sends no request, so it can be mailed. Nothing is written to the database.
    An earlier page in the same place is replaced.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        page = status_page(monitor, project, process, title=title)
        write_text(output, page, overwrite=overwrite or (output != STANDARD and is_page(Path(output))))
