"""`etl-monitor baselines` and `etl-monitor usual`: what is usual, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Final

import typer

from etl_monitor_orm import Baseline, ComparedStep
from etl_monitor_orm.calls.baselines import WEEKS
from etl_monitor_orm.cli import options
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.options import Catalog, Json, Look, Process, Project, Schema, Url, opened
from etl_monitor_orm.cli.output import Column, print_json, print_rows, print_table
from etl_monitor_orm.cli.tables import clock_time, heading
from etl_monitor_orm.cli.tables import task as task_of
from etl_monitor_orm.printable import duration, one_line
from etl_monitor_orm.vocabulary import state_of

OneTask = Annotated[int | None, typer.Option("--task", metavar="ID", help="Only this task.")]
Workflow = Annotated[int | None, typer.Option("--workflow", metavar="ID", help="Only this pass.")]
Before = Annotated[
    str | None, typer.Option("--before", metavar="YYYY-MM-DD", help="Runs before this date count; else before today.")
]
ThisDate = Annotated[
    str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="This processing date; else the latest.")
]
InRun = Annotated[str | None, typer.Option("--run", metavar="EXECUTION_ID", help="Only this run.")]
Weeks = Annotated[int, typer.Option("--weeks", metavar="NUMBER", help="How many weeks before it count.")]

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _told(row: Baseline, value: int) -> str:
    return f"{value:,}" if row.metric_name is not None else duration(value) or ""


def _limits(row: Baseline) -> str:
    over = f"over {_told(row, row.unusual_above)}"
    return over if row.unusual_below is None else f"under {_told(row, row.unusual_below)}, {over}"


BASELINES: Final[Sequence[Column[Baseline]]] = (
    Column("Task", task_of),
    Column("What", lambda row: row.metric_name or "time"),
    Column("Day", lambda row: "any" if row.weekday is None else _DAYS[row.weekday - 1]),
    Column("Runs", lambda row: row.runs),
    Column("Usual", lambda row: _told(row, row.median)),
    Column("Unusual", _limits),
)

COMPARED: Final[Sequence[Column[ComparedStep]]] = (
    Column("Task", task_of),
    Column("Status", lambda row: state_of(row.status, is_running=row.is_running)),
    Column("Started", lambda row: clock_time(row.start_time)),
    Column("Took", lambda row: duration(row.duration_seconds)),
    Column("Usual", lambda row: duration(row.usual_seconds)),
    Column("Expected end", lambda row: row.expected_end),
)


def baselines(
    project: Project,
    process: Process,
    task: OneTask = None,
    workflow: Workflow = None,
    before: Before = None,
    weeks: Weeks = WEEKS,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List the usual duration and counts of each task, by day of the week.

    They are medians of the runs that were done, and the limits beyond which a run is unusual. A day with fewer than 8
    runs is not listed; then those of any day count.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        rows = monitor.baselines(
            project, process, task, workflow, processing_date=options.day(before, "--before"), weeks=weeks
        )
        nothing = "Too few runs are known to say what is usual. Each task needs 8 that are done."
        title = f"{project} {process}"
        print_rows(rows, BASELINES, as_json=as_json, title=title, nothing=nothing)


def usual(
    project: Project,
    process: Process,
    date: ThisDate = None,
    run: InRun = None,
    task: OneTask = None,
    workflow: Workflow = None,
    weeks: Weeks = WEEKS,
    exit_code: Look = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Show when running steps should end, and which steps are not as usual.

    Compares each step of a date with the runs of the weeks before it.
    With --exit-code, the command ends with 1 when a step is unusual.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        rows = monitor.compare_with_usual(
            project, process, options.day(date), run, task_id=task, workflow_id=workflow, weeks=weeks
        )
        if as_json:
            print_json(rows)
        elif not rows:
            tell("Nothing has run.")
        else:
            for title, steps in groupby(rows, heading):
                print_table([*steps], COMPARED, title)
            _print_unusual(rows)
    options.look(exit_code and any(row.unusual for row in rows))


def _print_unusual(rows: Sequence[ComparedStep]) -> None:
    """Print what is unusual as sentences, one line each."""
    for row in rows:
        if row.unusual:
            typer.echo(f"{one_line(task_of(row))}: {row.unusual}.")
