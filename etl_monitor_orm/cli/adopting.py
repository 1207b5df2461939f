"""`etl-monitor adopt`: take over the tables that the Spark edition made."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from etl_monitor_orm.adoption import adopting
from etl_monitor_orm.adoption.report import AdoptionReport
from etl_monitor_orm.cli.options import Catalog, Json, Schema, Url, ViewsSchema, opened
from etl_monitor_orm.cli.output import print_json
from etl_monitor_orm.clocks import system_clock
from etl_monitor_orm.printable import harmless


def adopt(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; show what would change.")] = False,
    sql: Annotated[
        bool, typer.Option("--sql", help="Change nothing; print the SQL, for the tables as they are now.")
    ] = False,
    backup: Annotated[
        str | None, typer.Option("--backup", metavar="FILE", help="Write the replaced views into a new file.")
    ] = None,
    keep_latest: Annotated[
        bool, typer.Option("--keep-latest", help="Of rows with one key, keep the one that was updated last.")
    ] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Go on although steps seem to be running.")] = False,
    keep_their_views: Annotated[
        bool, typer.Option("--keep-their-views", help="Replace no view; needs --views-schema.")
    ] = False,
    url: Url = None,
    schema: Schema = None,
    views_schema: ViewsSchema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Take over the tables that the Spark edition made.

    Rows stay or are put right, and views are replaced. You can run it again after it was stopped.
    """
    with opened(url, schema, catalog, views_schema=views_schema) as monitor:
        if sql:
            text = adopting.adoption_script(
                monitor.engine,
                monitor.schema,
                now=system_clock(),
                keep_latest=keep_latest,
                keep_their_views=keep_their_views,
            )
            typer.echo(text, nl=False)
            return
        report = monitor.adopt(
            dry_run=dry_run,
            backup=backup,
            keep_latest=keep_latest,
            anyway=anyway,
            keep_their_views=keep_their_views,
        )
        if as_json:
            print_json(_plain(report))
        else:
            typer.echo(harmless(str(report)))


def _plain(report: AdoptionReport) -> dict[str, object]:
    return {
        "schema": report.schema,
        "kind": report.kind,
        "done": report.done,
        "changes": [asdict(one) for one in report.changes],
        "findings": [asdict(one) for one in report.findings],
        "moved": [
            {"old": old._asdict(), "new": [new._asdict() for new in became]}
            for old, became in sorted(report.moved.items())
        ],
        "watermarks": [asdict(one) for one in report.watermarks],
        "notes": list(report.notes),
    }
