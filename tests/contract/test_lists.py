"""`list_runs`, `processes`, `list_tasks` and `list_logs`: over which dates and times they go, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, LogEntry, LogLevel, ManualClock, ProcessNotFound, SysLog

HR, OTHER = ("CORP", "HR_DAILY"), ("CORP", "HR_DAILX")
FIRST, SECOND, THIRD = date(2026, 4, 7), date(2026, 4, 8), date(2026, 4, 9)

Refused = Callable[..., AbstractContextManager[None]]
List = Callable[..., list[object]]

LISTS: dict[str, List] = {
    "runs": lambda m, *names, **more: m.list_runs(*names, **more),
    "processes": lambda m, *names, **more: m.processes(*names, **more),
    "tasks": lambda m, *names, **more: m.list_tasks(*names, **more),
}
each = pytest.mark.parametrize("listed", LISTS.values(), ids=LISTS)


@pytest.fixture
def days(hr: ETLMonitor, prepare: Callable[..., None]) -> ETLMonitor:
    """HR_DAILY ran on three dates, under one id, and failed in task 1 on the second; HR_DAILX on the first, as well."""

    def live() -> None:
        hr.register_process(*OTHER).register_task(*OTHER, 1, 1, 2, "Load others")
        hr.start_run(*OTHER, FIRST, execution_id="run-1")
        for day in (FIRST, SECOND, THIRD):
            hr.start_run(*HR, day, execution_id="run-1")
        hr.fail_task("run-1", *HR, 1, processing_date=SECOND, log_message="no file")
        hr.status_reset(*HR, SECOND, task_id=1)

    prepare(live)
    return hr


def places(rows: list[object]) -> list[tuple[int, str]]:
    return list(dict.fromkeys((row.processing_date.day, row.process_load) for row in rows))


@each
def test_list_without_dates_is_of_each_process_on_its_latest(days: ETLMonitor, listed: List) -> None:
    assert places(listed(days)) == [(7, "HR_DAILX"), (9, "HR_DAILY")]


@each
def test_list_since_a_date_starts_with_the_latest_and_includes_both_ends(days: ETLMonitor, listed: List) -> None:
    assert places(listed(days, since=FIRST, until="2026-04-08")) == [(8, "HR_DAILY"), (7, "HR_DAILX"), (7, "HR_DAILY")]


@each
def test_list_since_a_date_has_no_end(days: ETLMonitor, listed: List) -> None:
    assert places(listed(days, since=SECOND)) == [(9, "HR_DAILY"), (8, "HR_DAILY")]


@each
def test_list_until_a_date_goes_back_35_days(days: ETLMonitor, listed: List) -> None:
    assert places(listed(days, *HR, until=SECOND)) == [(8, "HR_DAILY"), (7, "HR_DAILY")]
    assert places(listed(days, *HR, until=FIRST + timedelta(days=35))) == [
        (9, "HR_DAILY"),
        (8, "HR_DAILY"),
        (7, "HR_DAILY"),
    ]
    assert places(listed(days, *HR, until=SECOND + timedelta(days=35))) == [(9, "HR_DAILY"), (8, "HR_DAILY")]


@each
def test_list_of_one_date_is_of_that_date(days: ETLMonitor, listed: List) -> None:
    assert places(listed(days, processing_date=FIRST)) == [(7, "HR_DAILX"), (7, "HR_DAILY")]


@each
def test_list_of_a_process_has_no_other_of_a_nearby_name(days: ETLMonitor, listed: List) -> None:
    assert places(listed(days, *HR, since=FIRST)) == [(9, "HR_DAILY"), (8, "HR_DAILY"), (7, "HR_DAILY")]


@each
def test_list_with_a_condition_has_the_rows_that_satisfy_it(days: ETLMonitor, listed: List) -> None:
    condition = "process_load = HR_DAILX OR processing_date IN (2026-04-08)"

    assert places(listed(days, since=FIRST, where=condition)) == [(8, "HR_DAILY"), (7, "HR_DAILX")]


@each
def test_list_with_a_condition_and_no_dates_keeps_to_the_latest_dates(days: ETLMonitor, listed: List) -> None:
    assert places(listed(days, where="process_load = HR_DAILY")) == [(9, "HR_DAILY")]


@each
def test_list_of_dates_that_exclude_each_other_is_refused(days: ETLMonitor, listed: List, refused: Refused) -> None:
    with refused(InvalidInput, "since", "after until"):
        listed(days, since=SECOND, until=FIRST)
    with refused(InvalidInput, "processing_date", "since"):
        listed(days, processing_date=FIRST, since=FIRST)


@each
def test_list_of_an_unknown_process_is_refused(days: ETLMonitor, listed: List, refused: Refused) -> None:
    with refused(ProcessNotFound, "CORP/PAYROLL"):
        listed(days, "CORP", "PAYROLL", since=FIRST)


# list_tasks()


def test_tasks_are_the_current_attempts_in_running_order(days: ETLMonitor) -> None:
    found = [(step.task_id, step.attempts) for step in days.list_tasks(*HR, SECOND)]

    assert found == [(0, 1), (1, 1), (2, 0), (3, 0)]


def test_tasks_of_every_attempt_include_the_earlier_ones(days: ETLMonitor) -> None:
    found = [(step.task_id, step.attempts) for step in days.list_tasks(*HR, SECOND, every_attempt=True)]

    assert found == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (3, 0)]


def test_attempt_that_a_later_run_of_the_date_replaced_is_no_current_task(days: ETLMonitor) -> None:
    days.start_run(*HR, SECOND, execution_id="run-0")

    assert {step.execution_id for step in days.list_tasks(*HR, since=SECOND, until=SECOND)} == {"run-0"}


def test_condition_about_a_replaced_attempt_finds_no_current_task(days: ETLMonitor) -> None:
    assert days.list_tasks(*HR, SECOND, where="status = FAIL") == []
    assert len(days.list_tasks(*HR, SECOND, where="status = FAIL", every_attempt=True)) == 1


@pytest.mark.parametrize("dates", [{}, {"since": FIRST}])
def test_tasks_are_no_more_than_the_limit(days: ETLMonitor, dates: dict[str, date]) -> None:
    assert [step.task_id for step in days.list_tasks(*HR, **dates, limit=2)] == [0, 1]


def test_task_that_runs_tells_how_long_it_has_been_running(days: ETLMonitor, clock: ManualClock) -> None:
    days.start_task("run-1", *HR, 2, processing_date=THIRD)
    clock.advance(125)

    elapsed = {step.task_id: step.elapsed_seconds for step in days.list_tasks(*HR, THIRD)}
    assert elapsed == {0: None, 1: None, 2: 125, 3: None}


def test_task_that_has_ended_tells_how_long_it_took(days: ETLMonitor, clock: ManualClock) -> None:
    days.start_task("run-1", *HR, 2, processing_date=THIRD)
    clock.advance(125)
    days.end_task("run-1", *HR, 2, processing_date=THIRD)
    clock.advance(60)

    (step,) = days.list_tasks(*HR, THIRD, where="task_id = 2")
    assert (step.elapsed_seconds, days.get_status(*HR, THIRD, task_id=2)[0].elapsed_seconds) == (125, 125)


# list_logs()


def said(rows: list[SysLog]) -> list[str | None]:
    return [row.message for row in rows]


@pytest.fixture
def receipts(hr: ETLMonitor, clock: ManualClock) -> ETLMonitor:
    """Five receipts, an hour apart, the last one an hour ago; of levels, runs, dates and processes."""
    hr.register_process(*OTHER)
    hr.log("zero", level=LogLevel.DEBUG)
    clock.advance(3600)
    hr.log(LogEntry("one", *HR, processing_date=FIRST, execution_id="run-1"))
    clock.advance(3600)
    hr.log(LogEntry("two", *HR, processing_date=FIRST, execution_id="run-2", level=LogLevel.ERROR))
    clock.advance(3600)
    hr.log(LogEntry("three", *HR, processing_date=SECOND, execution_id="run-1", level=LogLevel.WARN))
    clock.advance(3600)
    hr.log(LogEntry("four", *OTHER, processing_date=SECOND, execution_id="run-1", operation_name="copy"))
    clock.advance(3600)
    return hr


def test_logs_are_listed_oldest_first(receipts: ETLMonitor) -> None:
    assert said(receipts.list_logs()) == ["zero", "one", "two", "three", "four"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"project_code": "CORP"}, ["one", "two", "three", "four"]),
        ({"project_code": "CORP", "process_load": "HR_DAILY"}, ["one", "two", "three"]),
        ({"processing_date": FIRST}, ["one", "two"]),
        ({"execution_id": "run-1"}, ["one", "three", "four"]),
        ({"execution_id": "run-1", "processing_date": "2026-04-08"}, ["three", "four"]),
        ({"level": 2}, ["two", "three"]),
        ({"level": LogLevel.ERROR}, ["two"]),
        ({"since": timedelta(hours=3)}, ["two", "three", "four"]),
        ({"since": timedelta(hours=3), "until": timedelta(hours=1)}, ["two", "three"]),
        ({"since": 3600}, ["four"]),
        ({"limit": 2}, ["three", "four"]),
        ({"where": "operation_name = copy OR message LIKE 'z%'"}, ["zero", "four"]),
    ],
    ids=str,
)
def test_logs_are_those_that_are_asked_for(receipts: ETLMonitor, asked: dict[str, object], expected: list[str]) -> None:
    assert said(receipts.list_logs(**asked)) == expected


def test_logs_of_a_time_are_bounded_by_moments_in_utc(receipts: ETLMonitor, clock: ManualClock) -> None:
    two_hours_ago = clock.now - timedelta(hours=2)

    assert said(receipts.list_logs(since=two_hours_ago)) == ["three", "four"]
    assert said(receipts.list_logs(until=f"{two_hours_ago:%Y-%m-%d %H:%M:%S}")) == ["zero", "one", "two"]


def test_logs_that_nothing_bounds_are_of_the_last_35_days(receipts: ETLMonitor, clock: ManualClock) -> None:
    clock.set(datetime.combine(clock.now.date() + timedelta(days=36), datetime.min.time(), UTC))

    assert receipts.list_logs() == []
    assert said(receipts.list_logs(processing_date=FIRST)) == ["one", "two"]
    assert said(receipts.list_logs(execution_id="run-2")) == ["two"]


def test_logs_of_times_that_exclude_each_other_are_refused(receipts: ETLMonitor, refused: Refused) -> None:
    with refused(InvalidInput, "since", "not before until"):
        receipts.list_logs(since=timedelta(hours=1), until=timedelta(hours=2))


def test_logs_of_an_unknown_process_are_refused(receipts: ETLMonitor, refused: Refused) -> None:
    with refused(ProcessNotFound, "CORP/PAYROLL"):
        receipts.list_logs("CORP", "PAYROLL")
