"""`etl-monitor exec`: start a step, run a program, end the step as the program ended."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer

from etl_monitor_orm import EtlMonitorError, InvalidInput, ProcessNotFound, StepNotFound, StepNotQueued, inputs
from etl_monitor_orm.cli import completing, options, variables
from etl_monitor_orm.cli.executing import child, tracking
from etl_monitor_orm.cli.executing.outbox import Outbox
from etl_monitor_orm.cli.executing.signalling import Signals
from etl_monitor_orm.cli.executing.tracking import Tracking
from etl_monitor_orm.cli.executing.words import Spoken, warn
from etl_monitor_orm.cli.exits import code_for
from etl_monitor_orm.cli.hints import remember
from etl_monitor_orm.cli.options import Catalog, Process, Project, Schema, Url
from etl_monitor_orm.cli.plain import PlainCommand
from etl_monitor_orm.reporting.starting import Wish
from etl_monitor_orm.reporting.task_words import TaskWord

OneTask = Annotated[
    str, typer.Argument(metavar="TASK", help="ID, PASS.ID, or the task's name.", autocompletion=completing.task)
]
Command = Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="The program and its arguments.")]
Date = Annotated[
    str | None,
    typer.Option("--date", metavar="YYYY-MM-DD", help="Processing date [default: the run's, or the current one]."),
]
InRun = Annotated[
    str | None,
    typer.Option(
        "--run", metavar="EXECUTION_ID", help="This run, started if it is new [default: ETL_MONITOR_EXECUTION_ID]."
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="A new run of the steps that are not DONE on the date.")]
New = Annotated[bool, typer.Option("--new", help="A new run of all tasks.")]
Register = Annotated[bool, typer.Option("--register", help="Register the process and the task if they are unknown.")]
Takeover = Annotated[
    bool, typer.Option("--takeover", help="Start it although it is recorded as running: its worker is gone.")
]
WithTail = Annotated[bool, typer.Option("--tail", help="Keep the end of standard output for the message too.")]
Heartbeat = Annotated[str, typer.Option("--heartbeat", metavar="SECONDS", help="Time between signs of life; 0: none.")]

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command("exec", cls=PlainCommand)
def execute(
    project: Project,
    process: Process,
    task: OneTask,
    command: Command,
    date: Date = None,
    run: InRun = None,
    resume: Resume = False,
    new: New = False,
    register: Register = False,
    takeover: Takeover = False,
    tail: WithTail = False,
    heartbeat: Heartbeat = "60",
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
) -> None:
    """Run any program as a tracked task.

    Ends with the program's own exit status. Its step is DONE when that is 0, else FAIL, with the end of its standard
    error as the message. A step that is DONE already, or left out of its run, is skipped, with 0; one that failed is
    tried again.

    Without --run, --resume and --new, joins the date's latest unfinished run, or starts the run of the date, which
    others that start at the same time join. A monitor that is away costs a warning, not the program.
    """
    remember(url, schema, catalog)
    try:
        wish = Wish(
            project,
            process,
            TaskWord.read(task),
            options.day(date or variables.of_process(variables.DATE, project, process)),
            _run(run, project, process, resume=resume, new=new),
            resume=resume,
            new=new,
            register=register,
            takeover=takeover,
            heartbeat=_seconds(heartbeat) or None,
        )
        status = _tracked(wish, command, (url, schema, catalog), tails_stdout=tail)
    except EtlMonitorError as refusal:
        unknown = isinstance(refusal, ProcessNotFound | StepNotFound) and not isinstance(refusal, StepNotQueued)
        way = " With --register, exec registers it." if unknown and not register else ""
        warn(f"The command was not started. {refusal}{way}")
        raise typer.Exit(code_for(refusal)) from None
    raise typer.Exit(status)


def _seconds(text: str) -> float:
    try:
        return inputs.span("--heartbeat", float(text)).total_seconds()
    except ValueError:
        raise InvalidInput(f"--heartbeat is {text!a}; it must be a number of seconds, 0 or more.") from None


def _run(run: str | None, project: str, process: str, *, resume: bool, new: bool) -> str | None:
    """The run that is named by the option, or by the environment where no other way is asked for."""
    if (run is not None) + resume + new > 1:
        raise InvalidInput("--run, --resume and --new exclude each other. Give one of them, or none.")
    if run is not None or resume or new:
        return run
    return variables.of_process(variables.RUN, project, process)


def _tracked(
    wish: Wish, command: list[str], database: tuple[str | None, str | None, str | None], *, tails_stdout: bool
) -> int:
    """Do the work, unless it is DONE; return its exit status."""
    logging.getLogger("etl_monitor_orm").addHandler(Spoken(logging.WARNING))
    step = Tracking(wish, *database)
    with Signals() as signals:
        step.begin()
        if step.is_done or step.is_skipped:
            why = "is DONE already" if step.is_done else "is left out of its run"
            warn(f"Task {wish.task} of {wish.project}/{wish.process} {why}, so the command was skipped.")
            return 0
        sys.stdout.flush()
        outbox = Outbox()
        told = step.variables() | ({} if outbox.path is None else {variables.OUT: outbox.path})
        ended = child.run(command, tracking.environment(os.environ, told), signals, tails_stdout=tails_stdout)
        if not ended.was_started and not signals.received:
            warn(f"{command[0]} {ended.how}")
        names = ", ".join(dict.fromkeys(one.name for one in signals.received))
        step.end(ended, outbox.read(), f" after {names}" if names and ended.was_started else "")
        outbox.remove()
    return ended.status
