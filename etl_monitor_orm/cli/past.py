"""`history` and `durations`: the attempts of a task over days, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from etl_monitor_orm import ETLMonitor, InvalidInput, inputs
from etl_monitor_orm.cli import completing, options, past_tables, tables
from etl_monitor_orm.cli.addresses import Address
from etl_monitor_orm.cli.hints import tell, warn_of_more
from etl_monitor_orm.cli.listing import show_tasks
from etl_monitor_orm.cli.options import Catalog, Json, Schema, Until, Url, opened
from etl_monitor_orm.cli.output import print_rows, print_table
from etl_monitor_orm.printable import duration
from etl_monitor_orm.reporting.task_words import TaskWord

if TYPE_CHECKING:
    from etl_monitor_orm import Duration

OneTask = Annotated[
    list[str],
    typer.Argument(
        metavar="[PROJECT PROCESS] TASK",
        help="TASK is ID, PASS.ID or the task's name [default of the process: ETL_MONITOR_PROJECT and _PROCESS].",
        autocompletion=completing.words,
    ),
]
AnyOf = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PROJECT] [PROCESS] [TASK]",
        help="Only this project, process or task; TASK is ID, PASS.ID or the task's name.",
        show_default=False,
        autocompletion=completing.words,
    ),
]
Most = Annotated[str, typer.Option("--limit", metavar="NUMBER", help="Rows at most, the latest ones.")]
TenDays = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="From this processing date on [default: 9 days ago].")
]
MonthBack = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="From this processing date on [default: 35 days ago].")
]


def history(
    words: OneTask,
    since: MonthBack = None,
    until: Until = None,
    limit: Most = "100",
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List a task's attempts over days, and their messages.

    The latest date comes first.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        address = Address.read(words, own=1)
        if len(address.rest) != 1:
            raise InvalidInput(f"{len(words)} words are too many or too few here. See --help for what they mean.")
        project, process = address.process_key()
        task = TaskWord.read(address.rest[0])
        most = inputs.integer("--limit", limit, least=1)
        rows = monitor.history(
            project,
            process,
            task.task,
            task.workflow_id,
            since=options.day(since, "--since"),
            until=options.day(until, "--until"),
            limit=most,
        )
        if as_json:
            show_tasks(rows, as_json=True, nothing="")
        elif not rows:
            tell(_nothing(monitor, project, process))
        else:
            print_table(rows, past_tables.HISTORY, f"{project} {process}")
            tables.print_messages(rows)
        warn_of_more(len(rows), most)


def durations(
    words: AnyOf = None,
    since: TenDays = None,
    until: Until = None,
    limit: Most = "1000",
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """List how long processes or a task took, date by date.

    The latest date comes first. A task's time is that of its current attempt; a process's time is from the first start
    to the last end of such attempts, so a first try that failed is not in it.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        given = words or []
        if len(given) > 3:
            raise InvalidInput(f"{len(given)} words are too many here. See --help for what they mean.")
        project, process, word = (*given, None, None, None)[:3]
        task = None if word is None else TaskWord.read(word)
        most = inputs.integer("--limit", limit, least=1)
        rows = monitor.durations(
            project,
            process,
            None if task is None else task.task,
            None if task is None else task.workflow_id,
            since=options.day(since, "--since"),
            until=options.day(until, "--until"),
            limit=most,
        )
        nothing = "" if rows else _nothing(monitor, project, process)
        said = {"Task": word is None, "Process": process is not None}
        columns = [one for one in past_tables.DURATIONS if not said.get(one.title)]
        title = " ".join(["Durations", *given[:2]])
        print_rows(rows, columns, as_json=as_json, title=title, nothing=nothing)
        if not as_json:
            _sum_up(rows)
        warn_of_more(len(rows), most)


def _sum_up(rows: Sequence[Duration]) -> None:
    """Print the middle and the ends of what has ended, if it is all of one process or task."""
    ended = [row for row in rows if row.end_time is not None and row.duration_seconds is not None]
    of = {(row.project_code, row.process_load, row.workflow_id, row.task_id) for row in rows}
    if len(of) != 1 or len(ended) < 2:
        return
    seconds = [row.duration_seconds or 0 for row in ended]
    longest = ended[seconds.index(max(seconds))].processing_date
    shown = [duration(int(one)) for one in (median(seconds), min(seconds), max(seconds))]
    tell(f"{len(ended)} that ended: median {shown[0]}, shortest {shown[1]}, longest {shown[2]} on {longest}.")


def _nothing(monitor: ETLMonitor, project: str | None, process: str | None) -> str:
    latest = monitor.latest_date(project, process)
    if latest is None:
        return "Nothing has run yet."
    return f"Nothing ran on these dates. The latest date with a run is {latest}: add --since {latest}."
