"""The journal's file: a first line that says what it is, then one line a call. Lines are only ever appended.

Each line is a checksum and JSON. What was appended is on the disk before the call goes on. A line that was cut, as by a
full disk or a kill, was never acknowledged: it is skipped, and reported.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from etl_monitor_orm.errors import JournalError
from etl_monitor_orm.journal.locks import locked
from etl_monitor_orm.printable import quoted

MAGIC: Final = b"etl-monitor-journal"
VERSION: Final = 1
"""Version of the format, in the first line. A version reads the formats up to its own."""

_PATIENCE: Final = 30.0
"""Seconds that an append waits for others: each takes milliseconds."""

_LONGEST_FIRST_LINE: Final = 1 << 16
"""Bytes: it holds two paths."""

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


class JournalFile:
    """The file; it is opened for each use, so that a forked process, and whoever moves the file, can go on.

    Args:
        path: Where it lies.
        database: The database and the schema, as its first line names them; without secrets.
    """

    def __init__(self, path: Path, database: str) -> None:
        self.path = path
        self.database = database

    def append(self, record: Record, *, durable: bool = True) -> int:
        """Append a line, and return its place; with `durable`, it is on the disk then.

        Raises:
            JournalError: The file cannot be written, or is no journal of this database. It is as it was before.
        """
        with self._open() as number:
            size = os.fstat(number).st_size
            begins = self._begins(_read(number, _LONGEST_FIRST_LINE))
            try:
                if not begins:
                    os.ftruncate(number, 0)
                    first = end = _write(number, self._first_line(), 0)
                else:
                    first, end = begins, size if _ends_a_line(number, size) else _write(number, b"\n", size)
                _write(number, packed(record), end)
                if durable:
                    os.fsync(number)
                if durable and not begins:
                    _sync_folder(self.path.parent)
            except OSError as error:
                os.ftruncate(number, size if begins else 0)  # possible on a full disk too
                raise JournalError(f"The journal {self.path} cannot be written: {error.strerror or error}.") from error
        return end - first

    def read(self) -> Content:
        """Read the whole file; empty if there is none.

        Raises:
            JournalError: It cannot be read, or is no journal of this database.
        """
        if self.state() is None:
            return Content(0, ())
        with self._open() as number:
            return self._content(_read(number))

    def state(self) -> tuple[int, int, int] | None:
        """Return what changes whenever the file does; None if there is none."""
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def clear(self, seen: Content) -> bool:
        """Take all lines away, unless somebody has appended more than was seen; return whether it did."""
        with self._open() as number:
            if self._content(_read(number)) != seen:
                return False
            os.ftruncate(number, seen.begins)
            return True

    def adopt(self) -> None:
        """Let a journal that was moved here, or copied, belong here: write its path into its first line.

        Raises:
            JournalError: It is no journal of this database.
        """
        with self._open() as number:
            data = _read(number)
            begins = self._begins(data, adopt=True)
            new = self.path.with_name(f"{self.path.name}.new")
            try:
                new.write_bytes(self._first_line() + data[begins:])
                os.replace(new, self.path)
            except OSError as error:
                raise JournalError(f"The journal {self.path} cannot be written: {error.strerror or error}.") from error

    @contextmanager
    def turn_to_send(self, patience: float) -> Iterator[None]:
        """A block in which no other process sends.

        Raises:
            ConflictError: Another one kept sending.
            JournalError: The journal's folder cannot be written.
        """
        try:
            with locked(self._beside(".sending"), patience):
                yield
        except OSError as error:
            raise self._unusable(error) from error

    @contextmanager
    def _open(self) -> Iterator[int]:
        """Lock the file, and open it; it is made if there is none."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self._beside(".lock"), _PATIENCE):
                number = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
                try:
                    yield number
                finally:
                    os.close(number)
        except OSError as error:
            raise self._unusable(error) from error

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)

    def _unusable(self, error: OSError) -> JournalError:
        return JournalError(
            f"The journal {self.path} cannot be used: {error.strerror or error}. Make its folder writable for this "
            "user, or name another place with journal= or ETL_MONITOR_JOURNAL."
        )

    def _first_line(self) -> bytes:
        said = {"database": self.database, "path": os.path.realpath(self.path)}
        return MAGIC + b" " + str(VERSION).encode() + b" " + packed(said)

    def _content(self, data: bytes) -> Content:
        begins = self._begins(data)
        return Content(begins, tuple(_lines(data[begins:])) if begins else ())

    def _begins(self, data: bytes, *, adopt: bool = False) -> int:
        """Read the first line; return where the others begin, or 0 where there is no first line yet.

        Raises:
            JournalError: They are no journal of this database.
        """
        first, ended, _ = data.partition(b"\n")
        if not ended and (MAGIC.startswith(first) or first.startswith(MAGIC + b" ")):
            return 0  # it was cut in its first line, so nothing had been appended
        words = first.split(b" ", 2)
        if len(words) != 3 or words[0] != MAGIC or not words[1].isdigit():
            raise JournalError(f"{self.path} is not a journal. Name another file with journal= or ETL_MONITOR_JOURNAL.")
        if int(words[1]) > VERSION:
            raise JournalError(
                f"A newer version wrote the journal {self.path} (format {int(words[1])}; this one reads {VERSION}). "
                "Upgrade the package: pip install --upgrade etl-monitor-orm."
            )
        said = unpacked(words[2])
        if said is None:
            raise JournalError(
                f"The first line of the journal {self.path} is damaged, so nobody knows whose calls it has. Move the "
                "file away; its other lines can still be read as text."
            )
        if said.get("database") != self.database:
            raise JournalError(
                f"The journal {self.path} is of {said.get('database')}, not of {self.database}. Name another file with "
                "journal= or ETL_MONITOR_JOURNAL."
            )
        if not adopt and said.get("path") != os.path.realpath(self.path):
            raise JournalError(
                f"The journal {self.path} was written as {quoted(said.get('path'))}. A copy would be sent twice; if it "
                "was moved, run `etl-monitor journal send --moved`."
            )
        return len(first) + 1


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


def _read(number: int, most: int | None = None) -> bytes:
    """Read the file, or its beginning."""
    os.lseek(number, 0, os.SEEK_SET)
    parts: list[bytes] = []
    while (most is None or sum(len(part) for part in parts) < most) and (part := os.read(number, most or 1 << 20)):
        parts.append(part)
    return b"".join(parts)


def _write(number: int, data: bytes, at: int) -> int:
    """Write all bytes at a place; return where they end."""
    os.lseek(number, at, os.SEEK_SET)
    left = memoryview(data)
    while left:
        left = left[os.write(number, left) :]
    return at + len(data)


def _ends_a_line(number: int, size: int) -> bool:
    os.lseek(number, size - 1, os.SEEK_SET)
    return os.read(number, 1) == b"\n"


def _sync_folder(folder: Path) -> None:
    """A new file is there after a crash only if its folder was written too."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
