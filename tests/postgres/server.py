"""A running server, as the tests see it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal
from sqlalchemy.engine import URL

from tests.postgres.binaries import PASSWORD

ROOT = Path(__file__).parents[2]
_numbers = count()


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of this test run's own, on a free port.

    Attributes:
        version: Major version.
        folder: Its data, its log, and its socket (`socket`).
        port: Port on 127.0.0.1.
        keeper: The process that keeps it.
    """

    version: int
    folder: Path
    port: int
    keeper: subprocess.Popen[str] = field(repr=False)

    def restart(self) -> None:
        """Stop the server, which ends all connections, and start it again on its port."""
        self._tell("restart")

    def stop(self) -> None:
        """Stop the server for as long as `restart` is not called."""
        self._tell("stop")

    def _tell(self, command: str) -> None:
        assert self.keeper.stdin is not None
        assert self.keeper.stdout is not None
        self.keeper.stdin.write(f"{command}\n")
        self.keeper.stdin.flush()
        assert self.keeper.stdout.readline() == f"{command}\n"

    @property
    def socket(self) -> Path:
        """The folder of its socket: no password is asked for there."""
        return self.folder / "server"

    def url(self, database: str = "postgres", **options: str) -> URL:
        """A plain URL of a database, as users write it."""
        return URL.create("postgresql", "postgres", PASSWORD, "127.0.0.1", self.port, database, query=dict(options))

    def execute(self, statement: str | Composable, database: str = "postgres") -> list[tuple[object, ...]]:
        """Execute a statement by itself, as the server's owner."""
        address = f"host={self.socket} port={self.port} user=postgres dbname={database}"
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement.encode() if isinstance(statement, str) else statement)
            return cursor.fetchall() if cursor.description else []

    def new_database(self, template: str = "template1") -> str:
        """Make a database, empty or as another one is, and return its name."""
        name = f"db_{next(_numbers)}"
        copy = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self.execute(copy.format(Identifier(name), Identifier(template)))
        return name

    def end(self, backend: int) -> None:
        """End a connection from the server's side; return when it is gone."""
        self.execute(SQL("SELECT pg_terminate_backend({}, 10000)").format(Literal(backend)))

    def end_all(self, database: str) -> None:
        """End every connection to a database."""
        end = SQL("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = {}")
        self.execute(end.format(Literal(database)))

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        self.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def start_server(version: int) -> Iterator[Server]:
    """Start a server and stop it at the end; it stops by itself when this process is killed."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.postgres.keeper", str(version)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as keeper:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        folder, port = keeper.stdout.readline().rsplit(maxsplit=1)
        yield Server(version, Path(folder), int(port), keeper)
        keeper.stdin.close()
