"""The format of the journal: a first line that says what it is, then one line a call, each a checksum and JSON."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from etl_monitor_orm.errors import JournalError
from etl_monitor_orm.printable import quoted

MAGIC: Final = b"etl-monitor-journal"
VERSION: Final = 1
"""Version of the format, in the first line. A version reads the formats up to its own."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """A line of the journal.

    Attributes:
        place: Where it begins, counted from the end of the first line; it never changes.
        record: What it says; None if it is damaged.
        size: How many bytes it has.
    """

    place: int
    record: Record | None
    size: int


@dataclass(frozen=True)
class Content:
    """What the file says.

    Attributes:
        begins: Where the lines begin; 0 if there is no first line yet.
        lines: The lines.
    """

    begins: int
    lines: tuple[Line, ...]


def first_line(database: str, path: str) -> bytes:
    """Return the first line: whose calls the file has, and where it was made."""
    return MAGIC + b" " + str(VERSION).encode() + b" " + packed({"database": database, "path": path})


def begin(data: bytes, file: Path, *, database: str, path: str | None) -> int:
    """Read the first line; return where the others begin, or 0 where there is no first line yet.

    Args:
        data: The file's bytes, or its beginning.
        file: The file, for messages.
        database: The database that it must be of.
        path: Where it must have been made; None if it may have been moved.

    Raises:
        JournalError: It is no such journal.
    """
    first, ended, _ = data.partition(b"\n")
    if not ended and (MAGIC.startswith(first) or first.startswith(MAGIC + b" ")):
        return 0  # it was cut in its first line, so nothing had been appended
    words = first.split(b" ", 2)
    if len(words) != 3 or words[0] != MAGIC or not words[1].isdigit():
        raise JournalError(f"{file} is not a journal. Name another file with journal= or ETL_MONITOR_JOURNAL.")
    if int(words[1]) > VERSION:
        raise JournalError(
            f"A newer version wrote the journal {file} (format {int(words[1])}; this one reads {VERSION}). "
            "Upgrade the package: pip install --upgrade etl-monitor-orm."
        )
    said = unpacked(words[2])
    if said is None:
        raise JournalError(
            f"The first line of the journal {file} is damaged, so nobody knows whose calls it has. Move the "
            "file away; its other lines can still be read as text."
        )
    if said.get("database") != database:
        raise JournalError(
            f"The journal {file} is of {said.get('database')}, not of {database}. Name another file with "
            "journal= or ETL_MONITOR_JOURNAL."
        )
    if path is not None and said.get("path") != path:
        raise JournalError(
            f"The journal {file} was written as {quoted(said.get('path'))}. A copy would be sent twice; if it "
            "was moved, run `etl-monitor journal send --moved`."
        )
    return len(first) + 1


def content(data: bytes, begins: int) -> Content:
    """Return what the lines of a file say."""
    return Content(begins, tuple(_lines(data[begins:])) if begins else ())


def packed(record: Record) -> bytes:
    """Return a record as a line: its checksum, and JSON in ASCII."""
    text = json.dumps(record, separators=(",", ":")).encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(text), text)


def unpacked(line: bytes) -> Record | None:
    """Return what a line says, without its line break; None if it is damaged."""
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        return None
    try:
        record = json.loads(text)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _lines(data: bytes) -> Iterator[Line]:
    place = 0
    for line in data.split(b"\n"):
        if line:
            yield Line(place, unpacked(line), len(line))
        place += len(line) + 1
