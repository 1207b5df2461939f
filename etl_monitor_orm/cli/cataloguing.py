"""`etl-monitor catalogue …`: what should run, as a file beside the code that does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final

import typer

from etl_monitor_orm import CatalogueChange, InvalidInput
from etl_monitor_orm.cli import files
from etl_monitor_orm.cli.exits import code_for
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.lazily import group
from etl_monitor_orm.cli.options import (
    Catalog,
    Json,
    Look,
    OnlyProcess,
    OnlyProject,
    Schema,
    Url,
    confirmed,
    look,
    opened,
)
from etl_monitor_orm.cli.output import Column, print_json, print_table
from etl_monitor_orm.errors import REFUSALS
from etl_monitor_orm.printable import one_line

catalogue = group("Keep what should run in a file: write it, compare it, apply it.")

Into = Annotated[str, typer.Argument(metavar="FILE", help="The file to write; - is standard output.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="The catalogue file (YAML); - is standard input.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

_COLUMNS: Final = (
    Column[CatalogueChange]("", lambda one: one.change),
    Column[CatalogueChange]("Row", lambda one: f"{one.kind} {one.name}"),
    Column[CatalogueChange]("Column", lambda one: one.column),
    Column[CatalogueChange]("Before", lambda one: _value(one, one.before)),
    Column[CatalogueChange]("After", lambda one: _value(one, one.after)),
    Column[CatalogueChange]("Line", lambda one: one.line),
)


@catalogue.command()
def export(
    file: Into,
    project: OnlyProject = None,
    process: OnlyProcess = None,
    overwrite: Overwrite = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Write the catalogue into a file.

    It has processes with their tasks and parameters, your stages, projects and organisations. The values of parameters
    are not in it.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        text = monitor.export_catalogue(project, process)
        if as_json and file == files.STANDARD:
            print_json({"file": file, "text": text})
            return
        files.write_text(file, text, overwrite=overwrite)
        if as_json:
            print_json({"file": file})
        elif file != files.STANDARD:
            tell(f"The catalogue is in {file}.")


@catalogue.command()
def diff(
    file: File,
    exit_code: Look = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Show what a file would change; write nothing.

    With --exit-code, the command ends with 1 when the file would change anything.
    """
    with opened(url, schema, catalog, reads=True) as monitor, _words_of_the_file():
        changes = monitor.diff_catalogue(files.read_text(file), name=file)
        if as_json:
            print_json(changes)
        else:
            _show(changes)
    look(exit_code and bool(_written(changes)))


@catalogue.command()
def apply(
    file: File,
    yes: Yes = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Register what a file describes.

    Shows what would change, and asks. What is not in the file stays.
    """
    with opened(url, schema, catalog) as monitor, _words_of_the_file():
        if file == files.STANDARD and not yes:
            raise InvalidInput("FILE is standard input, so nobody can be asked. Add --yes.")
        text = files.read_text(file)
        changes = monitor.diff_catalogue(text, name=file)
        if not as_json:
            _show(changes)
        if planned := _written(changes):
            if not yes:
                confirmed(f"Write {_counted(planned)}?")
                if monitor.diff_catalogue(text, name=file) != changes:
                    raise InvalidInput(
                        "The catalogue changed since this plan was made; nothing was written. Run it again."
                    )
            changes = monitor.apply_catalogue(text, name=file)
        if as_json:
            print_json(changes)
        elif planned:
            tell(f"Written: {_counted(_written(changes))}.")


def _show(changes: Sequence[CatalogueChange]) -> None:
    if not _written(changes):
        tell("The catalogue is as the file says.")
    if changes:
        print_table(changes, _COLUMNS, "Plan")
    if len(changes) > len(_written(changes)):
        tell("What is kept is not in the file. To stop a task, list it with `is_active: false`.", err=True)


def _written(changes: Sequence[CatalogueChange]) -> list[CatalogueChange]:
    return [one for one in changes if one.change != "keep"]


def _value(change: CatalogueChange, value: object) -> object:
    """A value as the file writes it; nothing where a whole row is meant."""
    return "null" if value is None and change.column is not None else value


def _counted(changes: Sequence[CatalogueChange]) -> str:
    added = sum(one.change == "add" for one in changes)
    changed = len({(one.kind, one.name) for one in changes if one.change == "change"})
    words = [f"{number} {word}" for number, word in ((added, "new"), (changed, "changed")) if number] or ["no"]
    return f"{' and '.join(words)} row{'' if added + changed == 1 else 's'}"


@contextmanager
def _words_of_the_file() -> Iterator[None]:
    """End the command on a refusal, in the words of the file: its keys are no options."""
    try:
        yield
    except REFUSALS as error:
        typer.echo(f"Error: {one_line(str(error))}", err=True)
        raise typer.Exit(code_for(error)) from None
