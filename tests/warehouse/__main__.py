"""A warehouse to try things on: `python -m tests.warehouse` prints how to connect, and waits.

It runs on the Spark that is installed beside this Python: 4, or 3.5.
"""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import suppress

from tests.warehouse import missing, start_warehouse
from tests.warehouse.jars import NotFetched, fetch_jars


def main() -> int:
    """Run until interrupted; return the exit code."""
    arguments = argparse.ArgumentParser(prog="python -m tests.warehouse", description=__doc__)
    arguments.add_argument("--port", type=int, default=0, help="where to listen; default: a free port")
    arguments.add_argument("--zone", default="UTC", help="time zone of sessions that do not ask for one")
    arguments.add_argument("--schema", default="etl", help="a schema to create")
    chosen = arguments.parse_args()
    lacking = _fetched() or missing()
    if lacking:
        sys.stderr.write(f"{lacking}\n")
        return 1
    with start_warehouse(chosen.zone, chosen.port) as warehouse:
        engine = warehouse.engine()
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS `{chosen.schema}`")
        engine.dispose()
        url = warehouse.url(chosen.schema).render_as_string(hide_password=False)
        sys.stdout.write(f"url = {url!r}\nconnect_args = {warehouse.connect_args!r}\n")
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            signal.pause()
    return 0


def _fetched() -> str | None:
    try:
        fetch_jars()
    except NotFetched as trouble:
        return str(trouble)
    return None


if __name__ == "__main__":
    raise SystemExit(main())
