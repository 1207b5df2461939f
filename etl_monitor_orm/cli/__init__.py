"""The command line: parse, one call, print. Loaded by the command `etl-monitor` only."""

from __future__ import annotations

import sys

from etl_monitor_orm.cli.exits import ExitCode


def main() -> None:
    """Run `etl-monitor` and leave with its exit code; what each code means is in `cli/exits.py`."""
    try:
        from etl_monitor_orm.cli.app import app

        for stream in (sys.stdout, sys.stderr):
            # A terminal that cannot show a character gets a question mark, never a crash.
            getattr(stream, "reconfigure", lambda **options: None)(errors="replace")
        app(prog_name="etl-monitor")
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception:
        import traceback

        traceback.print_exc()
        print("This is a defect of etl-monitor; please report it with the lines above.", file=sys.stderr)  # noqa: T201
        sys.exit(ExitCode.DEFECT)
