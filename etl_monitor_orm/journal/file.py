"""The journal's file: a first line that says what it is, then one line a call. Lines are only ever appended.

Each line is a checksum and JSON. What was appended is on the disk before the call goes on. A line that was cut, as by a
full disk or a kill, was never acknowledged: it is skipped, and reported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from etl_monitor_orm.errors import JournalError
from etl_monitor_orm.journal import disk, lines
from etl_monitor_orm.journal.lines import Content, Record
from etl_monitor_orm.journal.locks import locked

_PATIENCE: Final = 30.0
"""Seconds that an append waits for others: each takes milliseconds."""

_LONGEST_FIRST_LINE: Final = 1 << 16
"""Bytes: it holds two paths."""


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
            begins = self._begins(disk.read(number, _LONGEST_FIRST_LINE))
            try:
                if not begins:
                    os.ftruncate(number, 0)
                    first = end = disk.write(number, self._first_line(), 0)
                else:
                    first, end = begins, size if disk.ends_a_line(number, size) else disk.write(number, b"\n", size)
                disk.write(number, lines.packed(record), end)
                if durable:
                    os.fsync(number)
                if durable and not begins:
                    disk.sync_folder(self.path.parent)
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
            return self._content(disk.read(number))

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
            if self._content(disk.read(number)) != seen:
                return False
            os.ftruncate(number, seen.begins)
            return True

    def adopt(self) -> None:
        """Let a journal that was moved here, or copied, belong here: write its path into its first line.

        Raises:
            JournalError: It is no journal of this database.
        """
        with self._open() as number:
            data = disk.read(number)
            begins = self._begins(data, adopt=True)
            try:
                disk.replace(self.path, self._first_line() + data[begins:])
            except OSError as error:
                raise JournalError(f"The journal {self.path} cannot be written: {error.strerror or error}.") from error

    @contextmanager
    def turn_to_send(self, patience: float) -> Iterator[None]:
        """A block in which no other process sends.

        Raises:
            ConflictError: Another one kept sending.
            JournalError: The journal's folder cannot be written.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self._beside(".sending"), patience))
            except OSError as error:
                raise self._unusable(error) from error
            yield

    @contextmanager
    def _open(self) -> Iterator[int]:
        """Lock the file, and open it; it is made if there is none."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self._beside(".lock"), _PATIENCE):
                number = disk.opened(self.path)
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
        return lines.first_line(self.database, os.path.realpath(self.path))

    def _begins(self, data: bytes, *, adopt: bool = False) -> int:
        path = None if adopt else os.path.realpath(self.path)
        return lines.begin(data, self.path, database=self.database, path=path)

    def _content(self, data: bytes) -> Content:
        return lines.content(data, self._begins(data))
