"""`etl-monitor log`: append receipts."""

from __future__ import annotations

from typing import Annotated

import typer

from etl_monitor_orm import InvalidInput
from etl_monitor_orm.cli import levels, texts
from etl_monitor_orm.cli.addresses import Address, OfRun, OnDate
from etl_monitor_orm.cli.options import Catalog, Json, Schema, Url, opened
from etl_monitor_orm.cli.output import print_json

Messages = Annotated[
    list[str], typer.Argument(metavar="MESSAGE...", help="One receipt each; -: each line of standard input is one.")
]
OfProject = Annotated[
    str | None, typer.Option("--project", metavar="PROJECT", help="The project [default: ETL_MONITOR_PROJECT].")
]
OfProcess = Annotated[
    str | None, typer.Option("--process", metavar="PROCESS", help="The process [default: ETL_MONITOR_PROCESS].")
]
Level = Annotated[str, typer.Option("--level", metavar="LEVEL", help="debug, info, warn or error.")]
Operation = Annotated[str | None, typer.Option("--operation", metavar="TEXT", help="What was being done.")]
Pipeline = Annotated[str | None, typer.Option("--pipeline", metavar="TEXT", help="Pipeline, job or script.")]
Activity = Annotated[str | None, typer.Option("--activity", metavar="TEXT", help="Activity or task within it.")]
SourceType = Annotated[str | None, typer.Option("--source-type", metavar="TYPE", help="Kind of job that reports.")]
JobRun = Annotated[str | None, typer.Option("--run-id", metavar="ID", help="The job's own run id.")]
Correlation = Annotated[
    str | None, typer.Option("--correlation-id", metavar="ID", help="Ties records of several systems together.")
]
When = Annotated[str | None, typer.Option("--time", metavar="TIME", help="When it happened, in UTC [default: now].")]


def log(
    messages: Messages,
    project: OfProject = None,
    process: OfProcess = None,
    run: OfRun = None,
    date: OnDate = None,
    level: Level = "info",
    operation: Operation = None,
    pipeline: Pipeline = None,
    activity: Activity = None,
    source_type: SourceType = None,
    run_id: JobRun = None,
    correlation_id: Correlation = None,
    time: When = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Append receipts to ETLsysLogs."""
    with opened(url, schema, catalog) as monitor:
        words = None if project is None or process is None else [project, process]
        if words is None and (project or process):
            raise InvalidInput("--project and --process together name a process. Give both, or neither.")
        address = Address.read(words, run=run, on=date)
        lines = texts.read_input().splitlines() if messages == ["-"] else messages
        number = monitor.log(
            *(line for line in lines if line.strip()),
            project_code=address.project,
            process_load=address.process,
            processing_date=address.on,
            execution_id=address.execution_id,
            source_type=source_type,
            run_id=run_id,
            correlation_id=correlation_id,
            pipeline_name=pipeline,
            activity_name=activity,
            operation_name=operation,
            level=levels.read(level),
            log_time_utc=time,
        )
        if as_json:
            print_json({"appended": number})
        else:
            typer.echo(f"{number} receipt{'' if number == 1 else 's'}")
