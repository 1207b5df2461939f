"""`etl-monitor mode …`: what a process reads next."""

from __future__ import annotations

from typing import Annotated

import typer

from etl_monitor_orm import ModeChange, inputs
from etl_monitor_orm.cli import tables
from etl_monitor_orm.cli.lazily import group
from etl_monitor_orm.cli.options import Catalog, Json, Process, Project, Schema, Url, opened
from etl_monitor_orm.cli.output import print_rows

mode = group("Set what a process reads next.")

HistoricDate = Annotated[str, typer.Argument(metavar="YYYY-MM-DD", help="The date to work on.")]
OneWatermark = Annotated[str | None, typer.Option("--parameter", metavar="NAME", help="Only this watermark.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The parameter's name.")]
ValueInt = Annotated[int | None, typer.Option("--value-int", metavar="NUMBER", help="New value of a DELTA_ID.")]
ValueDateTime = Annotated[
    str | None, typer.Option("--value-datetime", metavar="TIME", help="New value of a DELTA_DATE or of SYSDT, in UTC.")
]
ValueBit = Annotated[bool | None, typer.Option("--value-bit/--no-value-bit", help="New value of a FLAG.")]


@mode.command()
def bulk(
    project: Project,
    process: Process,
    parameter: OneWatermark = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Read all data again.

    Resets the watermarks to their beginning. The values before are printed, and kept in ETLsysLogs.
    """
    with opened(url, schema, catalog) as monitor:
        _print(monitor.set_processing_mode(project, process, is_bulk_mode=True, parameter_name=parameter), as_json)


@mode.command()
def historic(
    project: Project,
    process: Process,
    date: HistoricDate,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Work on a past date.

    DELTA_DATE watermarks do not move until the process is live again.
    """
    with opened(url, schema, catalog) as monitor:
        _print(monitor.set_processing_mode(project, process, is_historic_mode=True, historic_date=date), as_json)


@mode.command()
def live(
    project: Project,
    process: Process,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Work on today's date again."""
    with opened(url, schema, catalog) as monitor:
        _print(monitor.set_processing_mode(project, process), as_json)


@mode.command()
def parameter(
    project: Project,
    process: Process,
    name: Name,
    value_int: ValueInt = None,
    value_datetime: ValueDateTime = None,
    value_bit: ValueBit = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Set one parameter, and nothing else.

    The new value may be earlier than the current one.
    """
    with opened(url, schema, catalog) as monitor:
        changes = monitor.set_processing_mode(
            project,
            process,
            parameter_name=name,
            value_datetime=inputs.optional_moment("--value-datetime", value_datetime),
            value_int=value_int,
            value_bit=value_bit,
        )
        _print(changes, as_json)


def _print(changes: list[ModeChange], as_json: bool) -> None:
    nothing = "Nothing to change."
    print_rows(changes, tables.CHANGES, as_json=as_json, title="Parameters", nothing=nothing)
