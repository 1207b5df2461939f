"""The command `etl-monitor`: its commands and its help."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from etl_monitor_orm.cli.exits import ExitCode
from etl_monitor_orm.cli.lazily import Lazily
from etl_monitor_orm.cli.plain import taken_as_they_are

COMMANDS: Final = {
    name: f"etl_monitor_orm.cli.{home}"
    for name, home in {
        "status": "reports:status",
        "failures": "reports:failures",
        "watermarks": "reports:watermarks",
        "processes": "listing:processes",
        "runs": "listing:runs",
        "tasks": "listing:tasks",
        "logs": "listing:logs",
        "history": "past:history",
        "durations": "past:durations",
        "why": "explaining:why",
        "overdue": "deadlines:overdue",
        "usual": "baselines:usual",
        "baselines": "baselines:baselines",
        "report": "reporting:report",
        "watch": "watching:watch",
        "exec": "executing.command:app",
        "run": "runs:run",
        "task": "steps:task",
        "log": "receipts:log",
        "watermark": "marks:watermark",
        "register": "registering:register",
        "catalogue": "cataloguing:catalogue",
        "reset": "changes:reset",
        "stale": "changes:stale",
        "mode": "modes:mode",
        "sql": "queries:sql",
        "shell": "interactive:shell",
        "demo": "demonstration:demo",
        "samples": "sampling:samples",
        "db": "database:db",
        "adopt": "adopting:adopt",
        "doctor": "examining:doctor",
        "purge": "purging:purge",
        "export": "moving:export",
        "import": "moving:import_",
        "databricks": "databricks_kit:databricks",
        "journal": "journal:journal",
        "serve": "serving:serve",
        "token": "tokens:token",
    }.items()
}
"""Each command, and where it is: `module:attribute` of its function, or of its group of commands."""


class _Commands(TyperGroup):
    def __init__(self, **attributes: object) -> None:
        super().__init__(**{**attributes, "commands": None})  # type: ignore[arg-type]
        self.commands = Lazily(COMMANDS)  # type: ignore[assignment]

    def get_params(self, ctx: Any) -> list[Any]:
        return taken_as_they_are(super().get_params(ctx))


app = typer.Typer(
    cls=_Commands,
    help="Show what ran, what failed, and how far each source was read; track any program; reset what failed.",
    epilog="\b\nExit codes:\n" + "\n".join(f"{code.value:5}  {code.meaning}" for code in ExitCode),
    no_args_is_help=True,
    # Plain help reads the same in a terminal, a pipe and the documentation, and does not load Rich.
    rich_markup_mode=None,
    # A traceback with local variables could show a password.
    pretty_exceptions_enable=False,
)


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"etl-monitor {version('etl-monitor-orm')}")
        raise typer.Exit


@app.callback()
def etl_monitor(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the command itself; each command has its own."""
