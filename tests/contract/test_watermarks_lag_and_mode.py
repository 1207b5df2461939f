"""`advance_mode=` and `lag_seconds=`: whether and how far a DELTA_DATE moves by itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from etl_monitor_orm import AdvanceMode, ETLMonitor, InvalidInput, ManualClock, Parameter, Run

HR = ("CORP", "HR_DAILY")
EMPLOYEES = (*HR, "LoadEmployees")

Refused = Callable[..., AbstractContextManager[None]]
Row = Callable[..., Parameter]


def describe(monitor: ETLMonitor, **given: object) -> None:
    monitor.register_parameter(*EMPLOYEES, "DELTA_DATE", **given)


@pytest.mark.parametrize("lag", [1, 3600, 86_400 * 200, 2**31 - 1])
def test_given_a_lag_when_done_then_the_watermark_is_that_long_before_the_start(
    hr: ETLMonitor, run: Run, clock: ManualClock, lag: int
) -> None:
    describe(hr, lag_seconds=lag)
    clock.set("2026-01-01 07:00:00.123456")
    with run.task(1):
        clock.advance(60)

    began = datetime(2026, 1, 1, 7, 0, 0, 123456, tzinfo=UTC)
    assert hr.get_active_watermark(*EMPLOYEES) == began - timedelta(seconds=lag)


def test_given_a_lag_when_done_then_the_automatic_value_is_what_was_written(hr: ETLMonitor, run: Run, row: Row) -> None:
    describe(hr, lag_seconds=60)
    with run.task(1):
        pass

    found = row(Parameter, parameter_name="LoadEmployees")
    assert found.value == found.automatic_value


def test_given_a_lag_when_every_day_is_done_then_the_watermark_moves_every_day(
    hr: ETLMonitor, clock: ManualClock
) -> None:
    describe(hr, lag_seconds=3600)
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        clock.set(f"{day} 06:00")
        with hr.start_run(*HR, day).task(1):
            clock.advance(60)

    assert hr.get_active_watermark(*EMPLOYEES) == datetime(2026, 1, 3, 5, tzinfo=UTC)


def test_given_a_new_lag_when_the_value_would_go_backwards_then_it_stays(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    began = clock.now
    with run.task(1):
        pass
    describe(hr, lag_seconds=3600)
    clock.advance(60)
    with hr.start_run(*HR).task(1):
        pass

    assert hr.get_active_watermark(*EMPLOYEES) == began


def test_given_a_value_set_between_lagged_value_and_start_when_done_then_it_moves_on(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    """An explicit setting counts from the start on, not from the value that the lag makes of it."""
    describe(hr, lag_seconds=3600)
    hr.advance_watermark(*EMPLOYEES, "2025-12-01")
    began = clock.advance(60)
    with run.task(1):
        pass

    assert hr.get_active_watermark(*EMPLOYEES) == began - timedelta(hours=1)


def test_given_a_start_just_ahead_of_the_clock_when_done_then_the_watermark_does_not_pass_now(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 1, timestamp=clock.now + timedelta(minutes=2))
    hr.end_task("run-1", *HR, 1, timestamp=clock.now + timedelta(minutes=2))

    assert hr.get_active_watermark(*EMPLOYEES) is None


def test_given_a_start_at_the_call_s_own_time_when_done_then_the_watermark_moves(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    with run.task(1):
        pass

    assert hr.get_active_watermark(*EMPLOYEES) == clock.now


def test_given_a_start_at_the_calendar_s_beginning_and_a_lag_when_done_then_the_watermark_stays(
    hr: ETLMonitor, run: Run
) -> None:
    describe(hr, lag_seconds=2**31 - 1)
    hr.start_task("run-1", *HR, 1, timestamp="0001-01-02")
    hr.end_task("run-1", *HR, 1, timestamp="0001-01-02")

    assert hr.get_active_watermark(*EMPLOYEES) is None


@pytest.mark.parametrize(
    ("start", "lag", "moved"),
    [
        ("0050-01-01", 0, datetime(50, 1, 1, tzinfo=UTC)),
        ("0050-01-01", 1, None),
        ("0100-01-01", 1, datetime(99, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_given_a_start_in_the_first_century_when_done_then_the_watermark_moves_unless_it_lags(
    hr: ETLMonitor, run: Run, start: str, lag: int, moved: datetime | None
) -> None:
    describe(hr, lag_seconds=lag)
    hr.start_task("run-1", *HR, 1, timestamp=start)
    hr.end_task("run-1", *HR, 1)

    assert hr.get_active_watermark(*EMPLOYEES) == moved


def test_given_manual_mode_when_done_then_the_watermark_stays(hr: ETLMonitor, run: Run) -> None:
    describe(hr, advance_mode="MANUAL")
    with run.task(1):
        pass

    assert hr.get_active_watermark(*EMPLOYEES) is None


def test_given_manual_mode_when_a_value_is_staged_then_it_is_written(hr: ETLMonitor, run: Run) -> None:
    describe(hr, advance_mode=AdvanceMode.MANUAL)
    with run.task(1) as task:
        task.advance("2025-12-01")

    assert hr.get_active_watermark(*EMPLOYEES) == datetime(2025, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("mode", ["AUTOMATIC", None])
def test_given_automatic_mode_after_manual_when_done_then_the_watermark_moves(
    hr: ETLMonitor, run: Run, clock: ManualClock, mode: str | None
) -> None:
    describe(hr, advance_mode="MANUAL")
    describe(hr, advance_mode=mode)
    with run.task(1):
        pass

    assert hr.get_active_watermark(*EMPLOYEES) == clock.now


def test_given_a_mode_and_a_lag_when_registered_again_without_them_then_they_stay(hr: ETLMonitor, row: Row) -> None:
    describe(hr, advance_mode="MANUAL", lag_seconds=5)
    describe(hr, description="Changed")

    found = row(Parameter, parameter_name="LoadEmployees")
    assert (found.parameter_description, found.advance_mode, found.lag_seconds) == ("Changed", AdvanceMode.MANUAL, 5)


def test_given_a_mode_and_a_lag_when_registered_again_with_none_then_they_are_cleared(hr: ETLMonitor, row: Row) -> None:
    describe(hr, advance_mode="MANUAL", lag_seconds=5)
    describe(hr, advance_mode=None, lag_seconds=None)

    found = row(Parameter, parameter_name="LoadEmployees")
    assert (found.advance_mode, found.lag_seconds) == (None, None)


def test_given_one_of_them_when_only_it_is_registered_again_then_the_other_stays(hr: ETLMonitor, row: Row) -> None:
    describe(hr, advance_mode="MANUAL", lag_seconds=5)
    describe(hr, lag_seconds=0)

    found = row(Parameter, parameter_name="LoadEmployees")
    assert (found.advance_mode, found.lag_seconds) == (AdvanceMode.MANUAL, 0)


def test_given_the_same_mode_and_lag_when_registered_again_then_nothing_is_written(
    hr: ETLMonitor, clock: ManualClock, unchanged: Callable[[], AbstractContextManager[None]]
) -> None:
    describe(hr, advance_mode="MANUAL", lag_seconds=5)
    clock.advance(60)

    with unchanged():
        describe(hr, advance_mode="MANUAL", lag_seconds=5)


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("DELTA_DATE", {"advance_mode": "manual"}, "AUTOMATIC, MANUAL"),
        ("DELTA_DATE", {"advance_mode": 1}, "advance_mode"),
        ("DELTA_DATE", {"lag_seconds": -1}, "lag_seconds"),
        ("DELTA_DATE", {"lag_seconds": 2**31}, "lag_seconds"),
        ("DELTA_DATE", {"lag_seconds": 1.5}, "lag_seconds"),
        ("DELTA_DATE", {"lag_seconds": True}, "lag_seconds"),
        ("DELTA_ID", {"lag_seconds": 60}, "only a DELTA_DATE moves by itself"),
        ("DELTA_ID", {"advance_mode": "MANUAL"}, "only a DELTA_DATE moves by itself"),
        ("FLAG", {"lag_seconds": 0}, "only a DELTA_DATE moves by itself"),
    ],
)
def test_given_a_mode_or_lag_that_does_not_fit_when_registered_then_it_is_refused(
    hr: ETLMonitor, refused: Refused, kind: str, given: dict[str, object], words: str
) -> None:
    with refused(InvalidInput, words):
        hr.register_parameter(*HR, "New", kind, **given)


@pytest.mark.parametrize("lag", [-1, -3600])
def test_given_a_negative_lag_from_another_tool_when_done_then_the_watermark_is_not_past_the_start(
    hr: ETLMonitor, run: Run, clock: ManualClock, lag: int
) -> None:
    with hr.session() as session:
        session.get_one(Parameter, EMPLOYEES).lag_seconds = lag
        session.commit()
    with run.task(1):
        began = clock.now
        clock.advance(7200)

    assert hr.get_active_watermark(*EMPLOYEES) == began
