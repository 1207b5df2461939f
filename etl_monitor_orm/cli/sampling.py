"""`etl-monitor samples`: the samples that travel in the package, as files of your own."""

from __future__ import annotations

from typing import Annotated

import typer

from etl_monitor_orm import samples as packed
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.options import Json, reported
from etl_monitor_orm.cli.output import print_json

Directory = Annotated[str, typer.Argument(metavar="DIR", help="The folder; it is made if it is not there.")]
Only = Annotated[
    str | None,
    typer.Option("--only", metavar="KIND", help="Only these, right into the folder: notebooks, or a folder's name."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that differ from this version's.")]


def samples(directory: Directory, only: Only = None, overwrite: Overwrite = False, as_json: Json = False) -> None:
    """Write the notebooks and samples of this version into a folder.

    Files that are there and differ, such as those that you changed, are kept.
    """
    with reported(None, None, None):
        done = packed.extract(only, directory, overwrite=overwrite)
    if as_json:
        print_json(
            {
                "directory": str(done.directory),
                "written": [place.as_posix() for place in done.written],
                "unchanged": [place.as_posix() for place in done.unchanged],
                "kept": [place.as_posix() for place in done.kept],
            }
        )
        return
    typer.echo(str(done))
    if done.kept:
        tell("Pass --overwrite to replace what was kept.", err=True)
