"""Run receipts: appended to `ETLsysLogs`, many in one statement, whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, LogEntry, LogLevel, ManualClock, SysLog

Row = Callable[..., SysLog]
Rows = Callable[..., list[SysLog]]

EVERYTHING = {
    "project_code": "CORP",
    "process_load": "HR_DAILY",
    "processing_date": date(2026, 4, 9),
    "execution_id": "run-1",
    "source_type": "ADF_PIPELINE",
    "run_id": "adf-4711",
    "correlation_id": "c-1",
    "pipeline_name": "CopyEmployees",
    "activity_name": "Copy",
    "operation_name": "copy",
    "level": LogLevel.WARN,
    "log_time_utc": datetime(2026, 4, 9, 3, 0, 0, 250_000, tzinfo=UTC),
}


def test_given_a_message_and_all_that_is_known_about_it_then_it_is_all_there(monitor: ETLMonitor, row: Row) -> None:
    monitor.log("120 rows", **EVERYTHING)

    found = row(SysLog)
    assert {"message": found.message, **{name: getattr(found, name) for name in EVERYTHING}} == {
        "message": "120 rows",
        **EVERYTHING,
    }


def test_given_a_whole_entry_then_it_is_all_there(monitor: ETLMonitor, row: Row) -> None:
    monitor.log(LogEntry("120 rows", **EVERYTHING))

    found = row(SysLog)
    assert {"message": found.message, **{name: getattr(found, name) for name in EVERYTHING}} == {
        "message": "120 rows",
        **EVERYTHING,
    }


def test_given_a_message_alone_then_its_level_is_info_its_time_the_call_and_the_rest_empty(
    monitor: ETLMonitor, clock: ManualClock, row: Row
) -> None:
    monitor.log("120 rows")

    found = row(SysLog)
    assert (found.project_code, found.execution_id, found.processing_date) == (None, None, None)
    assert (found.level, found.log_time_utc) == (LogLevel.INFO, clock.now)


def test_given_keywords_then_they_fill_in_what_an_entry_leaves_out(monitor: ETLMonitor, rows: Rows) -> None:
    monitor.log(
        LogEntry("own", run_id="adf-1"), LogEntry("none"), "text", run_id="adf-0", pipeline_name="CopyEmployees"
    )

    assert [(line.message, line.run_id, line.pipeline_name) for line in rows(SysLog)] == [
        ("own", "adf-1", "CopyEmployees"),
        ("none", "adf-0", "CopyEmployees"),
        ("text", "adf-0", "CopyEmployees"),
    ]


def test_given_a_level_then_it_is_that_of_the_messages_and_an_entry_keeps_its_own(
    monitor: ETLMonitor, rows: Rows
) -> None:
    monitor.log("text", LogEntry("entry", level=LogLevel.DEBUG), level=LogLevel.ERROR)

    assert [line.level for line in rows(SysLog)] == [3, 0]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-04-09T03:00", datetime(2026, 4, 9, 3, tzinfo=UTC)),
        (datetime(2026, 4, 9, 3), datetime(2026, 4, 9, 3, tzinfo=UTC)),
        ("2026-04-09T03:00+02:00", datetime(2026, 4, 9, 1, tzinfo=UTC)),
    ],
)
def test_given_when_it_happened_then_the_receipt_says_so_in_utc(
    monitor: ETLMonitor, row: Row, given: datetime | str, meant: datetime
) -> None:
    monitor.log("120 rows", log_time_utc=given)

    assert row(SysLog).log_time_utc == meant


@pytest.fixture
def most(monitor: ETLMonitor) -> int:
    """How many entries one statement takes: each binds as many values as its table has columns, but the number."""
    values = len(SysLog.__table__.columns) - 1
    return monitor._runtime.units.backend.capabilities.max_bound_values // values


def test_given_as_many_entries_as_one_statement_takes_then_they_are_one_statement(
    monitor: ETLMonitor, statements, most: int
) -> None:
    monitor.log("first")
    with statements.counted() as executed:
        monitor.log(*(f"line {number}" for number in range(most)))

    assert len(executed) == 1


def test_given_more_entries_than_one_statement_takes_then_all_are_there_in_order(
    monitor: ETLMonitor, rows: Rows, statements, most: int
) -> None:
    lines = [f"line {number}" for number in range(2 * most + 1)]
    monitor.setup()
    with statements.counted() as executed:
        assert monitor.log(*lines) == len(lines)

    assert len(executed) == 3
    assert [line.message for line in rows(SysLog)] == lines


def test_given_receipts_then_more_are_appended_after_them(monitor: ETLMonitor, rows: Rows) -> None:
    monitor.log("first")
    first = rows(SysLog)[0].id
    monitor.log("second")

    assert [(line.message, line.id > first) for line in rows(SysLog)] == [("first", False), ("second", True)]


@pytest.mark.parametrize(
    "message",
    [
        "",
        'it\'s `odd` :name %s %(x)s {y} \\ "quoted" 🚚\nsecond line\ttab',
        "naïve – ünïcode – 漢字",
        "x" * 1_000_000,
    ],
    ids=["empty", "awkward", "unicode", "1 MB"],
)
def test_given_any_text_then_it_comes_back_whole(monitor: ETLMonitor, row: Row, message: str) -> None:
    monitor.log(message, pipeline_name=message[:100])

    assert (row(SysLog).message, row(SysLog).pipeline_name) == (message, message[:100])


def test_given_nothing_to_log_then_nothing_is_written(monitor: ETLMonitor, statements) -> None:
    monitor.log("first")
    with statements.counted() as executed:
        assert monitor.log() == 0

    assert executed == []


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (5, "LogEntry"),
        (None, "LogEntry"),
        (LogEntry(5), "message"),
        (LogEntry("x", project_code=5), "project_code"),
        (LogEntry("x", level=9), "level"),
        (LogEntry("x", level="high"), "level"),
        (LogEntry("x", processing_date="today"), "'today'"),
        (LogEntry("x", log_time_utc="now"), "'now'"),
    ],
)
def test_given_an_entry_that_cannot_be_read_then_nothing_is_written(
    monitor: ETLMonitor,
    refused: Callable[..., AbstractContextManager[None]],
    entry: object,
    words: str,
) -> None:
    with refused(InvalidInput, words):
        monitor.log("a good one", entry)


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"level": 4}, "0, 1, 2, 3"),
        ({"processing_date": "today"}, "'today'"),
        ({"log_time_utc": 5}, "log_time_utc"),
        ({"run_id": 5}, "run_id"),
    ],
)
def test_given_a_keyword_that_cannot_be_read_then_nothing_is_written(
    monitor: ETLMonitor,
    refused: Callable[..., AbstractContextManager[None]],
    keywords: dict[str, object],
    words: str,
) -> None:
    with refused(InvalidInput, words):
        monitor.log("120 rows", **keywords)
