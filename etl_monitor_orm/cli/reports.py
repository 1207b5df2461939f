"""Commands that only read: `status`, `run show`, `failures`, `watermarks`."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated

import typer

from etl_monitor_orm import InvalidInput, inputs
from etl_monitor_orm.cli import options, past_tables, tables, when
from etl_monitor_orm.cli.hints import warn_of_more
from etl_monitor_orm.cli.options import Catalog, Json, Look, OnDate, OnlyProcess, OnlyProject, Schema, Url, opened
from etl_monitor_orm.cli.output import print_json, print_rows, print_table

StatusDate = Annotated[
    str | None,
    typer.Option("--date", metavar="DATE", help="This processing date; else each process's latest."),
]
Steps = Annotated[bool, typer.Option("--steps", help="List the steps instead of the counts.")]
Mandatory = Annotated[bool, typer.Option("--mandatory", help="Only failures that block the rest of the run.")]
AllAttempts = Annotated[bool, typer.Option("--all-attempts", help="Show earlier attempts too.")]


FailedSince = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="What failed from this time on, or so long ago: 24h, yesterday."),
]
FailedUntil = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="What failed before this time, or up to this day.")
]
FailedMost = Annotated[str, typer.Option("--limit", metavar="NUMBER", help="With --since: rows at most, the latest.")]


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
    """Show the state of each process.

    Counts the steps that are done, failed, pending, and those of the pending that are running.
    Without --date, shows each process on the date of its historic mode, else on the latest date that has steps.
    With --exit-code, the command ends with 1 when a step has failed.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        rows = monitor.processes(project, process, options.day(date))
        nothing = "" if rows else _nothing_ran(monitor.latest_date(project, process))
        if steps:
            detail = [
                step
                for row in rows
                for step in monitor.get_status(row.project_code, row.process_load, row.processing_date)
            ]
            tables.print_steps(detail, as_json=as_json, nothing=nothing)
        else:
            print_rows(rows, tables.PROCESSES, as_json=as_json, title="Processes", nothing=nothing)
    options.look(exit_code and any(row.failed for row in rows))


def _nothing_ran(latest: datetime.date | None) -> str:
    if latest is None:
        return "Nothing has run yet."
    return f"Nothing ran on that date. The latest date with a run is {latest}: add --date {latest}."


def show(
    execution_id: Annotated[str, typer.Argument(metavar="EXECUTION_ID", help="The run's id.")],
    all_attempts: AllAttempts = False,
    exit_code: Look = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Show a run's attempts and steps.

    With --exit-code, the command ends with 1 when a step has failed.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        attempts = monitor.runs(execution_id)
        places = dict.fromkeys((one.project_code, one.process_load, one.processing_date) for one in attempts)
        steps = [
            step
            for project, process, on in places
            for step in monitor.get_status(project, process, on, execution_id, attempts="all" if all_attempts else None)
        ]
        if as_json:
            print_json({"attempts": attempts, "steps": steps})
        else:
            print_table(attempts, tables.ATTEMPTS, f"Run {execution_id}")
            tables.print_steps(steps, as_json=False, nothing="")
            tables.print_messages(steps)
    options.look(exit_code and any(step.status == "FAIL" for step in steps))


def failures(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    date: OnDate = None,
    since: FailedSince = None,
    until: FailedUntil = None,
    mandatory: Mandatory = False,
    where: options.Where = None,
    limit: FailedMost = "1000",
    exit_code: Look = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List what has failed, and why.

    The latest date comes first. A retry that is queued or done clears a failure.
    With --since, lists what failed from that time on, the latest first, and says what became of it if it was queued
    again.
    With --exit-code, the command ends with 1 when it lists any.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        on = options.day(date)
        rows: Sequence[tables.Failure]
        if since is not None:
            most = inputs.integer("--limit", limit, least=1)
            past = monitor.past_failures(
                project,
                process,
                on,
                since=when.moment("--since", since),
                until=None if until is None else when.moment("--until", until),
                mandatory=mandatory,
                where=where,
                limit=most,
            )
            nothing = "Nothing failed in that time."
            print_rows(past, past_tables.PAST_FAILURES, as_json=as_json, title="Failures", nothing=nothing)
            warn_of_more(len(past), most)
            rows = past
        elif until is not None:
            raise InvalidInput("--until needs --since, such as --since 7d. Give both.")
        else:
            rows = monitor.failures(project, process, on, mandatory=mandatory, where=where)
            print_rows(rows, tables.FAILURES, as_json=as_json, title="Failures", nothing="There are no failures.")
        if not as_json:
            tables.print_messages(rows)
    options.look(exit_code and bool(rows))


def watermarks(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List how far each source was read.

    Includes flags, and SYSDT: the date that a process works on.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        rows = monitor.watermarks(project, process)
        nothing = "No parameters are registered."
        print_rows(rows, tables.WATERMARKS, as_json=as_json, title="Watermarks", nothing=nothing)
