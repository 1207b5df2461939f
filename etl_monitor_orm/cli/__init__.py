"""The command line: parse, one call, print. Only the command `etl-monitor` loads it."""

from __future__ import annotations

import gc
import sys
from typing import Final

from etl_monitor_orm.cli import streams
from etl_monitor_orm.cli.exits import ExitCode

_GARBAGE: Final = 50_000
"""New objects after which a command looks for garbage: it ends soon, and what it imports is none."""


def main() -> None:
    """Run `etl-monitor` and exit with its code; `cli/exits.py` has the meaning of each code."""
    gc.set_threshold(_GARBAGE)
    try:
        streams.prepare()
        from etl_monitor_orm.cli.app import app

        app(prog_name="etl-monitor")
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception:
        import traceback

        from etl_monitor_orm.printable import harmless

        sys.stderr.write(harmless(traceback.format_exc()))
        sys.stderr.write("This is a bug in etl-monitor. Please report it with the lines above.\n")
        sys.exit(ExitCode.DEFECT)
    finally:
        gc.freeze()  # a process that ends need not look for garbage once more
        streams.finish()
