"""What `exec` says on stderr: its words stand among the program's own, so each line says whose it is."""

from __future__ import annotations

import os
from contextlib import suppress

from etl_monitor_orm.cli.hints import said

STDERR = 2


def warn(words: str) -> None:
    """Write one line to stderr, at once; where stderr is gone there is nobody to tell."""
    with suppress(OSError):
        os.write(STDERR, f"etl-monitor exec: {said(words)}\n".encode("utf-8", "replace"))
