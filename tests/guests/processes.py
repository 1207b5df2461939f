"""Other people's programs: each runs in its own process, because the order of imports matters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.patience import PATIENT


def run(program: str, folder: Path) -> str:
    """Run a program in a folder; return what it printed.

    Raises:
        AssertionError: It failed, or wrote to stderr.
    """
    file = folder / "program.py"  # with -c, DuckDB would take the process for a person's and show its progress
    file.write_text(program, "utf-8")
    command = [sys.executable, str(file)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENT, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout
