"""What commands share: the options that name a monitor, and the errors that end a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm import ETLMonitor, EtlMonitorError, inputs
from etl_monitor_orm.backends import backend_for
from etl_monitor_orm.cli.exits import ExitCode, code_for

Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="The database; else ETL_MONITOR_URL, else duckdb:///etl_monitor.duckdb."),
]
Schema = Annotated[
    str | None,
    typer.Option("--schema", metavar="NAME", help="Schema of the tables; else ETL_MONITOR_SCHEMA, else etl."),
]
Catalog = Annotated[
    str | None,
    typer.Option("--catalog", metavar="NAME", help="Catalog, where there are any; else ETL_MONITOR_CATALOG."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Look = Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when there is something to look at.")]

Project = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's code.")]
Process = Annotated[str, typer.Argument(metavar="PROCESS", help="The process within the project.")]
OnlyProject = Annotated[str | None, typer.Argument(metavar="PROJECT", help="Only this project.")]
OnlyProcess = Annotated[str | None, typer.Argument(metavar="PROCESS", help="Only this process of it.")]

OnDate = Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Only this processing date.")]
Workflow = Annotated[int | None, typer.Option("--workflow", metavar="ID", help="Only this pass.")]
Sequence = Annotated[int | None, typer.Option("--sequence", metavar="ID", help="Only this stage.")]
Task = Annotated[int | None, typer.Option("--task", metavar="ID", help="Only this task.")]


def day(text: str | None) -> date | None:
    """Return the date that `--date` names, if it was given."""
    return None if text is None else inputs.day("--date", text)


@contextmanager
def reported() -> Iterator[None]:
    """End the command with one line on stderr and an exit code when an error of ours, or the keyboard, ends it."""
    try:
        yield
    except EtlMonitorError as error:
        typer.echo("Error: " + " ".join(str(error).split()), err=True)
        raise typer.Exit(code_for(error)) from None
    except KeyboardInterrupt:
        typer.echo("Interrupted.", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None


@contextmanager
def opened(url: str | None, schema: str | None, catalog: str | None) -> Iterator[ETLMonitor]:
    """Yield the monitor that the options name, and close it; errors end the command."""
    with reported(), closing(ETLMonitor(url, schema=schema, catalog=catalog)) as monitor:
        try:
            yield monitor
        except DBAPIError as error:
            # A session hands out the driver's errors as they are.
            raise backend_for(monitor.engine.dialect.name).explain(error, monitor.engine) from error


def look(needed: bool) -> None:
    """Leave with the code for "something to look at" when it is so."""
    if needed:
        raise typer.Exit(ExitCode.ATTENTION)
