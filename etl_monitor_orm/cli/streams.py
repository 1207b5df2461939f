"""Standard input and output of the command: closed, full, or with a reader that has left."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import NoReturn, TextIO

from etl_monitor_orm.cli.exits import ExitCode


def prepare() -> None:
    """Make output that cannot be written end the command in words and with its own code.

    What is closed gets the null device's file descriptor: the next file, such as a database, would get it otherwise.
    A terminal that cannot show a character gets a question mark.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - as long as the process
    sys.stdout = _watched(sys.stdout, _Output)
    sys.stderr = _watched(sys.stderr, _Complaints)


def finish() -> None:
    """Write what is held back. Python would do it later, and complain in its own words."""
    sys.stdout.flush()
    sys.stderr.flush()


class _Complaints(io.FileIO):
    """Where errors go; there is nobody to tell that they cannot be written."""

    lost: OSError | None = None

    def write(self, data: object) -> int:
        if self.lost is None:
            try:
                return super().write(data)  # type: ignore[arg-type]
            except OSError as error:
                self.lost = error
                self.end(error)
        return len(memoryview(data))  # type: ignore[arg-type]

    def end(self, error: OSError) -> None:
        """Do what follows the first failure."""


class _Output(_Complaints):
    """Where results go."""

    def end(self, error: OSError) -> NoReturn:
        if isinstance(error, BrokenPipeError):
            raise SystemExit(ExitCode.PIPE)
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror
        sys.stderr.write(
            f"Error: The result cannot be written to standard output: {reason}. What the command changed is changed. "
            "Send the output elsewhere, such as to a file or to /dev/null.\n"
        )
        raise SystemExit(ExitCode.OUTPUT)


class _Closed(_Output):
    """A closed standard output: the command works until it has something to print."""

    def write(self, data: object) -> int:
        if self.lost is None:
            self.lost = OSError(errno.EBADF, os.strerror(errno.EBADF))
            self.end(self.lost)
        return len(memoryview(data))  # type: ignore[arg-type]


def _watched(stream: TextIO | None, kind: type[_Complaints]) -> TextIO:
    if stream is None:
        number = os.open(os.devnull, os.O_WRONLY)
        raw = _Closed(number, "w", closefd=False) if kind is _Output else kind(number, "w", closefd=False)
        return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors="replace")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    if os.name == "nt" and stream.isatty():
        stream.reconfigure(errors="replace")  # Windows' console takes text, not bytes
        return stream
    stream.flush()
    buffer = io.BufferedWriter(kind(stream.fileno(), "w", closefd=False))
    return io.TextIOWrapper(
        buffer,
        encoding=stream.encoding,
        errors="replace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
