"""Commands that change steps: `reset`, `stale`."""

from __future__ import annotations

from datetime import date as Day
from typing import Annotated, Any

import typer
from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from etl_monitor_orm import ETLMonitor, NotFoundError, ProcessingStep, Task, inputs
from etl_monitor_orm.cli import options, tables
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.options import (
    Catalog,
    Json,
    Look,
    OnlyProcess,
    OnlyProject,
    Process,
    Project,
    Schema,
    Url,
    opened,
)
from etl_monitor_orm.cli.output import print_rows
from etl_monitor_orm.clocks import system_clock
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models.attempts import is_running
from etl_monitor_orm.models.selecting import of_process
from etl_monitor_orm.services.context import recent

ResetDate = Annotated[
    str | None,
    typer.Option("--date", metavar="YYYY-MM-DD", help="Processing date [default: the run's, or the current one]."),
]
InRun = Annotated[str | None, typer.Option("--run", metavar="EXECUTION_ID", help="Only this run.")]
Workflow = Annotated[int | None, typer.Option("--workflow", metavar="ID", help="Only this pass.")]
Sequence = Annotated[int | None, typer.Option("--sequence", metavar="ID", help="Only this stage.")]
OneTask = Annotated[int | None, typer.Option("--task", metavar="ID", help="Only this task.")]
Replay = Annotated[bool, typer.Option("--replay", help="Also queue DONE steps again.")]
Remark = Annotated[str | None, typer.Option("--remark", metavar="TEXT", help="Message of the new attempts.")]
OlderThan = Annotated[float, typer.Option("--older-than", metavar="MINUTES", help="Minutes without a sign of life.")]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="YYYY-MM-DD", help="Earliest processing date [default: 35 days ago]."),
]
Fail = Annotated[bool, typer.Option("--fail", help="Fail them with LogCode STALE, so that you can reset them.")]


def reset(
    project: Project,
    process: Process,
    date: ResetDate = None,
    run: InRun = None,
    workflow: Workflow = None,
    sequence: Sequence = None,
    task: OneTask = None,
    replay: Replay = False,
    remark: Remark = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Queue failed steps again.

    Lists the new attempts. The failed attempts stay as they were.
    """
    with opened(url, schema, catalog) as monitor:
        monitor.require_registered(project, process)
        on, named = options.day(date), ProcessKey(project, process)
        try:
            rows = monitor.status_reset(
                project,
                process,
                processing_date=on,
                execution_id=run,
                workflow_id=workflow,
                sequence_id=sequence,
                task_id=task,
                remark=remark,
                replay=replay,
            )
        except NotFoundError:
            _explain_nothing(monitor, named, on, run, workflow, sequence, task, names_only=True)
            raise
        if not rows:
            _explain_nothing(monitor, named, on, run, workflow, sequence, task)
        tables.print_steps(rows, as_json=as_json, nothing="There is nothing to reset.")


def stale(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    older_than: OlderThan = 60,
    since: Since = None,
    fail: Fail = False,
    exit_code: Look = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List running steps that give no sign of life.

    Looks at processing dates of the last 35 days. For older dates, use --since.
    With --exit-code, the command ends with 1 when it lists any.
    """
    with opened(url, schema, catalog, reads=not fail) as monitor:
        monitor.require_registered(project, process)
        find = monitor.fail_stale if fail else monitor.stale_steps
        first = options.day(since, "--since")
        rows = find(inputs.span("--older-than", older_than * 60), project, process, since=first)
        title = "Failed" if fail else "No sign of life"
        nothing = _nothing_stale(first)
        print_rows(rows, tables.QUIET, as_json=as_json, title=title, nothing=nothing)
    options.look(exit_code and bool(rows))


def _explain_nothing(
    monitor: ETLMonitor,
    process: ProcessKey,
    date: Day | None,
    run: str | None,
    workflow: int | None,
    sequence: int | None,
    task: int | None,
    *,
    names_only: bool = False,
) -> None:
    """After a reset of nothing, refuse a name that does not exist, and point to steps that are still running.

    Raises:
        NotFoundError: There is no such task, run, pass or stage.
    """
    steps, tasks = of_process(process, ProcessingStep), of_process(process, Task)
    asked: tuple[tuple[str, str | int | None, InstrumentedAttribute[Any], InstrumentedAttribute[Any] | None], ...] = (
        ("run with the ExecutionID", run, ProcessingStep.execution_id, None),
        ("task", task, ProcessingStep.task_id, Task.task_id),
        ("pass", workflow, ProcessingStep.workflow_id, Task.workflow_id),
        ("stage", sequence, ProcessingStep.sequence_id, Task.sequence_id),
    )
    within = [column == value for _, value, column, _ in asked if value is not None]
    if date is not None:
        within.append(ProcessingStep.processing_date == date)
    with monitor.session() as session:
        for what, value, column, registered in asked:
            if value is None:
                continue
            known = exists().where(*steps, column == value)
            if not session.scalar(
                select(known if registered is None else or_(known, exists().where(*tasks, registered == value)))
            ):
                raise NotFoundError(f"{process} has no {what} {value}. See `etl-monitor status --steps --json`.")
        if names_only:
            return
        running = select(func.min(ProcessingStep.processing_date)).where(*steps, *within, is_running())
        since = session.scalar(running)
        if since is not None:
            words = "A step in scope is still running. If its worker is gone: `etl-monitor stale --fail`."
            if since < recent(system_clock().date()):
                words += f" Its date is {since}, and that command looks further back only with --since {since}."
            tell(words, err=True)


def _nothing_stale(since: Day | None) -> str:
    """What was looked at, so that nobody takes the latest dates for all."""
    first = since or recent(system_clock().date())
    words = f"Every running step of {first} or later has given a sign of life."
    return words if since else f"{words} For older dates, add --since YYYY-MM-DD."
