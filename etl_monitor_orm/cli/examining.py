"""`etl-monitor doctor`: what is wrong with the monitor itself, and the next command."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from etl_monitor_orm import Finding, inputs
from etl_monitor_orm.cli.exits import ExitCode
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.options import Catalog, Json, Schema, Url, ViewsSchema, opened
from etl_monitor_orm.cli.output import print_json

Quiet = Annotated[
    float, typer.Option("--stale-after", metavar="MINUTES", help="Minutes without a sign of life that are too long.")
]

_SIGNS: Final = {"ok": "  ok      ", "note": "  note    ", "problem": "! problem "}


def doctor(
    stale_after: Quiet = 60,
    url: Url = None,
    schema: Schema = None,
    views_schema: ViewsSchema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Look for what is wrong with the monitor, and say what to do next.

    Looks at the connection, the clocks, the tables and their revision, quiet steps, and rows that belong to nothing.
    Changes nothing. Exits with 1 when it finds a problem.
    """
    with opened(url, schema, catalog, views_schema=views_schema, creates=True, reads=True) as monitor:
        found = monitor.doctor(stale_after=inputs.span("--stale-after", stale_after * 60))
        if as_json:
            print_json(found)
        for one in found:
            if not as_json:
                _show(one)
    if any(one.state == "problem" for one in found):
        raise typer.Exit(ExitCode.ATTENTION)


def _show(finding: Finding) -> None:
    typer.echo(_SIGNS[finding.state], nl=False)
    tell(str(finding))
