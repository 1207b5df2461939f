"""A log handler holds up no job: it backs off, waits for a bounded time, and cannot be stopped by one record."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import event

from etl_monitor_orm import EtlLogHandler, ETLMonitor, ProcessingStep, Run, Status, SysLog, create_engine, log_writer
from tests.patience import PATIENT

Away = Callable[..., AbstractContextManager[list[str]]]
Attach = Callable[..., EtlLogHandler]
Lines = Callable[[], list[str | None]]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the time by which the handler's pauses are measured; it stands still otherwise."""
    began, passed = monotonic(), 0.0

    def move(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    monkeypatch.setattr(log_writer, "monotonic", lambda: began + passed)
    return move


@pytest.fixture
def stalled(hr: ETLMonitor) -> Iterator[Callable[[], AbstractContextManager[list[str]]]]:
    """Make a block in which writing a receipt takes until the block ends; it yields the attempts."""
    attempts: list[str] = []
    over = threading.Event()

    def wait(connection, cursor, statement, parameters, context, executemany) -> None:
        if "ETLsysLogs" in statement and statement.startswith("INSERT"):
            attempts.append(statement)
            over.wait(timeout=PATIENT)

    @contextmanager
    def block() -> Iterator[list[str]]:
        event.listen(hr.engine, "before_cursor_execute", wait)
        try:
            yield attempts
        finally:
            over.set()

    yield block
    event.remove(hr.engine, "before_cursor_execute", wait)


# Away


def test_handler_asks_a_database_that_is_away_less_and_less_often(
    log: logging.Logger, attach: Attach, away: Away, later: Callable[[float], None]
) -> None:
    attach(capacity=1)
    tries = []
    with away() as attempts:
        for _ in range(400):
            log.info("one")
            tries.append(len(attempts))
            later(1)

    assert tries[:3] == [1, 2, 3]
    assert (tries[10], tries[100]) == (6, 9)
    assert tries[-1] == 14  # a minute between two tries at most


def test_handler_writes_by_itself_when_the_database_is_back(
    log: logging.Logger, attach: Attach, away: Away, lines: Lines, later: Callable[[float], None]
) -> None:
    attach(capacity=1)
    with away():
        for number in range(5):
            log.info("line %d", number)
    later(60)
    log.info("line 5")

    assert lines() == [f"line {number}" for number in range(6)]


def test_handler_complains_once_of_a_database_that_is_away_and_counts_what_it_drops(
    log: logging.Logger, attach: Attach, away: Away, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = attach(capacity=2)
    with away():
        for number in range(50):
            log.info("line %d", number)
            handler.flush()
    handler.flush()

    assert handler.dropped == 30
    assert capsys.readouterr().err.splitlines() == [
        "etl-monitor: 1 log records could not be written and wait for the next batch: the disk is gone",
        "etl-monitor: log records are written again; the oldest 30 were dropped meanwhile.",
    ]


def test_handler_complains_again_of_the_next_outage(
    log: logging.Logger, attach: Attach, away: Away, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = attach()
    for _ in range(2):
        log.info("one")
        with away():
            handler.flush()
        handler.flush()

    assert capsys.readouterr().err.count("the disk is gone") == 2


def test_handler_says_at_the_end_how_many_records_are_lost(
    log: logging.Logger, attach: Attach, away: Away, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = attach()
    log.info("one")
    log.info("two")
    with away():
        handler.close()

    assert "2 log records could not be written before the end" in capsys.readouterr().err


# Stalled


def test_handler_whose_write_stalls_lets_the_job_go_on(
    run: Run,
    log: logging.Logger,
    attach: Attach,
    stalled: Callable[[], AbstractContextManager[list[str]]],
    step: Callable[..., ProcessingStep],
    lines: Lines,
    capsys: pytest.CaptureFixture[str],
) -> None:
    handler = attach(capacity=1, timeout=1)
    begin = monotonic()
    with stalled() as attempts:
        for task_id in (1, 2, 3):
            with run.task(task_id):
                for number in range(100):
                    log.info("task %d line %d", task_id, number)
        took = monotonic() - begin
        assert len(attempts) == 1
    handler._writer._timeout = 60  # the database answers again, and a busy machine may take its time
    handler.flush()

    assert took < 150, "it waited for more than half of the 300 lines"
    assert [step(task_id).status for task_id in (1, 2, 3)] == [Status.DONE] * 3
    assert lines()[0] == "task 1 line 0"
    assert lines()[-1] == "task 3 line 99"
    assert capsys.readouterr().err.count("does not answer") == 1


def test_handler_whose_write_stalls_lets_the_program_end(
    log: logging.Logger,
    attach: Attach,
    stalled: Callable[[], AbstractContextManager[list[str]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    handler = attach(timeout=0.2)
    log.info("one")
    with stalled():
        handler.flush()
        handler.close()

    assert "1 log records could not be written before the end" in capsys.readouterr().err


def test_handler_whose_write_stalls_is_waited_for_when_it_is_flushed(
    log: logging.Logger, attach: Attach, stalled: Callable[[], AbstractContextManager[list[str]]], lines: Lines
) -> None:
    handler = attach(timeout=PATIENT)  # a warehouse that has just started takes its time
    log.info("one")
    with stalled():
        flushing = threading.Thread(target=handler.flush)
        flushing.start()
    flushing.join(timeout=PATIENT)

    assert lines() == ["one"]


# Locks of the database layer


def test_handler_of_records_that_a_connect_listener_makes_does_not_hang(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'monitor.duckdb'}"
    ETLMonitor(url).setup().close()
    engine = create_engine(url)
    log = logging.getLogger("loads.connect")
    log.propagate = False
    event.listen(engine, "connect", lambda *_: log.warning("connected"))
    monitor = ETLMonitor(engine)
    handler = EtlLogHandler(monitor, capacity=1, timeout=PATIENT)
    log.addHandler(handler)
    try:
        begin = monotonic()
        with monitor.engine.connect():
            pass
        assert monotonic() - begin < 30, "it waited for itself"
        handler.flush()
        with monitor.session() as session:
            assert {line.message for line in session.query(SysLog)} == {"connected"}
    finally:
        log.removeHandler(handler)
        handler.close()
        engine.dispose()


# Where the tables are still to be made, a small handler may drop records: it waits between tries, and keeps ten.
@pytest.mark.parametrize(("capacity", "is_new"), [(1, False), (500, True)])
def test_handler_of_all_records_does_not_hang_from_the_first_connection_on(
    tmp_path: Path, capacity: int, is_new: bool
) -> None:
    program = """
import faulthandler, logging, sys
from etl_monitor_orm import EtlLogHandler, ETLMonitor
faulthandler.dump_traceback_later(60, exit=True)
monitor = ETLMonitor(sys.argv[1])
# What it writes is looked at, so on a busy machine it waits longer than a job would.
logging.getLogger().addHandler(EtlLogHandler(monitor, capacity=int(sys.argv[2]), timeout=30))
logging.getLogger().setLevel(logging.DEBUG)
logging.getLogger("sqlalchemy").setLevel(logging.DEBUG)
monitor.setup()
monitor.register_process("P", "L").register_task("P", "L", 1, 1, 2, "Load")
with monitor.start_run("P", "L", "2026-04-09").task(1):
    logging.warning("the job works")
monitor.close()
with monitor.session() as session:
    session.connection()
"""
    database = f"duckdb:///{tmp_path / 'monitor.duckdb'}"
    if not is_new:
        monitor = ETLMonitor(database)
        monitor.setup()
        monitor.close()
    subprocess.run([sys.executable, "-c", program, database, str(capacity)], check=True, timeout=PATIENT)

    monitor = ETLMonitor(database)
    with monitor.session() as session:
        messages = [line.message for line in session.query(SysLog)]
    monitor.close()
    assert messages.count("the job works") == 1


def test_handler_in_a_forked_child_leaves_the_parents_records_to_the_parent(
    log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    handler = attach()
    log.info("one")
    with handler._writer._holding:  # as if another thread were at work: in the child it would never end
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            signal.alarm(30)
            log.info("of the child")
            os.write(writing, str(len(handler._writer._records)).encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        held = said.read()
    os.waitpid(child, 0)
    handler.flush()

    assert (held, lines()) == ("1", ["one"])


# Records that cannot be written


@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "middle", "last"])
def test_handler_writes_the_others_of_a_batch_with_a_record_that_is_refused(
    hr: ETLMonitor,
    log: logging.Logger,
    attach: Attach,
    lines: Lines,
    capsys: pytest.CaptureFixture[str],
    place: int,
) -> None:
    handler = attach()

    def refuse(connection, cursor, statement, parameters, context, executemany) -> None:
        if "poison" in str(parameters):
            raise ValueError("refused")

    event.listen(hr.engine, "before_cursor_execute", refuse)
    messages = ["one", "two"]
    messages.insert(place, "poison \x1b")
    for message in messages:
        log.info(message)
    handler.flush()
    log.info("three")
    handler.flush()
    event.remove(hr.engine, "before_cursor_execute", refuse)

    assert lines() == ["one", "two", "three"]
    (said,) = capsys.readouterr().err.splitlines()
    assert "'loads.hr' was left out: 'poison \\x1b' cannot be written: ValueError: refused" in said


class Odd(logging.Formatter):
    """It formats as nothing that is text."""

    def format(self, record: logging.LogRecord) -> str:
        return {"message": record.getMessage()}  # type: ignore[return-value]


def test_handler_with_a_formatter_that_returns_no_text_writes_it_as_text(
    log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    handler = attach()
    handler.setFormatter(Odd())
    log.info("one")
    handler.flush()

    assert lines() == ["{'message': 'one'}"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("created", 1e18), ("created", float("nan")), ("created", None), ("name", 7), ("funcName", 7), ("msg", 7)],
)
def test_handler_writes_a_record_with_an_odd_field_and_the_others(
    log: logging.Logger, attach: Attach, lines: Lines, field: str, value: object
) -> None:
    handler = attach()
    record = log.makeRecord("loads.hr", logging.INFO, "load.py", 7, "one", (), None)
    setattr(record, field, value)
    log.info("first")
    handler.handle(record)
    log.info("last")
    handler.flush()

    assert lines() == ["first", "7" if field == "msg" else "one", "last"]


@pytest.mark.parametrize("year", [1, 1900, 9999])
def test_handler_writes_a_record_of_a_distant_time_and_the_others(
    log: logging.Logger, attach: Attach, lines: Lines, year: int
) -> None:
    handler = attach()
    record = log.makeRecord("loads.hr", logging.INFO, "load.py", 7, "one", (), None)
    record.created = datetime(year, 6, 1, tzinfo=UTC).timestamp()
    handler.handle(record)
    log.info("two")
    handler.flush()

    assert lines() == ["one", "two"]
