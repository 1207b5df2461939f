"""`etl-monitor overdue`: what is late."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from etl_monitor_orm.cli import options, tables
from etl_monitor_orm.cli.options import Catalog, Json, Look, OnlyProcess, OnlyProject, Schema, Url, opened
from etl_monitor_orm.cli.output import print_rows
from etl_monitor_orm.deadlines.evaluating import QUIET_AFTER

AsEvaluated = Annotated[
    bool, typer.Option("--as-evaluated", help="Show what the last evaluation found; write nothing.")
]
QuietAfter = Annotated[
    float, typer.Option("--quiet-after", metavar="SECONDS", help="How long a running step may be quiet.")
]

_QUIET_AFTER: Final = QUIET_AFTER.total_seconds()


def overdue(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    as_evaluated: AsEvaluated = False,
    quiet_after: QuietAfter = _QUIET_AFTER,
    exit_code: Look = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List what is late, since when, and what waits for it.

    Evaluates the deadlines of all processes first, and notes what is late and what no longer is.
    With --exit-code, the command ends with 1 when something is late.
    """
    with opened(url, schema, catalog, reads=as_evaluated) as monitor:
        rows = monitor.overdue(project, process, evaluate=not as_evaluated, quiet_after=quiet_after)
        print_rows(rows, tables.OVERDUE, as_json=as_json, title="Overdue", nothing="Nothing is late.")
        if not as_json:
            tables.print_late(rows)
    options.look(exit_code and bool(rows))
