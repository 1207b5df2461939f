"""Tracked copies: each task copies its own table, its watermark moves with DONE, and no row is copied twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.adf.conftest import HR
from tests.adf.factory import Factory, Outcome, failed
from tests.adf.services import Services

BACKENDS = ("duckdb", "databricks")
"""Where the Lookup's text is as it stands."""

EMPLOYEES, EVENTS = "1", "2"
DAYS = ("2026-04-09", "2026-04-10", "2026-04-11")


@pytest.fixture(autouse=True)
def events(corp: ETLMonitor, clock: ManualClock) -> None:
    """Task 2 copies as well, by number, from another table; the clock is after every time of the source."""
    clock.set("2026-04-09 06:00:00")
    corp.register_task(
        **HR,
        task_id=2,
        workflow_id=1,
        sequence_id=2,
        task_name="Load events",
        task_mandatory=False,
        source_identifier="incremental-copy:dbo.Events:EventID",
        source_system_code="LoadEvents",
    )


def _track(factory: Factory, services: Services, task: str, day: str, way: str = "track-by-http") -> Outcome:
    given = {**HR, "task_id": task, "processing_date": day}
    return factory.run(way, given, services, run_id=f"{way}-{task}-{day}")


def _read(services: Services) -> list[list[Any]]:
    return [sorted(row[0] for row in rows) for rows in services.copied]


def test_given_two_tasks_when_they_are_dispatched_then_each_copies_the_table_that_it_names(
    factory: Factory, services: Services
) -> None:
    outcome = factory.run("dispatch-ready", {**HR, "processing_date": DAYS[0]}, services)

    assert (outcome.error, sorted(_read(services))) == (None, [[1, 2, 3], [11, 12]])


def test_given_a_number_when_its_task_is_done_then_the_watermark_is_the_largest_copied(
    factory: Factory, services: Services, corp: ETLMonitor
) -> None:
    outcome = _track(factory, services, EVENTS, DAYS[0])

    assert outcome.error is None
    assert corp.get_active_watermark(**HR, parameter_name="LoadEvents") == 12


def test_given_a_time_when_its_task_is_done_then_the_watermark_is_the_latest_that_was_copied(
    factory: Factory, services: Services, corp: ETLMonitor
) -> None:
    outcome = _track(factory, services, EMPLOYEES, DAYS[0])

    assert outcome.error is None
    assert corp.get_active_watermark(**HR, parameter_name="LoadEmployees") == datetime(2026, 2, 1, tzinfo=UTC)


def test_given_a_time_of_seven_digits_when_its_task_is_done_then_the_watermark_has_six(
    factory: Factory, services: Services, corp: ETLMonitor
) -> None:
    def bound(activity: Any) -> Any:
        answer = services.really(activity)
        answer.output["firstRow"]["Bound"] = "2026-02-01 00:00:00.1234569"
        return answer

    services.instead("incremental-copy.Bound", bound)

    outcome = _track(factory, services, EMPLOYEES, DAYS[0])

    assert outcome.error is None
    assert corp.get_active_watermark(**HR, parameter_name="LoadEmployees") == datetime(2026, 2, 1, 0, 0, 0, 123456, UTC)


@pytest.mark.parametrize(
    ("task", "during", "first", "second"),
    [
        (EMPLOYEES, "INSERT INTO dbo.Employees VALUES (4, '2026-03-01')", [1, 2, 3], [4]),
        (EVENTS, "INSERT INTO dbo.Events VALUES (13)", [11, 12], [13]),
    ],
    ids=["time", "number"],
)
def test_given_rows_that_change_during_a_copy_when_the_next_reads_then_it_reads_only_them(
    factory: Factory, services: Services, task: str, during: str, first: list[int], second: list[int]
) -> None:
    def changed(activity: Any) -> Any:
        services.source.execute(during)
        return services.really(activity)

    services.instead("incremental-copy.Copy", changed)
    _track(factory, services, task, DAYS[0])
    services.instead("incremental-copy.Copy", services.really)

    outcomes = [_track(factory, services, task, day) for day in DAYS[1:]]

    assert [outcome.error for outcome in outcomes] == [None, None]
    assert _read(services) == [first, second]


