"""`etl-monitor serve`: the calls of workers and dispatchers over HTTP."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from etl_monitor_orm import ETLMonitor, inputs
from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.cli.exits import ExitCode
from etl_monitor_orm.cli.options import Catalog, Schema, Url, reported
from etl_monitor_orm.extras import of_extra
from etl_monitor_orm.printable import one_line

Host = Annotated[str, typer.Option("--host", metavar="HOST", help="Address to listen on.")]
Port = Annotated[str, typer.Option("--port", metavar="PORT", help="Port to listen on; 0: any free one.")]
Certificate = Annotated[str | None, typer.Option("--ssl-certfile", metavar="FILE", help="Certificate, PEM.")]
Key = Annotated[str | None, typer.Option("--ssl-keyfile", metavar="FILE", help="Its key, if that is another file.")]
Insecure = Annotated[
    bool, typer.Option("--insecure", help="Serve without TLS beyond loopback: something before the server does TLS.")
]
Most = Annotated[str, typer.Option("--max-body", metavar="BYTES", help="The largest body.")]
Rate = Annotated[str, typer.Option("--rate", metavar="N", help="Requests a second that one token may make.")]
Calls = Annotated[str, typer.Option("--calls", metavar="N", help="Calls that are at work at the same time.")]
Refresh = Annotated[
    str, typer.Option("--refresh", metavar="SECONDS", help="How often an open page looks for what is new.")
]


_OF_THE_EXTRA = ("fastapi", "starlette", "uvicorn", "pydantic", "anyio", "jinja2", "markupsafe")


def serve(
    host: Host = "127.0.0.1",
    port: Port = "8321",
    ssl_certfile: Certificate = None,
    ssl_keyfile: Key = None,
    insecure: Insecure = False,
    max_body: Most = "1048576",
    rate: Rate = "50",
    calls: Calls = "8",
    refresh: Refresh = "30",
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
) -> None:
    """Serve the calls of workers and dispatchers over HTTP, and the page that people look at.

    /status is the page of `etl-monitor report`, of now: give the browser a token as the password. It needs the extra
    `server`, and clients need a token: see `etl-monitor token`. SIGTERM and Ctrl-C end it when the requests under way
    are answered. It logs one line a request to stderr.
    """
    with reported(url, schema, catalog):
        with of_extra("server", "serve", *_OF_THE_EXTRA):
            from etl_monitor_orm.server import serving
            from etl_monitor_orm.server.limits import Limits
        limits = Limits(
            body_bytes=inputs.integer("--max-body", max_body, least=1),
            rate=inputs.integer("--rate", rate, least=1),
            burst=2 * inputs.integer("--rate", rate, least=1),
            calls=inputs.integer("--calls", calls, least=1, most=1_000),
            refresh=inputs.integer("--refresh", refresh, least=1, most=86_400),
        )
        place = serving.Place(
            host, inputs.integer("--port", port, most=65_535), ssl_certfile, ssl_keyfile, insecure=insecure
        )
        place.check()
        # A journal would answer "recorded" for what is not.
        with ETLMonitor(url, schema=schema, catalog=catalog, when_away="raise") as monitor:
            if (reason := backend_of(monitor.engine).nothing_to_read(monitor.engine)) is not None:
                raise reason
            _log_to_stderr()
            listened = serving.serve(monitor, place, limits)
    if not listened:
        raise typer.Exit(ExitCode.CONFIGURATION)


class _OneLine(logging.Formatter):
    """A record is one line that no terminal obeys, except for a defect's traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return one_line(super().formatMessage(record))


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(message)s"))
    for name in ("etl_monitor_orm", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.WARNING)
    # The line on each request, and where it listens. SQLAlchemy's pools say below the package what nobody asked.
    logging.getLogger("etl_monitor_orm.server").setLevel(logging.INFO)
