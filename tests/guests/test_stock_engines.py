"""An engine that somebody made in the ordinary way: the monitor works on it, and it stays theirs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb_engine
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, QueuePool, SingletonThreadPool, StaticPool

import etl_monitor_orm
from etl_monitor_orm import ConfigurationError, DatabaseError, ETLMonitor, Process, Status
from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.schemas import schema_map
from tests.guests.processes import run


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = sa.create_engine(f"duckdb:///{tmp_path / 'theirs.duckdb'}")
    yield engine
    engine.dispose()


@pytest.fixture(params=["duckdb", "duckdb+monitor"])
def theirs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    engine = sa.create_engine(f"{request.param}:///{tmp_path / 'theirs.duckdb'}")
    yield engine
    engine.dispose()


def load(monitor: ETLMonitor) -> list[str]:
    monitor.register_process("P", "L").register_task("P", "L", 1, 1, 2, "One")
    started = monitor.start_run("P", "L", "2026-01-01")
    with started.task(1):
        pass
    return [step.status.value for step in started.status()]


def test_plain_engine_given_to_the_monitor_carries_a_whole_run(theirs: sa.Engine) -> None:
    assert load(ETLMonitor(theirs).setup()) == ["DONE"]


@pytest.mark.parametrize("pool", [QueuePool, NullPool])
def test_plain_engine_with_either_pool_carries_a_whole_run(tmp_path: Path, pool: type[sa.Pool]) -> None:
    engine = sa.create_engine(f"duckdb:///{tmp_path / 'theirs.duckdb'}", poolclass=pool)
    assert load(ETLMonitor(engine).setup()) == ["DONE"]
    engine.dispose()


def test_plain_engine_on_a_named_database_in_memory_shares_it(tmp_path: Path) -> None:
    engine = sa.create_engine("duckdb:///:memory:guests")
    ETLMonitor(engine).setup().register_process("P", "L")
    with Session(engine) as session:
        assert session.get(Process, ("P", "L")) is not None
    engine.dispose()


@pytest.mark.parametrize("first", ["sqlalchemy", "etl_monitor_orm"])
def test_plain_engine_is_accepted_whatever_was_imported_first(tmp_path: Path, first: str) -> None:
    program = f"""
