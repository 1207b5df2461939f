"""An engine that somebody else made: which ones the monitor accepts, and which of their options do not reach it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy
from sqlalchemy import URL, Engine, event, text
from sqlalchemy.pool import AssertionPool, NullPool, Pool, QueuePool, SingletonThreadPool, StaticPool

from etl_monitor_orm import ConfigurationError, ETLMonitor, create_engine, migrations
from tests.postgres import Server
from tests.postgres.conftest import HR

PSYCOPG = "postgresql+psycopg"


@pytest.fixture
def empty(postgres: Server) -> Iterator[URL]:
    """A database without the monitor's tables."""
    name = postgres.new_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.mark.parametrize("pool", [StaticPool, SingletonThreadPool, AssertionPool])
def test_engine_whose_sessions_share_a_connection_is_refused(pool: type[Pool]) -> None:
    engine = sqlalchemy.create_engine(f"{PSYCOPG}://u@h/d", poolclass=pool)
    with pytest.raises(ConfigurationError, match=rf"{pool.__name__} hands one.*etl_monitor_orm\.create_engine"):
        ETLMonitor(engine)


@pytest.mark.parametrize("pool", [QueuePool, NullPool])
def test_engine_with_a_connection_for_each_session_is_accepted(url: URL, pool: type[Pool]) -> None:
    engine = sqlalchemy.create_engine(url.set(drivername=PSYCOPG), poolclass=pool)
    assert ETLMonitor(engine).get_status(*HR) == []
    engine.dispose()


OPTIONS: dict[str, dict[str, object]] = {
    "autocommit": {"isolation_level": "AUTOCOMMIT"},
    "read committed": {"isolation_level": "READ COMMITTED"},
    "streams": {"stream_results": True, "max_row_buffer": 1},
    "yields": {"yield_per": 1},
    "streams in autocommit": {"isolation_level": "AUTOCOMMIT", "stream_results": True},
}


@pytest.fixture(params=["on their engine", "in create_engine", "on ours", "on the monitor's"])
def made(request: pytest.FixtureRequest, options: dict[str, object], empty: URL) -> Iterator[Engine]:
    """An engine with options, from all the places where a user can set them."""
    theirs = empty.set(drivername=PSYCOPG)
    how = {
        "on their engine": lambda: sqlalchemy.create_engine(theirs).execution_options(**options),
        "in create_engine": lambda: sqlalchemy.create_engine(theirs, execution_options=options),
        "on ours": lambda: create_engine(empty).execution_options(**options),
        "on the monitor's": lambda: ETLMonitor(empty).engine.execution_options(**options),
    }
    engine = how[request.param]()
    yield engine
    engine.dispose()


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_options_of_an_engine_reach_neither_the_calls_nor_the_migrations_of_the_monitor(
    made: Engine, options: dict[str, object]
) -> None:
    monitor = ETLMonitor(made)
    seen: set[tuple[str, bool, str | None]] = set()

    def look(connection, cursor, statement, parameters, context, executemany) -> None:
        driver = connection.connection.dbapi_connection
        level = driver.isolation_level
        seen.add((level.name if level else "", driver.autocommit, cursor.name if hasattr(cursor, "name") else None))

    event.listen(monitor.engine, "before_cursor_execute", look)
    monitor.setup()
    assert migrations.check(monitor.engine, "etl") == []
    monitor.register_process(*HR).register_task(*HR, 1, 1, 2, "Load")
    monitor.start_run(*HR, "2026-04-09", execution_id="run-1").status()

    assert seen == {("REPEATABLE_READ", False, None)}


@pytest.mark.parametrize("options", [{"isolation_level": "AUTOCOMMIT"}], ids=["autocommit"])
def test_migration_that_fails_on_an_engine_in_autocommit_leaves_nothing(
    made: Engine, options: dict[str, object]
) -> None:
    def refuse(connection, cursor, statement, parameters, context, executemany) -> None:
        if "v_watermarks" in statement:
            raise LookupError

    monitor = ETLMonitor(made)
    event.listen(monitor.engine, "before_cursor_execute", refuse)
    with pytest.raises(LookupError):
        migrations.upgrade(monitor.engine, "etl")
    assert not sqlalchemy.inspect(made).has_schema("etl")


def test_session_for_the_users_own_work_keeps_the_isolation_of_their_engine(url: URL) -> None:
    engine = sqlalchemy.create_engine(url.set(drivername=PSYCOPG), isolation_level="SERIALIZABLE")
    monitor = ETLMonitor(engine)
    monitor.get_status(*HR)
    with monitor.session() as session:
        assert session.scalar(text("SHOW transaction_isolation")) == "serializable"
    engine.dispose()
