"""Python's logging as run receipts: batched, flushed at a task's end and at exit, and never in the job's way."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from etl_monitor_orm import EtlLogHandler, ETLMonitor, LogLevel, ProcessingStep, Run, SysLog

HR = ("CORP", "HR_DAILY")

Away = Callable[..., AbstractContextManager[list[str]]]
Attach = Callable[..., EtlLogHandler]
Lines = Callable[[], list[str | None]]


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A logger that leads nowhere else."""
    logger = logging.getLogger("loads.hr")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield logger
    logger.handlers.clear()


@pytest.fixture
def attach(hr: ETLMonitor, log: logging.Logger) -> Iterator[Attach]:
    """Attach a handler to `log`, and to other loggers by name."""
    handlers: list[EtlLogHandler] = []
    loggers = [log]

    def do(*others: str, **arguments: object) -> EtlLogHandler:
        handlers.append(EtlLogHandler(hr, **arguments))
        loggers.extend(logging.getLogger(name) for name in others)
        for logger in loggers:
            logger.addHandler(handlers[-1])
        return handlers[-1]

    yield do
    for handler in handlers:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()


@pytest.fixture
def lines(rows: Callable[..., list[SysLog]]) -> Lines:
    """Read the messages that were written, in order."""
    return lambda: [line.message for line in rows(SysLog)]


@pytest.fixture
def away(hr: ETLMonitor) -> Away:
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


