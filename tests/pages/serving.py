"""The real server in a thread, so that a test can turn the monitor's clock and break what it reads."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.server.app import make_app
from etl_monitor_orm.server.limits import Limits
from tests.patience import PATIENT


@contextmanager
def in_a_thread(monitor: ETLMonitor, refresh: int = 30, port: int = 0) -> Iterator[str]:
    """Serve a monitor until the block ends; keep no page, so that each request sees what is."""
    limits = Limits(rate=1e6, burst=10**6, refresh=refresh, page_seconds=0)
    listening = socket.create_server(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(make_app(monitor, limits), log_config=None, access_log=False, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENT)
        listening.close()
