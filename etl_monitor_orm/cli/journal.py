"""Commands for what waits while the monitor is away: `journal status`, `journal send`, `journal drop`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated, Final

import typer

from etl_monitor_orm import ETLMonitor, JournalLine, JournalStatus, inputs
from etl_monitor_orm.cli import options
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.options import Catalog, Json, Look, Schema, Url, reported
from etl_monitor_orm.cli.output import Column, print_json, print_rows

journal = typer.Typer(help="Show, send or drop the calls that wait for the database.", no_args_is_help=True)

At = Annotated[
    str | None,
    typer.Option("--journal", metavar="PATH", help="The journal [default: ETL_MONITOR_JOURNAL or the user's own]."),
]
Moved = Annotated[
    bool, typer.Option("--moved", help="The journal was moved here, and no copy of it is sent elsewhere.")
]
Lines = Annotated[list[int] | None, typer.Argument(metavar="[LINE]...", help="Only these lines.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

_COLUMNS: Final = (
    Column[JournalLine]("Line", lambda line: line.line),
    Column[JournalLine]("State", lambda line: line.state),
    Column[JournalLine]("Call", lambda line: line.call),
    Column[JournalLine]("About", lambda line: line.about),
    Column[JournalLine]("Made at (UTC)", lambda line: line.made_at),
    Column[JournalLine]("Reason", lambda line: line.reason),
)


@journal.command()
def status(
    exit_code: Look = False,
    at: At = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List the calls that are not in the monitor's tables.

    Does not ask the database. With --exit-code, the command ends with 1 when it lists any.
    """
    with _opened(url, schema, catalog, at) as monitor:
        found = monitor.journal.status()
        _print(found, as_json=as_json, nothing=f"Nothing waits in the journal {found.path}.")
    options.look(exit_code and bool(found.lines))


@journal.command()
def send(
    moved: Moved = False,
    exit_code: Look = False,
    at: At = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Send what waits, and list what is left.

    The next call of any monitor with this journal does the same. Calls that the monitor refuses stay in the journal.
    With --exit-code, the command ends with 1 when any are left.
    """
    with _opened(url, schema, catalog, at) as monitor:
        found = monitor.journal.send(moved=moved)
        _print(found, as_json=as_json, nothing=f"Everything in the journal {found.path} is sent.")
    options.look(exit_code and bool(found.lines))


@journal.command()
def drop(
    lines: Lines = None,
    yes: Yes = False,
    at: At = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Give up calls, and list what is left.

    Without a line: those that were refused or are damaged. What waits is given up only if its line is named.
    """
    with _opened(url, schema, catalog, at) as monitor:
        found = monitor.journal.status()
        wanted = [inputs.integer("LINE", line, least=1) for line in lines or ()]
        number = len(set(wanted)) if wanted else found.refused
        if number and not yes:
            calls = "1 call" if number == 1 else f"{number} calls"
            options.confirmed(f"Give up {calls} of the journal {found.path}? What is given up is recorded nowhere.")
        monitor.journal.drop(*wanted)
        left = monitor.journal.status()
        _print(left, as_json=as_json, nothing=f"Nothing is left in the journal {left.path}.")


@contextmanager
def _opened(url: str | None, schema: str | None, catalog: str | None, at: str | None) -> Iterator[ETLMonitor]:
    """Yield the monitor that the options name; the database need not be there."""
    with (
        reported(url, schema, catalog),
        closing(ETLMonitor(url, schema=schema, catalog=catalog, when_away="raise", journal=at)) as monitor,
    ):
        yield monitor


def _print(found: JournalStatus, *, as_json: bool, nothing: str) -> None:
    if as_json:
        print_json(
            {
                "path": str(found.path),
                "database": found.database,
                "waiting": found.waiting,
                "refused": found.refused,
                "lines": list(found.lines),
            }
        )
        return
    title = f"{found.waiting} waiting, {found.refused} refused in {found.path}"
    print_rows(found.lines, _COLUMNS, as_json=False, title=title, nothing=nothing)
    if found.refused:
        tell("What was refused is kept until it is given up: `etl-monitor journal drop`.", err=True)
