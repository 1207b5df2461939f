"""The command `etl-monitor`: its commands and its help."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from etl_monitor_orm.cli import changes, database, demonstration, journal, modes, reports
from etl_monitor_orm.cli.exits import ExitCode
from etl_monitor_orm.cli.explained import explained

app = typer.Typer(
    help="Show what ran, what failed, and how far each source was read; and reset what failed.",
    epilog="\b\nExit codes:\n" + "\n".join(f"{code.value:5}  {code.meaning}" for code in ExitCode),
    no_args_is_help=True,
    # Plain help reads the same in a terminal, a pipe and the documentation, and does not load Rich.
    rich_markup_mode=None,
    # A traceback with local variables could show a password.
    pretty_exceptions_enable=False,
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"etl-monitor {version('etl-monitor-orm')}")
        raise typer.Exit


@app.callback()
def etl_monitor(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the command itself; each command has its own."""


app.command()(reports.status)
app.command()(reports.failures)
app.command()(reports.watermarks)
app.add_typer(reports.run, name="run")
app.command()(changes.reset)
app.add_typer(modes.mode, name="mode")
app.command()(changes.stale)
app.command()(demonstration.demo)
app.add_typer(database.db, name="db")
app.add_typer(journal.journal, name="journal")
explained(app)
