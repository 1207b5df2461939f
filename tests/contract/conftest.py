"""The contract's suite runs on every backend: a test asks for `monitor` and gets one on each of them in turn."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date
from typing import TYPE_CHECKING, TypeVar

import pytest
from sqlalchemy import Engine, event, select

from etl_monitor_orm import (
    EtlLogHandler,
    ETLMonitor,
    ManualClock,
    Process,
    ProcessingStep,
    Run,
    Status,
    SysLog,
)
from etl_monitor_orm.at_work import entered
from etl_monitor_orm.keys import ProcessKey, RunKey
from tests.databases import Database, ServedDatabase, WarehouseDatabase, migrated, monitor_url
from tests.patience import PATIENT

if TYPE_CHECKING:
    from tests.postgres import Server
    from tests.warehouse import Warehouse

T = TypeVar("T")


@pytest.fixture(autouse=True)
def _own_task() -> Iterator[None]:
    """No test is inside of a task that another one left open."""
    token = entered.set(None)
    yield
    entered.reset(token)


@pytest.fixture
def clock(etl_clock: ManualClock) -> ManualClock:
    return etl_clock


@pytest.fixture(scope="session")
def duckdb_database() -> Iterator[Database]:
    """A migrated DuckDB database in memory: each test finds it empty, as migrations take far longer than a test."""
    monitor = ETLMonitor("duckdb:///:memory:").setup()
    with monitor.engine.connect():  # a database in memory lives as long as somebody is connected
        yield ServedDatabase(monitor.engine)
    monitor.close()


@pytest.fixture(scope="session")
def postgresql_database(postgres: Server) -> Iterator[Database]:
    """A migrated database on the tests' own PostgreSQL server; each test finds it empty."""
    name = postgres.new_database()
    monitor = ETLMonitor(postgres.url(name)).setup()
    yield ServedDatabase(monitor.engine)
    monitor.close()
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def databricks_database(warehouse: Warehouse) -> Iterator[Database]:
    """The monitor's schema on the local warehouse; each test finds it as the migrations left it."""
    migrated(warehouse)
    monitor = ETLMonitor(monitor_url(warehouse))
    yield WarehouseDatabase(monitor.engine, warehouse)
    monitor.close()


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Callable[[str], Database]:
    """The database of a backend, made when its first test asks for it."""
    return lambda backend: request.getfixturevalue(f"{backend}_database")


@pytest.fixture
def database(backend: str, databases: Callable[[str], Database]) -> Database:
    """The database of the backend whose turn it is, empty and migrated."""
    there = databases(backend)
    there.empty()
    return there


@pytest.fixture
def monitor(database: Database, clock: ManualClock) -> ETLMonitor:
    """A monitor on an empty, migrated database of each backend, its clock in the test's hands."""
    # An engine of the test's own over the shared connections: what listens to it is gone with the test.
    return ETLMonitor(database.engine.execution_options(), clock=clock, actor="pytest")


@pytest.fixture
def empty(database: Database) -> Callable[[], None]:
    """Empty the database again: each example of a property starts from nothing."""
    return database.empty


class Statements:
    """Counts what reads or writes; LOCK TABLE, by which PostgreSQL's transactions wait for each other, does neither."""

    def __init__(self, engine: Engine) -> None:
        self.sql: list[str] = []
        event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, parameters, context, executemany) -> None:
        if not statement.startswith("LOCK TABLE"):
            self.sql.append(statement)

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """Yield the list of statements that the block executes."""
        self.sql.clear()
        executed: list[str] = []
        yield executed
        executed.extend(self.sql)


@pytest.fixture
def statements(monitor: ETLMonitor) -> Statements:
    return Statements(monitor.engine)


def _register_hr(monitor: ETLMonitor) -> None:
    monitor.register_process("CORP", "HR_DAILY", name="HR daily load", owner="HR team")
    monitor.register_parameter("CORP", "HR_DAILY", "SYSDT", "SYSTEM")
    monitor.register_parameter("CORP", "HR_DAILY", "LoadEmployees", "DELTA_DATE")
    monitor.register_parameter("CORP", "HR_DAILY", "LoadEvents", "DELTA_ID", value_int=0)
    monitor.register_task("CORP", "HR_DAILY", 0, 0, 0, "Initiation")
    monitor.register_task("CORP", "HR_DAILY", 1, 1, 2, "Load employees", source_system_code="LoadEmployees")
    monitor.register_task(
        "CORP", "HR_DAILY", 2, 1, 2, "Load events", source_system_code="LoadEvents", task_mandatory=False
    )
    monitor.register_task("CORP", "HR_DAILY", 3, 1, 6, "Build mart", expected_duration_seconds=60)