def test_given_fewer_records_than_a_batch_then_they_are_held_back(
    log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    attach(capacity=3)
    log.info("one")
    log.info("two")

    assert lines() == []


def test_given_a_full_batch_then_it_is_written_in_one_statement(
    hr: ETLMonitor, log: logging.Logger, attach: Attach, lines: Lines, statements
) -> None:
    attach(capacity=3)
    with statements.counted() as executed:
        for message in ("one", "two", "three", "four"):
            log.info(message)

    assert len(executed) == 1
    assert lines() == ["one", "two", "three"]


def test_given_a_batch_that_was_written_then_the_next_one_is_as_long(
    log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    attach(capacity=2)
    for message in ("one", "two", "three"):
        log.info(message)

    assert lines() == ["one", "two"]


def test_given_records_that_are_held_back_when_the_handler_is_flushed_then_they_are_written(
    log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    handler = attach()
    log.info("one")
    handler.flush()

    assert lines() == ["one"]


def test_given_written_records_when_the_handler_is_flushed_again_then_nothing_is_written(
    log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    handler = attach()
    log.info("one")
    handler.flush()
    handler.flush()

    assert lines() == ["one"]


def test_given_records_that_are_held_back_when_the_handler_is_closed_then_they_are_written(
    log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    handler = attach()
    log.info("one")
    handler.close()

    assert lines() == ["one"]


def test_given_records_of_a_task_when_it_is_done_then_they_are_written(
    run: Run, log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    attach()
    with run.task(1):
        log.info("one")

    assert lines() == ["one"]


def test_given_records_of_a_task_when_it_fails_then_they_are_written(
    run: Run, log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    attach()
    with suppress(OSError), run.task(1):
        log.info("one")
        raise OSError("down")

    assert lines() == ["one"]


def test_given_several_handlers_when_a_task_ends_then_all_are_flushed(
    run: Run, log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    attach(level="ERROR")
    attach()
    with run.task(1):
        log.error("one")

    assert lines() == ["one", "one"]


def test_given_records_that_are_held_back_when_the_program_ends_then_they_are_written(tmp_path: Path) -> None:
    database = f"duckdb:///{tmp_path / 'monitor.duckdb'}"
    program = """
import logging, sys
from etl_monitor_orm import ETLMonitor, EtlLogHandler
monitor = ETLMonitor(sys.argv[1]).setup()
logging.getLogger("loads").addHandler(EtlLogHandler(monitor))
logging.getLogger("loads").warning("the last word")
"""
    subprocess.run([sys.executable, "-c", program, database], check=True, timeout=60)

    monitor = ETLMonitor(database)
    with monitor.session() as session:
        assert [line.message for line in session.query(SysLog)] == ["the last word"]
    monitor.close()


def test_given_a_record_outside_of_a_task_then_it_bears_the_handlers_names(
    log: logging.Logger, attach: Attach, row: Callable[..., SysLog]
) -> None:
    handler = attach(project_code="CORP", process_load="HR_DAILY", execution_id="adf-1", correlation_id="c-1")
    log.info("one")
    handler.flush()

    found = row(SysLog)
    assert (found.project_code, found.process_load, found.execution_id, found.correlation_id) == (
        "CORP",
        "HR_DAILY",
        "adf-1",
        "c-1",
    )
    assert (found.processing_date, found.activity_name) == (None, None)


def test_given_a_record_inside_of_a_task_then_it_bears_the_tasks_ids(
    run: Run, log: logging.Logger, attach: Attach, row: Callable[..., SysLog]
) -> None:
    attach(project_code="OTHER", process_load="OTHER", execution_id="adf-1", correlation_id="c-1")
    with run.task(1):
        log.info("one")

    found = row(SysLog)
    assert (found.project_code, found.process_load, found.execution_id, found.processing_date) == (
        "CORP",
        "HR_DAILY",
        "run-1",
        date(2026, 4, 9),
    )
    assert (found.activity_name, found.correlation_id) == ("task 1 (workflow 1)", "c-1")


def test_given_a_task_within_a_task_then_each_record_bears_the_ids_of_the_innermost(
    run: Run, log: logging.Logger, attach: Attach, rows: Callable[..., list[SysLog]]
) -> None:
    attach()
    with run.task(1):
        log.info("outer")
        with run.task(2):
            log.info("inner")
        log.info("outer again")

    assert [line.activity_name for line in rows(SysLog)] == [
        "task 1 (workflow 1)",
        "task 2 (workflow 1)",
        "task 1 (workflow 1)",
    ]


def test_given_a_record_after_a_task_then_it_bears_no_task(
    run: Run, log: logging.Logger, attach: Attach, row: Callable[..., SysLog]
) -> None:
    handler = attach()
    with run.task(1):
        pass
    log.info("one")
    handler.flush()

    assert (row(SysLog).activity_name, row(SysLog).execution_id) == (None, None)


@pytest.mark.parametrize(
    ("level", "stored"),
    [
        (logging.DEBUG, LogLevel.DEBUG),
        (15, LogLevel.DEBUG),
        (logging.INFO, LogLevel.INFO),
        (logging.WARNING, LogLevel.WARN),
        (logging.ERROR, LogLevel.ERROR),
        (logging.CRITICAL, LogLevel.ERROR),
    ],
)
def test_given_a_level_of_pythons_then_the_receipt_has_the_one_that_means_the_same(
    log: logging.Logger, attach: Attach, row: Callable[..., SysLog], level: int, stored: LogLevel
) -> None:
    handler = attach()
    log.log(level, "one")
    handler.flush()

    assert row(SysLog).level == stored


def test_given_a_least_level_then_lesser_records_are_left_out(
    log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    handler = attach(level="WARNING")
    log.info("one")
    log.warning("two")
    handler.flush()

    assert lines() == ["two"]


def test_given_a_record_then_the_receipt_says_from_where_and_when(
    log: logging.Logger, attach: Attach, row: Callable[..., SysLog]
) -> None:
    handler = attach()
    record = log.makeRecord("loads.hr", logging.INFO, "load.py", 7, "%d rows", (120,), None, func="load_employees")
    record.created = datetime(2026, 4, 9, 3, 0, 0, 250_000, tzinfo=UTC).timestamp()
    log.handle(record)
    handler.flush()

    found = row(SysLog)
    assert (found.message, found.pipeline_name, found.operation_name, found.log_time_utc) == (
        "120 rows",
        "loads.hr",
        "load_employees",
        datetime(2026, 4, 9, 3, 0, 0, 250_000, tzinfo=UTC),
    )


def test_given_an_exception_that_is_logged_then_the_receipt_has_its_trace(
    log: logging.Logger, attach: Attach, row: Callable[..., SysLog]
) -> None:
    handler = attach()
    try:
        raise OSError("source is down")
    except OSError:
        log.exception("no rows")
    handler.flush()

    message = row(SysLog).message or ""
    assert message.startswith("no rows\nTraceback")
    assert message.endswith("OSError: source is down")


def test_given_a_record_that_cannot_be_formatted_then_the_job_goes_on_and_the_others_are_written(
    log: logging.Logger, attach: Attach, lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = attach()
    handler.handle(log.makeRecord("loads.hr", logging.INFO, "load.py", 7, "%d rows", ("many",), None))
    log.info("two")
    handler.flush()

    assert lines() == ["two"]
    assert "Logging error" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["lone \ud800 surrogate", "nul \0 inside", ""], ids=["surrogate", "nul", "empty"])
def test_given_a_record_with_odd_text_then_it_holds_up_nothing(
    log: logging.Logger, attach: Attach, lines: Lines, text: str
) -> None:
    handler = attach()
    log.info(text)
    log.info("two")
    handler.flush()

    assert lines()[1:] == ["two"]


def test_given_a_database_that_is_away_when_a_task_logs_then_the_job_is_done_all_the_same(
    run: Run, log: logging.Logger, attach: Attach, away: Away, step: Callable[..., ProcessingStep]
) -> None:
    attach(capacity=1)
    with away() as attempts, run.task(1):
        log.info("one")

    assert (step(1).status, len(attempts) > 0) == ("DONE", True)


def test_given_a_database_that_is_away_when_the_job_fails_then_its_own_exception_is_seen(
    run: Run, log: logging.Logger, attach: Attach, away: Away
) -> None:
    attach(capacity=1)
    with pytest.raises(ZeroDivisionError), away(), run.task(1):
        log.info("%d", 1 / 0)


def test_given_a_database_that_was_away_once_then_the_records_are_written_with_the_next_batch(
    log: logging.Logger, attach: Attach, away: Away, lines: Lines
) -> None:
    handler = attach()
    with away():
        log.info("one")
        handler.flush()
    log.info("two")
    handler.flush()

    assert lines() == ["one", "two"]


def test_given_a_database_that_is_away_then_it_is_tried_again_batch_by_batch(
    log: logging.Logger, attach: Attach, away: Away
) -> None:
    attach(capacity=3)
    with away() as attempts:
        for number in range(9):
            log.info("line %d", number)

    assert len(attempts) == 3


def test_given_a_database_that_stays_away_then_the_newest_ten_batches_are_kept(
    log: logging.Logger, attach: Attach, away: Away, lines: Lines
) -> None:
    handler = attach(capacity=2)
    with away():
        for number in range(50):
            log.info("line %d", number)
    handler.flush()

    assert lines() == [f"line {number}" for number in range(30, 50)]


def test_given_a_write_that_is_interrupted_then_the_interrupt_goes_on_and_the_records_are_kept(
    log: logging.Logger, attach: Attach, away: Away, lines: Lines
) -> None:
    handler = attach()
    log.info("one")
    with away(KeyboardInterrupt()), pytest.raises(KeyboardInterrupt):
        handler.flush()
    handler.flush()

    assert lines() == ["one"]


def test_given_a_database_that_is_away_then_stderr_says_how_many_records_wait_and_why(
    log: logging.Logger, attach: Attach, away: Away, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = attach()
    log.info("one")
    with away():
        handler.flush()

    assert capsys.readouterr().err == ("etl-monitor: 1 log records wait, they could not be written: the disk is gone\n")


def test_given_a_database_that_is_away_and_a_closed_stderr_then_the_job_goes_on(
    log: logging.Logger, attach: Attach, away: Away, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = attach()
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    log.info("one")
    with away():
        handler.flush()
    monkeypatch.undo()
    handler.flush()

    assert lines() == ["one"]


def test_given_a_database_without_tables_then_the_job_goes_on_and_the_records_are_written_once_it_has_them(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    monitor = ETLMonitor("duckdb:///:memory:")
    handler = EtlLogHandler(monitor)
    log.addHandler(handler)
    with monitor.engine.connect():
        log.info("one")
        handler.flush()
        assert "etl-monitor db upgrade" in capsys.readouterr().err
        monitor.setup()
        handler.close()
        with monitor.session() as session:
            assert [line.message for line in session.query(SysLog)] == ["one"]
    monitor.close()


@pytest.fixture
def sql_log() -> Iterator[logging.Logger]:
    """SQLAlchemy's own logger, at its most talkative, and leading nowhere else."""
    logger = logging.getLogger("sqlalchemy")
    before = (logger.level, logger.propagate)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield logger
    logger.level, logger.propagate = before


@pytest.mark.parametrize("capacity", [1, 500])
def test_given_the_database_layers_own_records_then_writing_them_breeds_no_more(
    run: Run, sql_log: logging.Logger, attach: Attach, lines: Lines, capacity: int
) -> None:
    handler = attach("sqlalchemy", capacity=capacity)
    with run.task(1):
        pass
    handler.flush()
    sql_log.removeHandler(handler)
    written = lines()
    handler.flush()

    assert any("MERGE INTO" in line for line in written)
    assert not any("ETLsysLogs" in line for line in written)
    assert lines() == written


def test_given_many_threads_and_the_database_layers_own_records_then_no_thread_waits_for_another_for_ever(
    hr: ETLMonitor, sql_log: logging.Logger, log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    for task_id in range(11, 17):
        hr.register_task(*HR, task_id, 1, 2, f"Load {task_id}")
    run = hr.start_run(*HR)
    handler = attach("sqlalchemy", capacity=5)

    def job(task_id: int) -> None:
        with run.task(task_id):
            for number in range(40):
                log.info("job %d line %d", task_id, number)

    threads = [threading.Thread(target=job, args=(task_id,), daemon=True) for task_id in range(11, 17)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert not any(thread.is_alive() for thread in threads)
    sql_log.removeHandler(handler)
    handler.flush()
    expected = {f"job {task_id} line {number}" for task_id in range(11, 17) for number in range(40)}
    assert {line for line in lines() if line.startswith("job ")} == expected


def test_given_tasks_on_several_threads_then_each_record_bears_the_ids_of_its_own_task(
    hr: ETLMonitor, log: logging.Logger, attach: Attach, rows: Callable[..., list[SysLog]]
) -> None:
    run = hr.start_run(*HR)
    handler = attach(capacity=7)
    together = threading.Barrier(3)

    def job(task_id: int) -> None:
        with run.task(task_id):
            together.wait(timeout=30)
            for _ in range(20):
                log.info("of task %d", task_id)

    threads = [threading.Thread(target=job, args=(task_id,)) for task_id in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handler.flush()

    assert sorted((line.message, line.activity_name) for line in rows(SysLog)) == sorted(
        (f"of task {task_id}", f"task {task_id} (workflow 1)") for task_id in (1, 2, 3) for _ in range(20)
    )
