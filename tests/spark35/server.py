"""A warehouse on an older Spark: another Python's process, because one environment holds one pyspark."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import URL, make_url

import etl_monitor_orm
from tests.patience import PATIENT

ROOT = Path(__file__).parents[2]
_SPARKS_OWN = ("SPARK_", "PYSPARK_")
"""Variables that would lead it to another Spark."""


@dataclass(frozen=True)
class Address:
    """Where a warehouse can be reached.

    Attributes:
        url: Its URL.
        connect_args: What goes with it.
    """

    url: URL
    connect_args: dict[str, object]

    def engine(self, zone: str, ansi: str) -> Engine:
        """Return an engine for a monitor, whose sessions are in a time zone and in ANSI mode or not."""
        session = {"TIMEZONE": zone, "ANSI_MODE": ansi}
        connect_args = {**self.connect_args, "session_configuration": session}
        return etl_monitor_orm.create_engine(self.url, connect_args=connect_args)


@contextmanager
def start_elsewhere(python: str) -> Iterator[Address]:
    """Run a warehouse with another Python, and with the Spark of its environment, for as long as the block lasts."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(_SPARKS_OWN)}
    with tempfile.TemporaryFile("w+") as trouble:
        process = subprocess.Popen(
            [python, "-m", "tests.warehouse"],
            cwd=ROOT,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=trouble,
            text=True,
        )
        assert process.stdout is not None
        with process.stdout as output:
            try:
                told = dict(line.split(" = ", 1) for line in (output.readline(), output.readline()) if " = " in line)
                if len(told) < 2:
                    process.wait(PATIENT)
                    trouble.seek(0)
                    raise RuntimeError(f"{python} -m tests.warehouse does not start:\n{trouble.read()[-3000:]}")
                address = {name: ast.literal_eval(value) for name, value in told.items()}
                yield Address(make_url(address["url"]), address["connect_args"])
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(PATIENT)