@pytest.fixture
def hr(monitor: ETLMonitor, database: Database) -> ETLMonitor:
    """CORP/HR_DAILY: an initiation, two parallel loads (one optional), a dependent mart, and their watermarks."""
    # Restoring the rows is far quicker than registering them again.
    if database.restore("hr"):
        monitor._runtime.schema_is_current()  # as after any call
    else:
        _register_hr(monitor)
        database.save("hr")
    return monitor


@pytest.fixture
def prepare(monitor: ETLMonitor, database: Database, clock: ManualClock) -> Callable[..., None]:
    """Do what prepares a test: a function whose work depends on its arguments, the rows and the clock alone.

    Where that takes long, the rows that it left are put back when it is to be done again.
    """

    def do(make: Callable[..., object], *arguments: object) -> None:
        key = make.__code__.co_filename, make.__code__.co_firstlineno, *arguments
        if not database.once(key, lambda: make(*arguments), clock):
            steps = database.rows()["ETLProcessingSteps"]
            monitor._runtime._seen.note(_mapped(ProcessingStep, row) for row in steps)  # as after most calls

    return do


def _mapped(kind: type[T], row: dict[str, object]) -> T:
    columns = kind.__mapper__.columns
    return kind(**{name: row[column.name] for name, column in columns.items()})


@pytest.fixture
def run(hr: ETLMonitor, prepare: Callable[..., None]) -> Run:
    """A run of CORP/HR_DAILY, its four steps queued and none started."""

    def queue() -> None:
        hr.start_run("CORP", "HR_DAILY", "2026-04-09", execution_id="run-1")

    prepare(queue)
    return Run(hr._runtime, RunKey(ProcessKey("CORP", "HR_DAILY"), "run-1", date(2026, 4, 9)))


@pytest.fixture
def rows(monitor: ETLMonitor) -> Callable[..., list[T]]:
    """Read the mapped rows of a table or view that have these values, in the order of their keys."""

    def read(kind: type[T], **values: object) -> list[T]:
        keys = kind.__mapper__.primary_key
        with monitor.session() as session:
            return list(session.scalars(select(kind).filter_by(**values).order_by(*keys)))

    return read


@pytest.fixture
def row(rows: Callable[..., list[T]]) -> Callable[..., T]:
    """Read the one mapped row that has these values."""

    def read(kind: type[T], **values: object) -> T:
        (found,) = rows(kind, **values)
        return found

    return read


@pytest.fixture
def step(row: Callable[..., ProcessingStep]) -> Callable[..., ProcessingStep]:
    """Read a step of `run`: by its task alone while it has one attempt."""

    def read(task_id: int, attempts: int | None = None, execution_id: str = "run-1") -> ProcessingStep:
        wanted = {} if attempts is None else {"attempts": attempts}
        return row(ProcessingStep, task_id=task_id, execution_id=execution_id, **wanted)

    return read


@pytest.fixture
def tables(monitor: ETLMonitor, database: Database) -> Callable[[], dict[str, list[dict[str, object]]]]:
    """Read all tables: each row with its columns, in a fixed order."""
    return lambda: {table: sorted(rows, key=repr) for table, rows in database.rows().items()}


@pytest.fixture
def unchanged(tables: Callable[[], object]) -> Callable[[], AbstractContextManager[None]]:
    """Make a block that must leave all tables as they were."""

    @contextmanager
    def check() -> Iterator[None]:
        before = tables()
        yield
        assert tables() == before

    return check


@pytest.fixture
def refused(unchanged: Callable[[], AbstractContextManager[None]]) -> Callable[..., AbstractContextManager[None]]:
    """Make a block that must raise exactly this error, say these words, and leave all tables as they were."""

    @contextmanager
    def check(error: type[Exception], *words: str) -> Iterator[None]:
        with unchanged(), pytest.raises(error) as caught:
            yield
        assert caught.type is error
        missing = [word for word in words if word not in str(caught.value)]
        assert not missing, f"{missing} not said in: {caught.value}"

    return check


