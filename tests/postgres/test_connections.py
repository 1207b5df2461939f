"""Connections that the server ends: between two calls, in the middle of one, and at its very end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy
from sqlalchemy import URL, event, text

from etl_monitor_orm import ConnectionBroken, ETLMonitor, InvalidTransition, ProcessingStep
from tests.postgres import Server, start_server
from tests.postgres.conftest import HR
from tests.postgres.proxy import relay

DAY = "2026-04-09"
RUN = ("run-1", *HR)
ON_DAY = {"processing_date": DAY}


@pytest.fixture(params=["ours", "adopted"])
def connected(request: pytest.FixtureRequest, url: URL) -> Iterator[ETLMonitor]:
    """A monitor with a pooled connection, on an engine that it made, or on one that was made in the ordinary way."""
    ours = request.param == "ours"
    made = url if ours else sqlalchemy.create_engine(url.set(drivername="postgresql+psycopg"))
    monitor = ETLMonitor(made, actor="pytest")
    monitor.start_run(*HR, DAY, execution_id="run-1")
    yield monitor
    monitor.engine.dispose()


def state(monitor: ETLMonitor) -> list[tuple[str, bool]]:
    with monitor.session() as session:
        steps = session.query(ProcessingStep).order_by(ProcessingStep.task_id).all()
        return [(step.status.value, step.is_running) for step in steps]


def test_call_after_the_server_ended_its_connections_succeeds(
    connected: ETLMonitor, postgres: Server, url: URL
) -> None:
    connections = [connected.engine.connect() for _ in range(3)]
    for connection in connections:
        connection.execute(text("SELECT 1"))
        connection.close()

    postgres.end_all(str(url.database))

    connected.start_task(*RUN, 1, **ON_DAY)
    assert state(connected) == [("NQUE", False), ("NQUE", True)]


def test_call_after_a_restart_of_the_server_succeeds_and_one_during_it_is_retryable(
    request: pytest.FixtureRequest,
) -> None:
    with start_server(request.config.getoption("--postgres-version")) as server:
        monitor = ETLMonitor(server.url(), actor="pytest").setup()
        monitor.register_process(*HR)
        server.restart()
        monitor.register_process(*HR, name="renamed")
        server.stop()
        with pytest.raises(ConnectionBroken, match="cannot be reached; nothing was sent"):
            monitor.register_process(*HR, name="in vain")
        server.restart()
        monitor.register_process(*HR, name="back")
        monitor.close()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_connection_that_breaks_before_a_statement_leaves_nothing_and_the_call_again_converges(
    connected: ETLMonitor, postgres: Server, number: int
) -> None:
    connected.start_task(*RUN, 1, **ON_DAY)
    before = state(connected)
    with broken(connected, postgres, number), pytest.raises(ConnectionBroken, match="nothing was written"):
        connected.end_task(*RUN, 1, **ON_DAY)

    assert state(connected) == before
    connected.end_task(*RUN, 1, **ON_DAY)
    assert state(connected) == [("NQUE", False), ("DONE", False)]
    assert connected.get_active_watermark(*HR, "Since") is not None


class broken:
    """A block in which the server ends the connection before a call's statement of a number."""

    def __init__(self, monitor: ETLMonitor, server: Server, number: int) -> None:
        self._monitor, self._server, self._left = monitor, server, number

    def _before(self, connection, cursor, statement, parameters, context, executemany) -> None:
        self._left -= 1
        if self._left == 0:
            self._server.end(connection.connection.dbapi_connection.info.backend_pid)

    def __enter__(self) -> None:
        event.listen(self._monitor.engine, "before_cursor_execute", self._before)

    def __exit__(self, *_: object) -> None:
        event.remove(self._monitor.engine, "before_cursor_execute", self._before)


def test_connection_that_breaks_before_commit_says_that_the_outcome_is_unknown(
    monitor: ETLMonitor, postgres: Server
) -> None:
    monitor.start_run(*HR, DAY, execution_id="run-1")
    ended: list[int] = []

    def end(connection) -> None:
        if not ended:
            ended.append(connection.connection.dbapi_connection.info.backend_pid)
            postgres.end(ended[0])

    event.listen(monitor.engine, "commit", end)
    with pytest.raises(ConnectionBroken, match="broke at COMMIT: either the whole call was written, or none of it"):
        monitor.start_task(*RUN, 1, **ON_DAY)

    assert state(monitor) == [("NQUE", False), ("NQUE", False)]
    monitor.start_task(*RUN, 1, **ON_DAY)


COMMITTED: dict[str, Callable[[ETLMonitor], object]] = {
    "start_run": lambda m: m.start_run(*HR, DAY, execution_id="run-2"),
    "register_task": lambda m: m.register_task(*HR, 9, 1, 2, "Load more"),
    "advance_watermark": lambda m: m.advance_watermark(*HR, "Since", new_datetime_value="2026-01-01"),
}


@pytest.mark.parametrize("call", COMMITTED.values(), ids=COMMITTED)
def test_reply_to_commit_that_is_lost_is_told_and_the_same_call_again_converges(
    postgres: Server, url: URL, call: Callable[[ETLMonitor], object]
) -> None:
    with relay(postgres.port) as between:
        monitor = ETLMonitor(url.set(port=between.port), actor="pytest")
        monitor.get_status(*HR)
        between.words = b"COMMIT"
        with pytest.raises(ConnectionBroken, match="broke at COMMIT"):
            call(monitor)
        call(monitor)
        monitor.close()


def test_reply_to_the_commit_of_a_claim_that_is_lost_shows_that_it_was_made(postgres: Server, url: URL) -> None:
    with relay(postgres.port) as between:
        monitor = ETLMonitor(url.set(port=between.port), actor="pytest")
        monitor.start_run(*HR, DAY, execution_id="run-1")
        between.words = b"COMMIT"
        with pytest.raises(ConnectionBroken, match="broke at COMMIT"):
            monitor.start_task(*RUN, 1, **ON_DAY)
        with pytest.raises(InvalidTransition, match="running since"):
            monitor.start_task(*RUN, 1, **ON_DAY)
        monitor.start_task(*RUN, 1, **ON_DAY, takeover=True)
        monitor.close()


def test_sessions_are_in_utc_with_limits_and_say_who_they_are(monitor: ETLMonitor) -> None:
    with monitor.session() as session:
        names = ("TimeZone", "application_name", "statement_timeout", "idle_in_transaction_session_timeout")
        found = [session.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar() for name in names]

    assert found == ["UTC", "etl-monitor-orm", "1min", "1min"]


def test_options_of_the_url_win(url: URL) -> None:
    options = {"statement_timeout": "5s", "application_name": "nightly", "connect_timeout": "3", "sslmode": "disable"}
    monitor = ETLMonitor(url.update_query_dict(options))
    with monitor.session() as session:
        found = [
            session.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar()
            for name in ("statement_timeout", "application_name")
        ]
    monitor.close()

    assert found == ["5s", "nightly"]
