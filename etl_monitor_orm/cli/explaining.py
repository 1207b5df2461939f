"""`etl-monitor why`: why a process stands as it does, sentence by sentence."""

from __future__ import annotations

import typer

from etl_monitor_orm.cli import options
from etl_monitor_orm.cli.hints import command
from etl_monitor_orm.cli.options import Catalog, Json, OnDate, Process, Project, Schema, Url, opened
from etl_monitor_orm.cli.output import console, print_json
from etl_monitor_orm.printable import one_line


def why(
    project: Project,
    process: Process,
    date: OnDate = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Say why a process stands as it does.

    That is the first cause, what it blocks, what changed since the last good run, when the same error came before and
    what ended it, and the command to run next. Below each sentence is the row that it is about.
    Without --date, of the date of its historic mode, else of the latest date that has steps.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        found = monitor.why(project, process, options.day(date))
        if as_json:
            print_json(found)
            return
        from rich.padding import Padding
        from rich.text import Text

        for finding in found:
            if finding.kind == "next":
                # As it is: a command that is broken into lines can be pasted nowhere.
                typer.echo(f"Next: {command(finding.sentence)}")
            else:
                console().print(Text(one_line(finding.sentence)))
            console().print(Padding(Text(one_line(finding.place), style="dim"), (0, 0, 0, 2), expand=False))
