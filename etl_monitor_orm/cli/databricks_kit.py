"""`etl-monitor databricks init`: a bundle for Databricks, for one catalog and schema, as files of the user's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from etl_monitor_orm import samples
from etl_monitor_orm.cli.lazily import group
from etl_monitor_orm.cli.options import Json, reported
from etl_monitor_orm.cli.output import print_json
from etl_monitor_orm.errors import ConfigurationError, InvalidInput
from etl_monitor_orm.printable import one_line, quoted
from etl_monitor_orm.schemas import DEFAULT_SCHEMA
from etl_monitor_orm.settings import variable

KIT: Final = "databricks"
DEFAULT_CATALOG: Final = "main"
"""The kit's own files say this catalog, and the schema `etl`."""

_NAMED: Final = ("databricks.yml", "grants.sql")
"""The files that name the catalog and the schema."""
_PLAIN: Final = re.compile(r"\w[\w-]{0,254}", re.ASCII)
"""A name that SQL, YAML and the settings of a bundle read alike, in the quotation marks of each."""

databricks = group("Set up the monitor on Databricks.")

Directory = Annotated[str, typer.Argument(metavar="DIR", help="The folder: a new one, or an empty one.")]
Catalog = Annotated[
    str | None,
    typer.Option("--catalog", metavar="NAME", help="Catalog of the tables [default: ETL_MONITOR_CATALOG or main]."),
]
Schema = Annotated[
    str | None,
    typer.Option("--schema", metavar="NAME", help="Schema of the tables [default: ETL_MONITOR_SCHEMA or etl]."),
]


@databricks.callback()
def _group() -> None:
    """Makes `init` a word of its own; without a callback, a group's only command would be the group."""


@databricks.command()
def init(directory: Directory, catalog: Catalog = None, schema: Schema = None, as_json: Json = False) -> None:
    """Write a bundle: a migration and a reporting job, alerts, a dashboard, grants.

    Deploy it with `databricks bundle deploy`. Nothing is written over.
    """
    with reported(None, None, None):
        names = {
            DEFAULT_CATALOG: _name("--catalog", catalog, "ETL_MONITOR_CATALOG", DEFAULT_CATALOG),
            DEFAULT_SCHEMA: _name("--schema", schema, "ETL_MONITOR_SCHEMA", DEFAULT_SCHEMA),
        }
        folder = _free(directory)
        written = write(folder, names)
    if as_json:
        print_json({"directory": str(folder), "written": [place.as_posix() for place in written]})
        return
    home = f"{names[DEFAULT_CATALOG]}.{names[DEFAULT_SCHEMA]}"
    typer.echo(f"{len(written)} files for {home} written to {one_line(str(folder))}. Next: read its README.md.")


def write(folder: Path, names: dict[str, str]) -> list[Path]:
    """Write the kit, with other names for its catalog and schema; return the files.

    Raises:
        ConfigurationError: The folder cannot be written to, or the package was installed without its samples.
    """
    written = samples.extract(KIT, folder).written
    for name in _NAMED:
        file = folder / name
        file.write_text(renamed(file.read_text("utf-8"), names), "utf-8")
    return list(written)


def renamed(text: str, names: dict[str, str]) -> str:
    """Return a text of the kit with other names: where they are quoted, in SQL or as the default of a variable."""
    every = "|".join(map(re.escape, names))
    return re.sub(rf'(?<=`)({every})(?=`)|(?<=default: ")({every})(?=")', lambda found: names[found[0]], text)


def _name(option: str, given: str | None, source: str, default: str) -> str:
    name = given if given is not None else variable(source) or default
    if not _PLAIN.fullmatch(name):
        said = option if given is not None else source
        raise InvalidInput(
            f"{said} {quoted(name)} cannot be used in the kit. Use letters, digits, _ and -, 255 characters at most."
        )
    return name


def _free(directory: str) -> Path:
    """Return the folder that is named, if it is new or empty.

    Raises:
        ConfigurationError: It cannot be read.
        InvalidInput: Something is there.
    """
    folder = samples.folder_for(directory)
    try:
        if not folder.exists() or not any(folder.iterdir()):
            return folder
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(f"{quoted(directory)} cannot be read: {reason}. Name another folder.") from error
    raise InvalidInput(f"{quoted(directory)} is not empty, and nothing is written over. Name a new folder.")
