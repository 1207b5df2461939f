"""Files that are written as a whole: what was there stays until the new one is complete."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from etl_monitor_orm.errors import ConfigurationError, InvalidInput
from etl_monitor_orm.printable import named, one_line

_DUCKDB: Final = b"DUCK"
"""What a DuckDB file has from its ninth byte on."""


@contextmanager
def written_whole(file: str | os.PathLike[str], *, overwrite: bool, how: str) -> Iterator[IO[bytes]]:
    """Open a new file beside its place; it gets there when the block ends well.

    Args:
        file: Where it goes.
        overwrite: Whether it may replace a file.
        how: How a caller allows that, for the message.

    Raises:
        InvalidInput: There is a file that it may not replace. A DuckDB database is never replaced.
        ConfigurationError: It cannot be written.
    """
    place, new = Path(file), None
    try:
        if place.exists():
            if not place.is_file():
                raise InvalidInput(f"{named(place)} is no regular file. Name another file.")
            if _is_database(place):
                raise InvalidInput(f"{named(place)} is a DuckDB database, and nothing replaces it. Name another file.")
            if not overwrite:
                raise InvalidInput(f"{named(place)} exists. Name another file, or replace it with {how}.")
        number, new = tempfile.mkstemp(dir=place.resolve().parent, prefix=".etl-monitor-")
        with os.fdopen(number, "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(new).chmod(_mode(place))
        Path(new).replace(place.resolve())
        new = None
    except OSError as error:
        reason = error.strerror or one_line(str(error))
        raise ConfigurationError(f"{named(place)} cannot be written: {reason}. Name another file.") from error
    finally:
        if new is not None:
            with suppress(OSError):
                Path(new).unlink()


def _is_database(place: Path) -> bool:
    try:
        with place.open("rb") as there:
            return there.read(12)[8:] == _DUCKDB
    except OSError:
        return False


def _mode(place: Path) -> int:
    """The permissions of the file that is replaced, or those of a new one."""
    with suppress(OSError):
        return place.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
