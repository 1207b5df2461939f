"""Python's logging as run receipts: batched, flushed at a task's end and at exit, and never in the job's way."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from etl_monitor_orm import EtlLogHandler, ETLMonitor, LogLevel, Run, SysLog
from tests.patience import PATIENT

HR = ("CORP", "HR_DAILY")

Away = Callable[..., AbstractContextManager[list[str]]]
Attach = Callable[..., EtlLogHandler]
Lines = Callable[[], list[str | None]]


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
    subprocess.run([sys.executable, "-c", program, database], check=True, timeout=PATIENT)

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
def test_given_a_python_level_then_the_receipt_has_the_one_that_means_the_same(
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
