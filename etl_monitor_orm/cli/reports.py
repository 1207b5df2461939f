"""Commands that show how things stand: `status`, `run show`, `failures`, `watermarks`."""

from __future__ import annotations

import datetime
from typing import Annotated

import typer

from etl_monitor_orm.cli import layouts, options, queries
from etl_monitor_orm.cli.options import Catalog, Json, Look, OnDate, OnlyProcess, OnlyProject, Schema, Url, opened
from etl_monitor_orm.cli.output import print_json, print_rows, print_table

run = typer.Typer(help="Look at one run.", no_args_is_help=True)

StatusDate = Annotated[
    str | None,
    typer.Option("--date", metavar="YYYY-MM-DD", help="This processing date; else the one each process works on."),
]
Steps = Annotated[bool, typer.Option("--steps", help="List the steps instead of the counts.")]
Mandatory = Annotated[bool, typer.Option("--mandatory", help="Only failures that block what follows.")]
AllAttempts = Annotated[bool, typer.Option("--all-attempts", help="Earlier attempts too.")]


def status(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    date: StatusDate = None,
    steps: Steps = False,
    exit_code: Look = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Show how each process stands.

    Counts what is done, failed, pending, and of that running.
    Without --date, on the date that each works on: that of its historic mode, else today (UTC).
    With --exit-code, a failed step is something to look at.
    """
    with opened(url, schema, catalog) as monitor:
        with monitor.session() as session:
            rows = queries.process_status(session, options.day(date), project, process)
            latest = None if rows else queries.latest_date(session, project, process)
        nothing = _nothing_ran(latest)
        if steps:
            detail = [
                step
                for row in rows
                for step in monitor.get_status(row.project_code, row.process_load, row.processing_date)
            ]
            layouts.print_steps(detail, as_json=as_json, nothing=nothing)
        else:
            print_rows(rows, layouts.PROCESSES, as_json=as_json, title="Processes", nothing=nothing)
    options.look(exit_code and any(row.failed for row in rows))


def _nothing_ran(latest: datetime.date | None) -> str:
    if latest is None:
        return "Nothing has run yet."
    return f"Nothing ran on that date. The latest with a run is {latest}: add --date {latest}."


@run.command()
def show(
    execution_id: Annotated[str, typer.Argument(metavar="EXECUTION_ID", help="The run's id.")],
    all_attempts: AllAttempts = False,
    exit_code: Look = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Show a run's attempts, and its steps.

    With --exit-code, a failed step is something to look at.
    """
    with opened(url, schema, catalog) as monitor:
        with monitor.session() as session:
            attempts = queries.attempts_of_run(session, execution_id)
        places = dict.fromkeys((one.project_code, one.process_load, one.processing_date) for one in attempts)
        steps = [
            step
            for project, process, on in places
            for step in monitor.get_status(project, process, on, execution_id, attempts="all" if all_attempts else None)
        ]
        if as_json:
            print_json({"attempts": attempts, "steps": steps})
        else:
            print_table(attempts, layouts.ATTEMPTS, f"Run {execution_id}")
            layouts.print_steps(steps, as_json=False, nothing="")
            layouts.print_messages(steps)
    options.look(exit_code and any(step.status == "FAIL" for step in steps))


def failures(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    date: OnDate = None,
    mandatory: Mandatory = False,
    exit_code: Look = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List what is failed now, and why.

    The latest date comes first. A retry that is queued or done clears a failure.
    With --exit-code, a failure is something to look at.
    """
    with opened(url, schema, catalog) as monitor:
        with monitor.session() as session:
            rows = queries.failures(session, options.day(date), project, process, mandatory=mandatory)
        print_rows(rows, layouts.FAILURES, as_json=as_json, title="Failures", nothing="Nothing is failed.")
        if not as_json:
            layouts.print_messages(rows)
    options.look(exit_code and bool(rows))


def watermarks(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List up to where each source was read.

    Switches are listed too, and SYSDT: the date that a process works on.
    """
    with opened(url, schema, catalog) as monitor:
        with monitor.session() as session:
            rows = queries.watermarks(session, project, process)
        nothing = "No parameter is registered."
        print_rows(rows, layouts.WATERMARKS, as_json=as_json, title="Watermarks", nothing=nothing)
