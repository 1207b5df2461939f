"""The real server in a process of its own, on loopback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from tests.patience import PATIENT


class Served:
    """A server that listens.

    Attributes:
        url: Where it does.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.said: list[str] = []
        assert process.stderr is not None
        for line in process.stderr:
            self.said.append(line)
            if found := re.search(r"listening on (https?://\S+)", line):
                self.url = found[1]
                break
        else:
            raise AssertionError("".join(self.said))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        self.said.extend(self._process.stderr)

    def client(self, token: str, **more: object) -> httpx2.Client:
        """Return a client that holds a token."""
        return httpx2.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENT, trust_env=False, **more
        )

    def kill(self) -> None:
        """Kill it in the middle of whatever it does."""
        self._process.kill()
        self._process.wait(PATIENT)

    def end(self) -> int:
        """Ask it to end, and return how it did."""
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(PATIENT)
        self._reader.join(PATIENT)
        return status


@contextmanager
def served(url: str, *options: str) -> Iterator[Served]:
    """Serve a database until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "etl_monitor_orm", "serve", "--port", "0", "--rate", "100000", *options],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "ETL_MONITOR_URL": url},
    ) as process:
        try:
            yield Served(process)
        finally:
            process.kill()
