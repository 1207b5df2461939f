"""`etl-monitor run …`: start a run, and see what it is about to do."""

from __future__ import annotations

from typing import Annotated

import typer

from etl_monitor_orm import InvalidInput
from etl_monitor_orm.cli import options, tables
from etl_monitor_orm.cli.addresses import Address, OfProcess, OfRun, OnDate
from etl_monitor_orm.cli.lazily import group
from etl_monitor_orm.cli.options import Catalog, Json, OnlyProcess, OnlyProject, Schema, Url, opened
from etl_monitor_orm.cli.output import print_json, print_rows
from etl_monitor_orm.cli.reports import show

run = group("Start a run, and show runs and their steps.")

NewId = Annotated[
    str | None, typer.Option("--run", metavar="EXECUTION_ID", help="Your own id of the run [default: a new UUID].")
]
RunDate = Annotated[
    str | None,
    typer.Option(
        "--date", metavar="YYYY-MM-DD", help="Processing date [default: ETL_MONITOR_DATE, or the current one]."
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Only the steps that are not DONE on the date.")]
OnlyDue = Annotated[bool, typer.Option("--only-due", help="Leave out W, M and Y tasks that are done in their period.")]
Join = Annotated[
    bool, typer.Option("--join", help="The date's latest unfinished run, else the run that all who join meet.")
]
IfRunning = Annotated[
    str,
    typer.Option("--if-running", metavar="WHAT", help="With --resume, of steps that run: raise, skip or queue."),
]
RunsDate = Annotated[
    str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="This date; else each process's latest.")
]


@run.command()
def start(
    words: OfProcess = None,
    date: RunDate = None,
    execution_id: NewId = None,
    resume: Resume = False,
    only_due: OnlyDue = False,
    if_running: IfRunning = "raise",
    join: Join = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Queue a step for each active task, and print the run's id.

    A run of the same id and date is returned as it is.
    """
    with opened(url, schema, catalog) as monitor:
        address = Address.read(words, on=date)
        process = address.process_key()
        if not join:
            started = monitor.start_run(
                *process,
                address.on,
                execution_id=execution_id,
                resume=resume,
                only_due=only_due,
                if_running=if_running,  # type: ignore[arg-type] # the call reads it
            )
        elif execution_id is not None or resume or only_due:
            raise InvalidInput("--join takes the run that is there. Leave out --run, --resume and --only-due.")
        else:
            started = monitor.join_run(*process, address.on)
        if as_json:
            print_json(
                {
                    "execution_id": started.execution_id,
                    "project_code": started.project_code,
                    "process_load": started.process_load,
                    "processing_date": started.processing_date,
                }
            )
        else:
            typer.echo(started.execution_id)


@run.command()
def pending(
    words: OfProcess = None,
    execution_id: OfRun = None,
    date: OnDate = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List a run's steps that are not DONE."""
    with opened(url, schema, catalog, reads=True) as monitor:
        steps = Address.read(words, run=execution_id, on=date).run(monitor).pending()
        print_rows(steps, tables.PENDING, as_json=as_json, title="Pending", nothing="Nothing is pending.")


@run.command()
def ready(
    words: OfProcess = None,
    execution_id: OfRun = None,
    date: OnDate = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List a run's steps that may start now.

    None while a mandatory failure blocks, and while the rest of their stage is running.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        steps = Address.read(words, run=execution_id, on=date).run(monitor).ready()
        print_rows(steps, tables.PENDING, as_json=as_json, title="Ready", nothing="Nothing may start now.")


@run.command("list")
def list_(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    date: RunsDate = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List the runs of a date, attempt by attempt."""
    with opened(url, schema, catalog, reads=True) as monitor:
        rows = monitor.list_runs(project, process, options.day(date))
        print_rows(rows, tables.RUNS, as_json=as_json, title="Runs", nothing="Nothing ran on that date.")


run.command()(show)
