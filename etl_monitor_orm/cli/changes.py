"""Commands that bring steps back to work: `reset`, `stale`."""

from __future__ import annotations

from typing import Annotated

import typer

from etl_monitor_orm.cli import layouts, options, queries
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

ResetDate = Annotated[
    str | None,
    typer.Option("--date", metavar="YYYY-MM-DD", help="This date; else the run's own, else the one it works on."),
]
InRun = Annotated[str | None, typer.Option("--run", metavar="EXECUTION_ID", help="Only this run.")]
Workflow = Annotated[int | None, typer.Option("--workflow", metavar="ID", help="Only this pass.")]
Sequence = Annotated[int | None, typer.Option("--sequence", metavar="ID", help="Only this stage.")]
Task = Annotated[int | None, typer.Option("--task", metavar="ID", help="Only this task.")]
Replay = Annotated[bool, typer.Option("--replay", help="Queue DONE steps again too.")]
Remark = Annotated[str | None, typer.Option("--remark", metavar="TEXT", help="Message of the new attempts.")]
OlderThan = Annotated[float, typer.Option("--older-than", metavar="MINUTES", help="Minutes without a sign of life.")]
Fail = Annotated[bool, typer.Option("--fail", help="Fail them, with LogCode STALE, so that a reset can follow.")]


def reset(
    project: Project,
    process: Process,
    date: ResetDate = None,
    run: InRun = None,
    workflow: Workflow = None,
    sequence: Sequence = None,
    task: Task = None,
    replay: Replay = False,
    remark: Remark = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Queue failed steps again.

    Lists the new attempts. The failed ones stay as they were.
    """
    with opened(url, schema, catalog) as monitor:
        with monitor.session() as session:
            queries.require_known(session, project, process)
        rows = monitor.status_reset(
            project, process, options.day(date), run, workflow, sequence, task, remark=remark, replay=replay
        )
        layouts.print_steps(rows, as_json=as_json, nothing="There is nothing to queue again.")


def stale(
    project: OnlyProject = None,
    process: OnlyProcess = None,
    older_than: OlderThan = 60,
    fail: Fail = False,
    exit_code: Look = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List running steps that have gone quiet.

    With --exit-code, such a step is something to look at.
    """
    with opened(url, schema, catalog) as monitor:
        with monitor.session() as session:
            queries.require_known(session, project, process)
        find = monitor.fail_stale if fail else monitor.stale_steps
        rows = find(older_than * 60, project, process)
        title = "Failed" if fail else "Gone quiet"
        nothing = "Every running step has given a sign of life."
        print_rows(rows, layouts.QUIET, as_json=as_json, title=title, nothing=nothing)
    options.look(exit_code and bool(rows))
