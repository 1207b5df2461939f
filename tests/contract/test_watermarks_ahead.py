"""Times ahead of the clock: an explicit call writes them, because a DELTA_DATE may be a business date, and warns."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock, Run

HR = ("CORP", "HR_DAILY")
EMPLOYEES = (*HR, "LoadEmployees")
YEAR_9999 = datetime(9999, 12, 31, tzinfo=UTC)

Set = Callable[[ETLMonitor, datetime], object]


def stage(monitor: ETLMonitor, value: datetime) -> None:
    with monitor.start_run(*HR).task(1) as task:
        task.advance(value)


WAYS: dict[str, Set] = {
    "advance_watermark": lambda m, value: m.advance_watermark(*EMPLOYEES, value),
    "set_processing_mode": lambda m, value: m.set_processing_mode(
        *HR, parameter_name="LoadEmployees", value_datetime=value
    ),
    "task.advance": stage,
}

each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the monitor's own logger has said."""
    return lambda: [
        record.getMessage()
        for record in caplog.records
        if (record.name, record.levelno) == ("etl_monitor_orm", logging.WARNING)
    ]


@each_way
def test_time_far_ahead_when_set_explicitly_is_written_with_a_warning(
    hr: ETLMonitor, warnings: Callable[[], list[str]], way: Set
) -> None:
    way(hr, YEAR_9999)

    (words,) = warnings()
    assert hr.get_active_watermark(*EMPLOYEES) == YEAR_9999
    for said in ("LoadEmployees of CORP/HR_DAILY", "9999-12-31", "ahead of now", "allow_rewind=True"):
        assert said in words


@each_way
@pytest.mark.parametrize("ahead", [timedelta(minutes=3), timedelta(days=1), -timedelta(days=400)])
def test_time_about_now_or_past_when_set_explicitly_is_written_in_silence(
    hr: ETLMonitor, clock: ManualClock, warnings: Callable[[], list[str]], way: Set, ahead: timedelta
) -> None:
    way(hr, clock.now + ahead)

    assert (hr.get_active_watermark(*EMPLOYEES), warnings()) == (clock.now + ahead, [])


def test_time_far_ahead_when_the_task_fails_or_the_past_is_worked_on_warns_of_nothing(
    hr: ETLMonitor, run: Run, warnings: Callable[[], list[str]]
) -> None:
    task = run.task(1).__enter__()
    task.advance(YEAR_9999)
    task.__exit__(OSError, OSError("down"), None)
    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-03-01")
    stage(hr, YEAR_9999)

    assert warnings() == []
