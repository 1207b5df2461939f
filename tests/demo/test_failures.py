"""The failures that the demo shows: one blocks until it is tried again, one blocks nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, ProcessingStep, Status, TaskDetail
from etl_monitor_orm.demo import StillBlocked, run_demo
from tests.demo.conftest import Demos
from tests.demo.sources import write_days

LATE, GAP = date(2013, 1, 2), date(2013, 1, 1)


def attempts(monitor: ETLMonitor, task_name: str, day: date) -> list[TaskDetail]:
    query = (
        select(TaskDetail)
        .where(TaskDetail.process_load == "FLIGHTS", TaskDetail.processing_date == day)
        .where(TaskDetail.task_name == task_name)
        .order_by(TaskDetail.attempts)
    )
    with monitor.session() as session:
        return list(session.scalars(query))


def test_given_a_late_file_when_its_load_is_read_then_it_failed_once_and_succeeded_once(demos: Demos) -> None:
    first, second = attempts(demos.monitor, "Load weather", LATE)

    assert (first.attempts, first.status) == (0, Status.FAIL)
    assert "weather.csv" in (first.log_message or "")
    assert (second.attempts, second.status) == (1, Status.DONE)


def test_given_a_late_file_when_it_failed_then_the_run_was_blocked_and_what_follows_waited(demos: Demos) -> None:
    ((blocker),) = demos.first.blockers_seen
    (_, retried) = attempts(demos.monitor, "Load weather", LATE)

    assert (blocker.task_name, blocker.processing_date, blocker.attempts) == ("Load weather", LATE, 0)
    for task_name in ("Add new routes", "Build flight facts", "Check weather coverage", "Build delay mart"):
        (only,) = attempts(demos.monitor, task_name, LATE)
        assert retried.end_time < only.start_time


def test_given_a_late_file_when_it_failed_then_the_other_task_of_its_stage_ran_all_the_same(demos: Demos) -> None:
    (flights,) = attempts(demos.monitor, "Load flights", LATE)

    assert (flights.attempts, flights.status) == (0, Status.DONE)


def test_given_a_reset_when_the_run_is_read_then_its_initiation_was_tried_again_too(demos: Demos) -> None:
    reopened, again = attempts(demos.monitor, "Start", LATE)

    assert (reopened.status, reopened.start_time) == (Status.NQUE, None)
    assert (again.attempts, again.status) == (1, Status.DONE)


def test_given_a_finding_in_the_data_when_its_check_fails_then_nothing_is_blocked(demos: Demos) -> None:
    (check,) = attempts(demos.monitor, "Check weather coverage", GAP)
    (mart,) = attempts(demos.monitor, "Build delay mart", GAP)

    assert (check.status, check.task_mandatory) == (Status.FAIL, False)
    assert check.log_message == "WeatherGap: 39 of 842 flights have no weather observation"
    assert (mart.status, mart.attempts) == (Status.DONE, 0)
    assert check.end_time <= mart.start_time


def test_given_both_failures_when_the_result_is_read_then_it_tells_them_in_order(demos: Demos) -> None:
    told = [(failure.task_name, failure.attempts, failure.mandatory) for failure in demos.first.failures]

    assert told == [("Check weather coverage", 0, False), ("Load weather", 0, True)]
    assert demos.second.failures == ()


@pytest.fixture
def broken_weather(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weather file whose temperatures are words, in a package of one day; the files lie in an empty folder."""
    data = write_days(tmp_path / "package", {GAP})
    monkeypatch.syspath_prepend(tmp_path / "package")
    monkeypatch.chdir(tmp_path)
    weather = data / "weather.csv"
    weather.write_text(weather.read_text().replace("39.02", "mild"))
    return weather


def test_given_a_file_that_stays_broken_when_it_fails_again_then_the_demo_says_what_blocks(
    broken_weather: Path,
) -> None:
    with pytest.raises(StillBlocked, match=r"FLIGHTS of 2013-01-01 is blocked: Load weather failed again .*mild"):
        run_demo(1)

    monitor = ETLMonitor()
    failed = attempts(monitor, "Load weather", GAP)
    assert [(step.attempts, step.status) for step in failed] == [(0, Status.FAIL), (1, Status.FAIL)]
    assert monitor.get_active_watermark("NYC", "FLIGHTS", "PublishedAt") is None
    monitor.close()


def test_given_a_stopped_demo_when_the_cause_is_gone_then_the_next_one_finishes_its_day(broken_weather: Path) -> None:
    with pytest.raises(StillBlocked):
        run_demo(1)
    broken_weather.write_text(broken_weather.read_text().replace("mild", "39.02"))

    result = run_demo(1)

    assert (result.days, result.nothing_left, result.blockers) == ((GAP,), True, ())
    monitor = ETLMonitor()
    with monitor.session() as session:
        flights = session.scalars(select(ProcessingStep).where(ProcessingStep.task_name == "Load flights")).all()
    monitor.close()
    assert [step.status for step in flights] == [Status.DONE]  # it was done before the stop, and not done again
