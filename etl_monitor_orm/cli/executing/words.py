"""What `exec` says on stderr: its words stand among the program's own, so each line says whose it is."""

from __future__ import annotations

import logging
import os
from contextlib import suppress

from etl_monitor_orm.cli.hints import said

STDERR = 2


def warn(words: str) -> None:
    """Write one line to stderr, at once; where stderr is gone there is nobody to tell."""
    with suppress(OSError):
        os.write(STDERR, f"etl-monitor exec: {said(words)}\n".encode("utf-8", "replace"))


class Spoken(logging.Handler):
    """Says what the library logs: that its calls are kept in the journal, or that a sign of life failed."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say a record."""
        warn(record.getMessage())