import {first}, sqlalchemy
engine = sqlalchemy.create_engine("duckdb:///theirs.duckdb")
engine.connect().close()
from etl_monitor_orm import ETLMonitor
print(ETLMonitor(engine).setup().register_process("P", "L").get_status("P", "L", "2026-01-01"))
"""
    assert run(program, tmp_path) == "[]\n"


def test_results_of_one_connection_read_side_by_side_stay_apart(stock: sa.Engine) -> None:
    with ETLMonitor(stock).engine.connect() as connection:
        one = connection.execute(sa.text("SELECT range FROM range(5000)"))
        first = one.fetchone()
        other = connection.execute(sa.text("SELECT 'other'")).all()
        rest = one.all()

    assert first == (0,)
    assert other == [("other",)]
    assert rest == [(number,) for number in range(1, 5000)]


def test_their_engine_after_setup_work_and_close_is_as_it_was(stock: sa.Engine) -> None:
    heard: list[str] = []
    sa.event.listen(stock, "before_cursor_execute", lambda *given: heard.append(given[2]))
    sa.event.listen(stock, "connect", lambda driver, record: driver.execute("SET TimeZone = 'Asia/Kathmandu'"))
    kept, dialect, pool = dict(vars(stock)), dict(vars(stock.dialect)), stock.pool
    with stock.connect() as connection:
        wrapper = connection.connection.dbapi_connection
        before = dict(vars(wrapper))

    monitor = ETLMonitor(stock).setup()
    load(monitor)
    monitor.close()

    assert (stock.pool, stock.pool._dialect) == (pool, stock.dialect)
    assert {name: value for name, value in vars(stock).items() if name in kept} == kept
    assert {name: value for name, value in vars(stock.dialect).items() if name in dialect} == dialect
    assert heard == []
    with stock.connect() as connection:
        assert type(connection.connection.dbapi_connection) is duckdb_engine.ConnectionWrapper
        assert type(connection.execute(sa.text("SELECT 1")).cursor) is duckdb_engine.CursorWrapper
        assert connection.scalar(sa.text("SELECT current_setting('TimeZone')")) == "Asia/Kathmandu"
    assert {name: value for name, value in vars(wrapper).items() if name in before} == before


def test_close_of_the_monitor_leaves_their_connections_open(theirs: sa.Engine) -> None:
    with theirs.connect():
        pass
    ETLMonitor(theirs).setup().close()
    assert theirs.pool.checkedin() > 0


def test_dispose_of_their_engine_frees_the_file_each_time_the_monitor_used_it(stock: sa.Engine, tmp_path: Path) -> None:
    monitor = ETLMonitor(stock).setup()
    program = "import duckdb; print(duckdb.connect('theirs.duckdb').execute('SELECT 1').fetchall())"
    for _ in range(2):
        load(monitor)
        stock.dispose()
        assert run(program, tmp_path) == "[(1,)]\n"


def test_execution_options_of_their_engine_are_kept_beside_the_monitors_schema(stock: sa.Engine) -> None:
    mapped = stock.execution_options(schema_translate_map={"shop": "corner_shop"}, their_own="option")
    engine = ETLMonitor(mapped, schema="watched").engine

    assert engine.get_execution_options() == {
        "schema_translate_map": {"shop": "corner_shop", **schema_map("watched")},
        "their_own": "option",
    }
    assert mapped.get_execution_options()["schema_translate_map"] == {"shop": "corner_shop"}


WAYS: dict[str, Callable[[str], sa.Engine]] = {
    "connect": lambda file: sa.create_engine(f"duckdb+monitor:///{file}", isolation_level="AUTOCOMMIT"),
    "options": lambda file: sa.create_engine(f"duckdb:///{file}").execution_options(isolation_level="AUTOCOMMIT"),
    "create": lambda file: sa.create_engine(f"duckdb:///{file}", execution_options={"isolation_level": "AUTOCOMMIT"}),
    "ours": lambda file: etl_monitor_orm.create_engine(f"duckdb:///{file}").execution_options(
        isolation_level="AUTOCOMMIT"
    ),
    "monitor": lambda file: ETLMonitor(f"duckdb:///{file}").engine.execution_options(isolation_level="AUTOCOMMIT"),
    "streams": lambda file: etl_monitor_orm.create_engine(f"duckdb:///{file}").execution_options(
        isolation_level="AUTOCOMMIT", stream_results=True, yield_per=1
    ),
}
"""Ways to make an engine that commits after each statement."""


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def autocommit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    engine: sa.Engine = request.param(str(tmp_path / "theirs.duckdb"))
    yield engine
    engine.dispose()


def test_end_of_a_task_in_autocommit_whose_watermark_fails_is_rolled_back(autocommit: sa.Engine) -> None:
    monitor = ETLMonitor(autocommit).setup()
    monitor.register_process("P", "L").register_parameter("P", "L", "ID", "DELTA_ID", value_int=0)
    monitor.register_task("P", "L", 1, 1, 2, "One", source_system_code="ID")
    run = monitor.start_run("P", "L", "2026-01-01")

    def work() -> None:
        with run.task(1) as task:
            task.advance(5)
            with monitor.engine.connect() as connection, connection.begin():
                connection.execute(sa.text('ALTER TABLE etl."ETLconfigParameters" DROP COLUMN "ValueInt"'))

    with pytest.raises(DatabaseError):
        work()

    assert [step.status for step in run.status()] == [Status.NQUE]


def test_migration_in_autocommit_that_fails_leaves_nothing(autocommit: sa.Engine) -> None:
    monitor = ETLMonitor(autocommit)
    sa.event.listen(monitor.engine, "before_cursor_execute", _fail_at_a_view)
    with pytest.raises(LookupError):
        monitor.setup()

    assert not sa.inspect(monitor.engine).has_schema("etl")


def _fail_at_a_view(connection: object, cursor: object, statement: str, *rest: object) -> None:
    if "CREATE VIEW" in statement:
        raise LookupError


def test_own_session_on_an_engine_in_autocommit_keeps_it(autocommit: sa.Engine) -> None:
    with ETLMonitor(autocommit).setup().session() as session:
        assert session.connection().get_isolation_level() == "AUTOCOMMIT"


def test_plain_engine_that_cannot_connect_at_an_isolation_level_is_refused(tmp_path: Path) -> None:
    engine = sa.create_engine(f"duckdb:///{tmp_path / 'theirs.duckdb'}", isolation_level="AUTOCOMMIT")

    with pytest.raises(ConfigurationError, match=r"duckdb-engine cannot connect with isolation_level="):
        ETLMonitor(engine)


def test_monitors_on_one_database_take_turns_whichever_engine_they_have(stock: sa.Engine, tmp_path: Path) -> None:
    link = tmp_path / "link.duckdb"
    link.symlink_to(tmp_path / "theirs.duckdb")
    other = etl_monitor_orm.create_engine(f"duckdb:///{link}")
    adopted = ETLMonitor(stock).engine
    free: list[bool] = []

    def look() -> None:
        lock = backend_of(other).alone(other)
        free.append(lock.acquire(blocking=False))

    with backend_of(adopted).alone(adopted):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    assert free == [False]
    other.dispose()


class AnotherDialect(duckdb_engine.Dialect):
    """Somebody's own, of which nobody knows what its connections do."""


