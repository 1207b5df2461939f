"""Historic mode: a rerun of the past leaves the live watermark, whatever its tasks stage."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, ManualClock, Parameter, SysLog

HR = ("CORP", "HR_DAILY")
EMPLOYEES = (*HR, "LoadEmployees")
EVENTS = (*HR, "LoadEvents")
LIVE = datetime(2025, 12, 1, tzinfo=UTC)
MARCH = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture
def past(hr: ETLMonitor, clock: ManualClock, prepare: Callable[..., None]) -> ETLMonitor:
    """HR_DAILY on a date of the past, its live watermarks at the first of December and at 500."""

    def rewind() -> None:
        hr.advance_watermark(*EMPLOYEES, LIVE)
        hr.advance_watermark(*EVENTS, new_int_value=500)
        hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-03-01")
        clock.advance(60)

    prepare(rewind)
    return hr


@pytest.fixture
def receipts(rows: Callable[..., list[SysLog]]) -> Callable[[], list[SysLog]]:
    """The receipts of staged values."""
    return lambda: rows(SysLog, operation_name="advance")


@pytest.mark.parametrize(
    ("task_id", "staged", "live"),
    [(1, MARCH, LIVE), (1, "2026-01-01", LIVE), (2, 120, 500), (2, 900, 500)],
    ids=["a time behind", "a time ahead", "a number behind", "a number ahead"],
)
def test_given_the_past_when_a_value_is_staged_then_it_is_neither_refused_nor_written(
    past: ETLMonitor, task_id: int, staged: str | datetime | int, live: datetime | int
) -> None:
    with past.start_run(*HR).task(task_id) as task:
        task.advance(staged)

    assert past.get_active_watermark(*(EMPLOYEES if task_id == 1 else EVENTS)) == live


def test_given_the_past_when_a_staged_value_is_left_then_a_receipt_says_what_it_would_have_been(
    past: ETLMonitor, receipts: Callable[[], list[SysLog]]
) -> None:
    with past.start_run(*HR, execution_id="again").task(1) as task:
        task.advance(MARCH)

    (line,) = receipts()
    assert (line.project_code, line.process_load, line.processing_date, line.execution_id, line.message) == (
        *HR,
        date(2025, 3, 1),
        "again",
        "LoadEmployees (DELTA_DATE): historic mode, stays at 2025-12-01 00:00:00; "
        "live it would have become 2025-03-01 00:00:00.",
    )


def test_given_the_past_when_a_task_holds_then_nothing_is_written(
    past: ETLMonitor, row: Callable[..., Parameter], receipts: Callable[[], list[SysLog]], clock: ManualClock
) -> None:
    before = row(Parameter, parameter_name="LoadEmployees")
    with past.start_run(*HR).task(1) as task:
        clock.advance(60)
        task.hold()

    after = row(Parameter, parameter_name="LoadEmployees")
    assert (after.set_on, after.last_updated_on, receipts()) == (before.set_on, before.last_updated_on, [])


def test_given_the_past_when_a_value_of_another_type_is_staged_then_it_is_refused(
    past: ETLMonitor, refused: Callable[..., AbstractContextManager[None]]
) -> None:
    with past.start_run(*HR).task(1) as task, refused(InvalidInput, "Pass a datetime"):
        task.advance(5)


def test_given_historic_mode_set_after_staging_when_done_then_the_value_is_not_written(
    hr: ETLMonitor, receipts: Callable[[], list[SysLog]]
) -> None:
    with hr.start_run(*HR).task(2) as task:
        task.advance(120)
        hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-03-01")

    assert (hr.get_active_watermark(*EVENTS), len(receipts())) == (0, 1)


def test_given_live_mode_set_after_staging_behind_when_done_then_the_value_is_dropped(past: ETLMonitor) -> None:
    with past.start_run(*HR).task(2) as task:
        task.advance(120)
        past.set_processing_mode(*HR)

    assert past.get_active_watermark(*EVENTS) == 500


def test_given_another_process_in_the_past_when_a_value_is_staged_then_it_is_written(hr: ETLMonitor) -> None:
    hr.register_process("CORP", "FIN_DAILY").register_process("OTHER", "HR_DAILY")
    for process in (("CORP", "FIN_DAILY"), ("OTHER", "HR_DAILY")):
        hr.set_processing_mode(*process, is_historic_mode=True, historic_date="2025-03-01")
    with hr.start_run(*HR).task(2) as task:
        task.advance(120)

    assert hr.get_active_watermark(*EVENTS) == 120


def test_given_the_past_when_a_person_moves_the_watermark_then_it_moves(past: ETLMonitor) -> None:
    past.advance_watermark(*EVENTS, new_int_value=900)

    assert past.get_active_watermark(*EVENTS) == 900


def test_given_the_past_when_reset_without_a_date_then_steps_of_that_date_are_queued(past: ETLMonitor) -> None:
    past.start_run(*HR, execution_id="again")
    past.fail_task("again", *HR, 1)

    assert {step.processing_date for step in past.status_reset(*HR)} == {date(2025, 3, 1)}


def test_given_a_failure_of_the_past_when_its_reset_is_done_then_the_live_watermark_stays(past: ETLMonitor) -> None:
    run = past.start_run(*HR)
    past.fail_task(run.execution_id, *HR, 1)
    past.status_reset(*HR)
    with run.task(1):
        pass

    assert past.get_active_watermark(*EMPLOYEES) == LIVE
