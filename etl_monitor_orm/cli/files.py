"""Files that a command reads or writes; `-` is standard input or output."""

from __future__ import annotations

from pathlib import Path

import typer

from etl_monitor_orm import InvalidInput, inputs
from etl_monitor_orm.cli import texts
from etl_monitor_orm.printable import named
from etl_monitor_orm.whole_files import written_whole

STANDARD = "-"


def read_text(file: str) -> str:
    """Return what is in a text file.

    Raises:
        InvalidInput: It cannot be read, or is no text in UTF-8.
    """
    if file == STANDARD:
        return texts.read_input()
    try:
        return Path(file).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{named(file)} is no text in UTF-8: see its byte {error.start}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInput(f"{named(file)} cannot be read: {reason}.") from error


def write_text(file: str, text: str, *, overwrite: bool) -> None:
    """Write a text file as a whole, or leave what is there.

    Raises:
        InvalidInput: It exists, and is not to be replaced, or is a database.
        ConfigurationError: It cannot be written.
    """
    if file == STANDARD:
        typer.echo(text, nl=False)
        return
    with written_whole(inputs.path("FILE", file), overwrite=overwrite, how="--overwrite") as stream:
        stream.write(text.encode())