@pytest.fixture
def changed_steps(tables: Callable[[], dict[str, list[dict[str, object]]]]) -> Callable[..., object]:
    """Make a block that may change steps only, and name the tasks whose steps it changed or added."""

    @contextmanager
    def check() -> Iterator[list[int]]:
        before = tables()
        tasks: list[int] = []
        yield tasks
        after = tables()
        steps_before, steps_after = before.pop("ETLProcessingSteps"), after.pop("ETLProcessingSteps")
        assert after == before
        tasks.extend(sorted(found["TaskID"] for found in steps_after if found not in steps_before))

    return check


@pytest.fixture
def work(clock: ManualClock) -> Callable[..., None]:
    """Do a task of a run for some seconds."""

    def do(run: Run, task_id: int, seconds: float = 10) -> None:
        with run.task(task_id):
            clock.advance(seconds)

    return do


@pytest.fixture
def fail(clock: ManualClock) -> Callable[..., None]:
    """Do a task of a run for some seconds, and fail."""

    def do(run: Run, task_id: int, seconds: float = 10) -> None:
        with suppress(OSError), run.task(task_id):
            clock.advance(seconds)
            raise OSError("source is down")

    return do


@pytest.fixture
def is_apart(monitor: ETLMonitor) -> Callable[[str], None]:
    """Use a separate schema, and see that its rows are not the default schema's."""

    def check(schema: str) -> None:
        other = ETLMonitor(monitor.engine, schema=schema).setup()
        other.register_process("CORP", "HR_DAILY").register_task("CORP", "HR_DAILY", 1, 1, 2, "Load")
        with other.start_run("CORP", "HR_DAILY", "2026-04-09").task(1):
            pass
        with monitor.session() as session:
            assert session.scalars(select(Process)).all() == []
        (status,) = other.get_status("CORP", "HR_DAILY", "2026-04-09")
        assert (other.schema, status.status) == (schema, Status.DONE)

    return check


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A logger that leads nowhere else."""
    logger = logging.getLogger("loads.hr")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield logger
    logger.handlers.clear()


@pytest.fixture
def attach(hr: ETLMonitor, log: logging.Logger) -> Iterator[Callable[..., EtlLogHandler]]:
    """Attach a handler to `log`, and to other loggers by name."""
    handlers: list[EtlLogHandler] = []
    loggers = [log]

    def do(*others: str, **arguments: object) -> EtlLogHandler:
        handlers.append(EtlLogHandler(hr, **{"timeout": PATIENT, **arguments}))
        loggers.extend(logging.getLogger(name) for name in others)
        for logger in loggers:
            logger.addHandler(handlers[-1])
        return handlers[-1]

    yield do
    for handler in handlers:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()
    for thread in threading.enumerate():
        if thread.name == "etl-monitor-log":  # a write that a test gave up would land in the next test's table
            thread.join(timeout=PATIENT)


@pytest.fixture
def lines(rows: Callable[..., list[SysLog]]) -> Callable[[], list[str | None]]:
    """Read the messages that were written, in order."""
    return lambda: [line.message for line in rows(SysLog)]


@pytest.fixture
def away(hr: ETLMonitor) -> Callable[..., AbstractContextManager[list[str]]]:
    """Make a block in which no receipt can be written; it yields the attempts that were made."""

    @contextmanager
    def block(trouble: BaseException | None = None) -> Iterator[list[str]]:
        attempts: list[str] = []

        def refuse(connection, cursor, statement, parameters, context, executemany) -> None:
            if "ETLsysLogs" in statement and statement.startswith("INSERT"):
                attempts.append(statement)
                raise trouble or OSError("the disk is gone")

        event.listen(hr.engine, "before_cursor_execute", refuse)
        try:
            yield attempts
        finally:
            event.remove(hr.engine, "before_cursor_execute", refuse)

    return block


@pytest.fixture
def sql_log() -> Iterator[logging.Logger]:
    """SQLAlchemy's own logger, at its most talkative, and leading nowhere else."""
    logger = logging.getLogger("sqlalchemy")
    before = (logger.level, logger.propagate)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield logger
    logger.setLevel(before[0])
    logger.propagate = before[1]
