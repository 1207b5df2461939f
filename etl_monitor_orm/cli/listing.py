"""Commands that list what ran: `runs`, `processes`, `tasks`, `logs`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, cast

import typer

from etl_monitor_orm import inputs
from etl_monitor_orm.cli import levels, options, tables, when
from etl_monitor_orm.cli.hints import warn_of_more
from etl_monitor_orm.cli.options import (
    Catalog,
    Json,
    OnlyProcess,
    OnlyProject,
    Schema,
    Since,
    Until,
    Url,
    Where,
    opened,
)
from etl_monitor_orm.cli.output import plain, print_json, print_rows

if TYPE_CHECKING:
    from etl_monitor_orm import TaskDetail

OfDate = Annotated[
    str | None, typer.Option("--date", metavar="DATE", help="This processing date; else each process's latest.")
]
EveryAttempt = Annotated[bool, typer.Option("--all-attempts", help="List earlier attempts too.")]
MostTasks = Annotated[str, typer.Option("--limit", metavar="NUMBER", help="Tasks at most.")]
MostLogs = Annotated[str, typer.Option("--limit", metavar="NUMBER", help="Receipts at most, the latest ones.")]
OfRun = Annotated[str | None, typer.Option("--run", metavar="EXECUTION_ID", help="Only of this run.")]
SinceTime = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="From this time on, or so long ago: 24h [default: 35d].")
]
UntilTime = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before this time.")]
Level = Annotated[str, typer.Option("--level", metavar="LEVEL", help="The least severe: debug, info, warn or error.")]


def runs(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    date: OfDate = None,
    since: Since = None,
    until: Until = None,
    where: Where = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List runs, attempt by attempt.

    Of several dates the latest comes first. While a run has a step that runs, it shows the time since its start.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        first, last = options.day(since, "--since"), options.day(until, "--until")
        rows = monitor.list_runs(project, process, options.day(date), since=first, until=last, where=where)
        print_rows(rows, tables.RUNS, as_json=as_json, title="Runs", nothing="There are no such runs.")


def processes(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    date: OfDate = None,
    since: Since = None,
    until: Until = None,
    where: Where = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List how processes stand, date by date.

    Of several dates the latest comes first.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        first, last = options.day(since, "--since"), options.day(until, "--until")
        rows = monitor.processes(project, process, options.day(date), since=first, until=last, where=where)
        nothing = "No such process ran on these dates."
        print_rows(rows, tables.PROCESSES, as_json=as_json, title="Processes", nothing=nothing)


def tasks(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    date: OfDate = None,
    since: Since = None,
    until: Until = None,
    where: Where = None,
    all_attempts: EveryAttempt = False,
    limit: MostTasks = "1000",
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List how tasks ran.

    Of several dates the latest comes first. A task that runs shows the time since its start.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        most = inputs.integer("--limit", limit, least=1)
        found = monitor.list_tasks(
            project,
            process,
            options.day(date),
            since=options.day(since, "--since"),
            until=options.day(until, "--until"),
            where=where,
            every_attempt=all_attempts,
            limit=most,
        )
        show_tasks(found, as_json=as_json, nothing="There are no such tasks.")
        warn_of_more(len(found), most)


def logs(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    date: options.OnDate = None,
    run: OfRun = None,
    since: SinceTime = None,
    until: UntilTime = None,
    level: Level = "debug",
    where: Where = None,
    limit: MostLogs = "100",
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List receipts and log records.

    The latest ones, oldest first.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        most = inputs.integer("--limit", limit, least=1)
        found = monitor.list_logs(
            project,
            process,
            options.day(date),
            run,
            since=None if since is None else when.moment("--since", since),
            until=None if until is None else when.moment("--until", until),
            level=levels.read(level),
            where=where,
            limit=most,
        )
        print_rows(found, tables.LOGS, as_json=as_json, title="Logs", nothing="There are no such receipts.")
        warn_of_more(len(found), most)


def show_tasks(rows: Sequence[TaskDetail], *, as_json: bool, nothing: str) -> None:
    """Print steps, in JSON with the time of those that run."""
    if as_json:
        print_json([{**cast(dict[str, object], plain(row)), "elapsed_seconds": row.elapsed_seconds} for row in rows])
    else:
        tables.print_steps(rows, as_json=False, nothing=nothing)