def of_another_dialect() -> sa.Engine:
    engine = sa.create_engine("duckdb:///:memory:another")
    engine.dialect = AnotherDialect()
    return engine


def a_connection() -> sa.Connection:
    return sa.create_engine("sqlite://").connect()


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "unnamed memory": (lambda: sa.create_engine("duckdb:///:memory:"), "memory"),
    "no database": (lambda: sa.create_engine("duckdb://"), "memory"),
    "ours, unnamed memory": (lambda: sa.create_engine("duckdb+monitor:///:memory:"), "memory"),
    "static": (lambda: sa.create_engine("duckdb:///x.duckdb", poolclass=StaticPool), "StaticPool"),
    "by thread": (lambda: sa.create_engine("duckdb:///x.duckdb", poolclass=SingletonThreadPool), "SingletonThreadPool"),
    "no pool in memory": (lambda: sa.create_engine("duckdb:///:memory:n", poolclass=NullPool), "NullPool"),
    "another dialect": (of_another_dialect, "AnotherDialect"),
    "a connection": (a_connection, "Connection"),
    "a session": (Session, "Session"),
    "a path": (lambda: Path("x.duckdb"), "Path"),
    "a number": (lambda: 7, "int"),
}


@pytest.mark.parametrize(("make", "word"), REFUSED.values(), ids=REFUSED)
def test_database_that_cannot_be_made_safe_is_refused_in_words(
    make: Callable[[], object], word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = make()
    with pytest.raises(ConfigurationError, match=r"etl_monitor_orm\.create_engine") as refusal:
        ETLMonitor(given)  # type: ignore[arg-type]

    assert word in str(refusal.value)
    assert list(tmp_path.iterdir()) == []
    if isinstance(given, sa.Connection):
        given.engine.dispose()
        given.close()


def test_engine_of_another_database_is_refused_with_those_that_work() -> None:
    engine = sa.create_engine("sqlite://")
    with pytest.raises(ConfigurationError, match=r"no backend for sqlite:// URLs.*duckdb://"):
        ETLMonitor(engine)
    engine.dispose()


def test_connections_that_a_creator_made_otherwise_are_refused_when_used(tmp_path: Path) -> None:
    import duckdb

    file = str(tmp_path / "theirs.duckdb")
    engine = sa.create_engine(f"duckdb+monitor:///{file}", creator=lambda: duckdb.connect(file))
    with pytest.raises(etl_monitor_orm.DatabaseError, match="without a creator"):
        ETLMonitor(engine).get_status("P", "L")
    engine.dispose()
