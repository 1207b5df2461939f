"""`etl-monitor watch`: tells people what is late, what failed, and when that is over."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from etl_monitor_orm import EtlMonitorError, inputs, terminate_as_exit
from etl_monitor_orm.cli import options
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.options import Catalog, Schema, Url, opened
from etl_monitor_orm.printable import harmless

if TYPE_CHECKING:
    from etl_monitor_orm.notify.messages import Message
    from etl_monitor_orm.notify.watching import Pass

RulesFile = Annotated[str, typer.Argument(metavar="RULES", help="YAML file: the targets, and who is told of what.")]
Interval = Annotated[str, typer.Option("--interval", metavar="SECONDS", help="Time between two passes.")]
Once = Annotated[bool, typer.Option("--once", help="Make one pass and exit, for cron.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Make one pass; print the messages and send none.")]
Timeout = Annotated[str, typer.Option("--timeout", metavar="SECONDS", help="Time that a target has for a message.")]


def watch(
    rules: RulesFile,
    interval: Interval = "60",
    once: Once = False,
    dry_run: DryRun = False,
    timeout: Timeout = "30",
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
) -> None:
    """Tell people what is late, what failed, and when that is over.

    Each pass evaluates all deadlines and sends one message an owner and process, by the rules of a file. It needs the
    extra `notify`. Several watchers send each message once. A message that is not taken is sent again in the next pass.
    With --once, the command ends with 1 when a message was not taken.
    """
    with ExitStack() as stack:
        monitor = stack.enter_context(opened(url, schema, catalog))
        stack.enter_context(terminate_as_exit())
        pause = inputs.integer("--interval", interval, least=1, most=86_400)
        patience = inputs.integer("--timeout", timeout, least=1, most=300)
        from etl_monitor_orm.notify import watch_by
        from etl_monitor_orm.notify.watching import watch as keep_watching

        watcher = watch_by(monitor, rules, patience)
        for remark in watcher.remarks():
            tell(f"Remark: {remark}", err=True)
        if dry_run:
            found = watcher.preview()
            for one in found.sent:
                _show(one)
            if not found.sent:
                tell("There is nothing to tell.")
            return
        if not once:
            keep_watching(watcher.once, lambda: time.sleep(pause), _report, _complain)
        result = watcher.once()
        _report(result)
        if not result.sent and not result.failed:
            tell("There is nothing to tell.")
    options.look(bool(result.failed))


def _show(message: Message) -> None:
    typer.echo(harmless(f"To {message.target}: {message.title}\n\n{message.body}\n"))


def _report(result: Pass) -> None:
    for line in result.told:
        typer.echo(line)
    for line in result.not_told:
        typer.echo(line, err=True)


def _complain(error: EtlMonitorError) -> None:
    tell(f"Error: {error} The next pass tries again.", err=True)
