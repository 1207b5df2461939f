"""`etl-monitor watermark …`: read a watermark, move it, or have it stay."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from etl_monitor_orm import InvalidInput, foreign
from etl_monitor_orm.cli import texts, variables
from etl_monitor_orm.cli.addresses import Address
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.lazily import group
from etl_monitor_orm.cli.options import Catalog, Json, Schema, Url, opened, reported
from etl_monitor_orm.cli.output import print_json
from etl_monitor_orm.services.watermarks import shown
from etl_monitor_orm.settings import variable

watermark = group("Read a watermark, move it, or have it stay.")

OneOf = Annotated[
    list[str],
    typer.Argument(
        metavar="[PROJECT PROCESS] NAME",
        help="The parameter [default of the process: ETL_MONITOR_PROJECT and _PROCESS].",
    ),
]
OneTo = Annotated[
    list[str],
    typer.Argument(
        metavar="[PROJECT PROCESS] NAME VALUE",
        help="The parameter and its new value: a time in UTC or a number; - is standard input.",
    ),
]
Rewind = Annotated[bool, typer.Option("--allow-rewind", help="The new value may be before the current one.")]


@watermark.command()
def get(words: OneOf, url: Url = None, schema: Schema = None, catalog: Catalog = None, as_json: Json = False) -> None:
    """Print a parameter's active value.

    Times are in UTC. Prints an empty line where nothing was read yet.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        address, (name,) = _read(words, 1)
        value = monitor.get_active_watermark(*address.process_key(), name)
        if as_json:
            print_json({"parameter_name": name, "value": value})
        else:
            typer.echo("" if value is None else shown(value))


@watermark.command()
def advance(
    words: OneTo,
    allow_rewind: Rewind = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Move a watermark by hand."""
    with opened(url, schema, catalog) as monitor:
        address, (name, value) = _read(words, 2)
        text = texts.said(value).strip()
        number = foreign.whole_number(text)
        monitor.advance_watermark(
            *address.process_key(),
            name,
            new_datetime_value=text if number is None else None,
            new_int_value=number,
            allow_rewind=allow_rewind,
        )
        if as_json:
            print_json({"parameter_name": name, "value": text if number is None else number})
        else:
            tell(f"{name} is at {text}.")


@watermark.command()
def hold(as_json: Json = False) -> None:
    """Have the watermark of this program's task stay where it is, when `exec` ends it as DONE.

    For a load that found nothing. Elsewhere, use `task end --hold`.
    """
    with reported(None, None, None):
        # To stay is a word about a step that runs, and only who ends the step can keep it.
        path = variable(variables.OUT)
        if path is None:
            raise InvalidInput(
                "No step is at work here: ETL_MONITOR_OUT is not set. Run the program by `etl-monitor exec`, or end "
                "its step with `etl-monitor task end --hold`."
            )
        try:
            with open(path, "a", encoding="utf-8") as out:
                out.write("hold\n")
        except OSError as trouble:
            raise InvalidInput(f"ETL_MONITOR_OUT cannot be written: {os.strerror(trouble.errno or 0)}.") from trouble
        if as_json:
            print_json({"hold": True})


def _read(words: list[str], own: int) -> tuple[Address, tuple[str, ...]]:
    """Read the process and the words after it.

    Raises:
        InvalidInput: There are too few words, or too many.
    """
    address = Address.read(words, own=own)
    if len(address.rest) != own:
        raise InvalidInput(f"{len(words)} words are too many or too few here. See --help for what they mean.")
    return address, address.rest
