"""What commands share: the options that name a monitor, and the errors that end a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm import ETLMonitor, EtlMonitorError
from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.cli import completing, when
from etl_monitor_orm.cli.exits import ExitCode, code_for
from etl_monitor_orm.cli.hints import remember, said, tell
from etl_monitor_orm.session import reading_engine

Url = Annotated[
    str | None,
    typer.Option(
        "--url", metavar="URL", help="Database URL [default: ETL_MONITOR_URL or duckdb:///etl_monitor.duckdb]."
    ),
]
Schema = Annotated[
    str | None,
    typer.Option("--schema", metavar="NAME", help="Schema of the tables [default: ETL_MONITOR_SCHEMA or etl]."),
]
ViewsSchema = Annotated[
    str | None,
    typer.Option(
        "--views-schema",
        metavar="NAME",
        help="Schema of the views, if it is another one.",
    ),
]
Catalog = Annotated[
    str | None,
    typer.Option("--catalog", metavar="NAME", help="Catalog, on Databricks [default: ETL_MONITOR_CATALOG]."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Look = Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when something needs attention.")]

Project = Annotated[
    str, typer.Argument(metavar="PROJECT", help="The project's code.", autocompletion=completing.project)
]
Process = Annotated[
    str, typer.Argument(metavar="PROCESS", help="The process within the project.", autocompletion=completing.process)
]
OnlyProject = Annotated[
    str | None, typer.Argument(metavar="PROJECT", help="Only this project.", autocompletion=completing.project)
]
OnlyProcess = Annotated[
    str | None,
    typer.Argument(metavar="PROCESS", help="Only this process of the project.", autocompletion=completing.process),
]

OnDate = Annotated[str | None, typer.Option("--date", metavar="DATE", help="Only this processing date.")]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="From this processing date on.")]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="Up to this processing date, and 35 days back without --since."),
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="CONDITION",
        help="Only rows of which this is true: columns and values with OR, AND, NOT, IN, LIKE.",
    ),
]


def day(text: str | None, option: str = "--date") -> date | None:
    """Return the date that an option names, if it was given."""
    return None if text is None else when.day(option, text)


@contextmanager
def reported(url: str | None, schema: str | None, catalog: str | None) -> Iterator[None]:
    """On one of the monitor's errors or Ctrl-C, end the command with one line on stderr and an exit code.

    The options name the database; hints repeat them.
    """
    remember(url, schema, catalog)
    try:
        yield
    except EtlMonitorError as error:
        tell(f"Error: {error}", err=True)
        raise typer.Exit(code_for(error)) from None
    except KeyboardInterrupt:
        tell("Interrupted.", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None


@contextmanager
def opened(
    url: str | None,
    schema: str | None,
    catalog: str | None,
    *,
    views_schema: str | None = None,
    creates: bool = False,
    reads: bool = False,
) -> Iterator[ETLMonitor]:
    """Yield the monitor that the options name, then close it; errors end the command.

    Unless the command creates a database, one that does not exist is an error, and stays so.

    Args:
        url: The option `--url`.
        schema: The option `--schema`.
        catalog: The option `--catalog`.
        views_schema: The option `--views-schema`, where the command has it.
        creates: Whether the command may create the database.
        reads: Whether the command only reads, and opens a file read-only.
    """
    with ExitStack() as stack:
        stack.enter_context(reported(url, schema, catalog))
        if reads:
            engine = reading_engine(url, schema=schema, views_schema=views_schema, catalog=catalog)
            stack.callback(engine.dispose)
            monitor = ETLMonitor(engine, schema=schema, when_away="raise")  # sending a journal would write
        else:
            monitor = stack.enter_context(
                closing(ETLMonitor(url, schema=schema, views_schema=views_schema, catalog=catalog))
            )
        backend = backend_of(monitor.engine)
        if not creates and (reason := backend.nothing_to_read(monitor.engine)) is not None:
            raise reason
        try:
            yield monitor
        except DBAPIError as error:
            # A session raises the driver's errors unchanged.
            raise backend.explain(error, monitor.engine) from error


def confirmed(question: str) -> None:
    """Ask on stderr, and end the command unless the answer is yes.

    Raises:
        KeyboardInterrupt: The answer is Ctrl-C.
    """
    try:
        typer.confirm(said(question), abort=True, err=True)
    except typer.Abort as aborted:
        if isinstance(aborted.__context__, KeyboardInterrupt):
            typer.echo(err=True)  # ends the line of the question
            raise KeyboardInterrupt from None
        raise


def look(needed: bool) -> None:
    """Exit with the code for "something needs attention" if so."""
    if needed:
        raise typer.Exit(ExitCode.ATTENTION)
