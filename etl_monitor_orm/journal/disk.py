"""Reading and writing the bytes of small files, so that they are there after a crash, and for their user alone."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_FOR_ITS_USER: Final = 0o600


def opened(path: Path) -> int:
    """Open a file to read and write; it is made if there is none.

    Raises:
        OSError: It cannot be opened, or is a device or a pipe, which may have no end.
    """
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(errno.EINVAL, "it is not an ordinary file")
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), _FOR_ITS_USER)


def replace(path: Path, data: bytes) -> None:
    """Write a whole file: whoever reads it finds the old one or the new one."""
    new = path.with_name(f"{path.name}.new")
    number = opened(new)
    try:
        os.ftruncate(number, 0)
        write(number, data, 0)
        os.fsync(number)
    finally:
        os.close(number)
    os.replace(new, path)


def read(number: int, most: int | None = None) -> bytes:
    """Read the file, or its beginning."""
    os.lseek(number, 0, os.SEEK_SET)
    parts: list[bytes] = []
    while (most is None or sum(len(part) for part in parts) < most) and (part := os.read(number, most or 1 << 20)):
        parts.append(part)
    return b"".join(parts)


def write(number: int, data: bytes, at: int) -> int:
    """Write all bytes at a place; return where they end."""
    os.lseek(number, at, os.SEEK_SET)
    left = memoryview(data)
    while left:
        left = left[os.write(number, left) :]
    return at + len(data)


def ends_a_line(number: int, size: int) -> bool:
    """Return whether the last byte of a file is a line break."""
    os.lseek(number, size - 1, os.SEEK_SET)
    return os.read(number, 1) == b"\n"


def sync_folder(folder: Path) -> None:
    """Write a folder to the disk: a new file is there after a crash only if its folder was written too."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
