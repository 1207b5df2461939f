"""A monitor with a journal, and ways to take its database away: at once, or at any statement of what a test does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import duckdb
import psycopg
import pytest
from sqlalchemy import event

from etl_monitor_orm import ETLMonitor, ManualClock, Run
from etl_monitor_orm.dialects.retrying import RetryPolicy
from tests.contract.journal.nights import DAY, EARLIER, HR, Night, comparable, load
from tests.databases import Database


def trouble_of(backend: str) -> Exception:
    """What the driver of a backend raises while its database is away."""
    if backend == "duckdb":
        return duckdb.IOException('IO Error: Could not set lock on file "etl.duckdb": Conflicting lock is held')
    if backend == "postgresql":
        return psycopg.OperationalError("connection failed: Connection refused")
    from etl_monitor_orm.dialects.databricks.trouble import ConnectionLost

    return ConnectionLost(ConnectionRefusedError("refused"), sent=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal lies."""
    return tmp_path / "hr.journal"


@pytest.fixture
def opened(database: Database, clock: ManualClock, path: Path) -> Callable[..., ETLMonitor]:
    """Make a monitor with a journal: each is as good as another process, for it shares nothing but the file."""

    def make(**settings: object) -> ETLMonitor:
        given = {"clock": clock, "actor": "pytest", "when_away": "journal", "journal": path, **settings}
        return ETLMonitor(database.engine.execution_options(), **given)

    return make


@pytest.fixture
def monitor(opened: Callable[..., ETLMonitor]) -> ETLMonitor:
    """The monitor of the tests here keeps a journal."""
    return opened()


@pytest.fixture
def run(hr: ETLMonitor) -> Run:
    """A run that this machine has started itself, so that it knows of it."""
    return hr.start_run(*HR, DAY, execution_id="run-1")


class Outage:
    """Takes the database away from a monitor: nothing that it sends is executed, and it says what a driver would.

    Args:
        monitor: Whose database.
        backend: Which kind.
    """

    def __init__(self, monitor: ETLMonitor, backend: str) -> None:
        self.engine = monitor.engine
        self.backend = backend
        self.sent = 0

    @contextmanager
    def __call__(self, *, at: int = 1, times: int | None = None, after: bool = False) -> Iterator[Outage]:
        """A block in which the database is away.

        Args:
            at: From this statement of the block on.
            times: For how many statements; None for all that follow.
            after: Whether the first of them is executed, and its reply is lost.
        """
        self.sent = 0
        until = None if times is None else at + times

        def execute(cursor, statement, parameters, context) -> bool:
            self.sent += 1
            if self.sent < at or (until is not None and self.sent >= until):
                return False
            if after and self.sent == at:
                cursor.execute(statement, parameters)
            raise trouble_of(self.backend)

        event.listen(self.engine, "do_execute", execute)
        try:
            yield self
        finally:
            event.remove(self.engine, "do_execute", execute)


@pytest.fixture
def away(monitor: ETLMonitor, backend: str, monkeypatch: pytest.MonkeyPatch) -> Outage:
    """Make a block in which the database is away; a connection that stays away is given up soon."""
    if hasattr(monitor.engine.dialect, "breaks"):
        monkeypatch.setattr(monitor.engine.dialect, "breaks", RetryPolicy(first=0.01, longest=0.02, patience=0.05))
    return Outage(monitor, backend)


@pytest.fixture(autouse=True)
def _tries_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a try takes on a busy machine, the next call tries again."""
    monkeypatch.setattr("etl_monitor_orm.journal.outage._SHARE", 0)


@pytest.fixture
def lost_commit(monitor: ETLMonitor, backend: str) -> Callable[..., AbstractContextManager[None]]:
    """Make a block in which a COMMIT of this number fails: the transaction is written with `after`, else it is not."""

    @contextmanager
    def block(number: int, *, after: bool) -> Iterator[list[int]]:
        dialect, commits = monitor.engine.dialect, []
        real = type(dialect).do_commit

        def commit(connection) -> None:
            commits.append(len(commits) + 1)
            if len(commits) == number:
                if after:
                    real(dialect, connection)
                raise trouble_of(backend)
            real(dialect, connection)

        dialect.do_commit = commit
        try:
            yield commits
        finally:
            del dialect.do_commit

    return block


@pytest.fixture
def begun(hr: ETLMonitor, database: Database, clock: ManualClock) -> Callable[[], None]:
    """Bring the monitor to the evening of the load: it has run the day before, on this machine."""
    dawn = clock.now

    def bring() -> None:
        clock.set(dawn)
        database.empty()
        database.restore("hr")
        load(hr, clock, EARLIER, "run-0")
        clock.advance(86_400)

    return bring


@pytest.fixture
def night(
    hr: ETLMonitor, database: Database, clock: ManualClock, begun: Callable[[], None], away: Outage, lost_commit
) -> Night:
    """An undisturbed night."""
    begun()
    with away(at=1_000_000), lost_commit(1_000_000, after=False) as commits:
        read = load(hr, clock, DAY, "run-1")
    return Night(read, away.sent, len(commits), comparable(database.rows()))