@pytest.mark.parametrize(("task", "name"), [(EMPLOYEES, "LoadEmployees"), (EVENTS, "LoadEvents")])
def test_given_an_empty_source_when_its_task_is_done_then_the_watermark_stays_where_it_is(
    factory: Factory, services: Services, corp: ETLMonitor, task: str, name: str
) -> None:
    services.source.execute("DELETE FROM dbo.Employees")
    services.source.execute("DELETE FROM dbo.Events")
    before = corp.get_active_watermark(**HR, parameter_name=name)

    outcome = _track(factory, services, task, DAYS[0])

    assert (outcome.error, services.copied) == (None, [])
    assert corp.get_active_watermark(**HR, parameter_name=name) == before


def test_given_a_copy_that_fails_when_it_is_tracked_then_the_watermark_stays_where_it_is(
    factory: Factory, services: Services, corp: ETLMonitor
) -> None:
    services.instead("incremental-copy.Copy", lambda activity: failed("no room"))

    outcome = _track(factory, services, EVENTS, DAYS[0])

    assert (outcome.succeeded, outcome.error) == (False, "no room")
    assert corp.get_active_watermark(**HR, parameter_name="LoadEvents") == 0


def test_given_bulk_mode_when_a_copy_is_tracked_then_all_rows_are_copied_again_once(
    factory: Factory, services: Services, corp: ETLMonitor
) -> None:
    _track(factory, services, EVENTS, DAYS[0])
    corp.set_processing_mode(**HR, is_bulk_mode=True)

    for day in DAYS[1:]:
        _track(factory, services, EVENTS, day)

    assert _read(services) == [[11, 12], [11, 12]]


@pytest.mark.parametrize("said", ["incremental-copy", "incremental-copy:dbo.Events"])
def test_given_a_task_that_names_no_table_or_column_when_tracked_then_it_says_how_to(
    factory: Factory, services: Services, corp: ETLMonitor, said: str
) -> None:
    task = {"task_id": 2, "workflow_id": 1, "sequence_id": 2, "task_name": "Load events"}
    corp.register_task(**HR, **task, source_identifier=said, source_system_code="LoadEvents")

    outcome = _track(factory, services, EVENTS, DAYS[0])

    assert outcome.error == (
        "Nothing says what to copy for CORP/HR_DAILY 'LoadEvents'. "
        "Register its task with source_identifier='incremental-copy:TABLE:COLUMN'."
    )
    assert services.copied == []


def test_given_a_number_when_it_is_tracked_by_notebook_then_it_is_refused_before_the_copy(
    factory: Factory, services: Services
) -> None:
    outcome = _track(factory, services, EVENTS, DAYS[0], "track-by-notebook")

    assert "is a DELTA_ID, which moves only by advance" in (outcome.error or "")
    assert services.copied == []


def test_given_a_time_when_it_is_tracked_by_notebook_then_the_next_reads_from_the_start(
    factory: Factory, services: Services, corp: ETLMonitor
) -> None:
    def changed(activity: Any) -> Any:
        services.source.execute("INSERT INTO dbo.Employees VALUES (4, '2026-04-09 06:00:01')")
        return services.really(activity)

    services.instead("incremental-copy.Copy", changed)
    first = _track(factory, services, EMPLOYEES, DAYS[0], "track-by-notebook")
    services.instead("incremental-copy.Copy", services.really)

    second = _track(factory, services, EMPLOYEES, DAYS[1], "track-by-notebook")

    assert (first.error, second.error) == (None, None)
    assert _read(services) == [[1, 2, 3, 4], [4]]
