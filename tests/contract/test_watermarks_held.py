"""`hold()`: a task says that its watermark is to stay; and the typed readings of a watermark."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, InvalidTransition, ManualClock, Parameter, ProcessingStep, Run

HR = ("CORP", "HR_DAILY")
EMPLOYEES = (*HR, "LoadEmployees")
EVENTS = (*HR, "LoadEvents")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)

Refused = Callable[..., AbstractContextManager[None]]


def test_given_a_watermark_when_the_task_holds_it_then_done_leaves_it(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.advance_watermark(*EMPLOYEES, "2025-12-01")
    clock.advance(60)
    with run.task(1) as task:
        task.hold()

    assert hr.get_active_watermark(*EMPLOYEES) == datetime(2025, 12, 1, tzinfo=UTC)


def test_given_no_value_yet_when_the_task_holds_it_then_it_stays_null(hr: ETLMonitor, run: Run) -> None:
    with run.task(1) as task:
        task.hold()

    assert hr.get_active_watermark(*EMPLOYEES) is None


def test_given_no_value_yet_when_a_sibling_holds_it_then_it_stays_null(hr: ETLMonitor, clock: ManualClock) -> None:
    hr.register_task(*HR, 4, 1, 2, "Load departments", source_system_code="LoadEmployees")
    run = hr.start_run(*HR, "2026-01-01")
    with run.task(4):
        with run.task(1) as task:
            task.hold()
        clock.advance(60)

    assert hr.get_active_watermark(*EMPLOYEES) is None


def test_given_a_held_watermark_when_a_later_run_is_done_then_it_moves(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    with run.task(1) as task:
        task.hold()
    began = clock.advance(86_400)
    with hr.start_run(*HR, "2026-04-10").task(1):
        clock.advance(60)

    assert hr.get_active_watermark(*EMPLOYEES) == began


def test_given_a_held_watermark_when_done_then_it_bears_time_and_actor(
    hr: ETLMonitor, run: Run, clock: ManualClock, row: Callable[..., Parameter]
) -> None:
    with run.task(1) as task:
        task.hold()
        now = clock.advance(60)

    found = row(Parameter, parameter_name="LoadEmployees")
    assert (found.set_on, found.last_updated_on, found.last_updated_by) == (now, now, "pytest")


def test_given_a_task_that_holds_when_it_fails_then_nothing_is_held(
    run: Run, row: Callable[..., Parameter], clock: ManualClock
) -> None:
    before = row(Parameter, parameter_name="LoadEmployees").last_updated_on
    with suppress(OSError), run.task(1) as task:
        clock.advance(60)
        task.hold()
        raise OSError("down")

    found = row(Parameter, parameter_name="LoadEmployees")
    assert (found.set_on, found.last_updated_on) == (None, before)


def test_given_a_staged_value_when_the_task_then_holds_then_the_value_is_dropped(hr: ETLMonitor, run: Run) -> None:
    with run.task(1) as task:
        task.advance("2025-12-01")
        task.hold()

    assert hr.get_active_watermark(*EMPLOYEES) is None


def test_given_a_task_that_holds_when_it_then_advances_then_the_value_is_written(hr: ETLMonitor, run: Run) -> None:
    with run.task(1) as task:
        task.hold()
        task.advance(NEW_YEAR)

    assert hr.get_active_watermark(*EMPLOYEES) == NEW_YEAR


@pytest.mark.parametrize("staged", [None, 120])
def test_given_a_watermark_by_number_when_the_task_holds_it_then_it_stays(
    hr: ETLMonitor, run: Run, staged: int | None
) -> None:
    with run.task(2) as task:
        if staged is not None:
            task.advance(staged)
        task.hold()

    assert hr.get_active_watermark(*EVENTS) == 0


@pytest.mark.parametrize(("code", "words"), [(None, "source_system_code"), ("Full", "set_processing_mode()")])
def test_given_a_task_without_a_watermark_when_it_holds_then_it_is_refused(
    hr: ETLMonitor, refused: Refused, code: str | None, words: str
) -> None:
    hr.register_parameter(*HR, "Full", "FLAG")
    hr.register_task(*HR, 4, 1, 2, "Load departments", source_system_code=code)

    with hr.start_run(*HR).task(4) as task, refused(InvalidInput, words):
        task.hold()


def test_given_a_handle_outside_of_its_block_when_it_holds_then_it_is_refused(run: Run, refused: Refused) -> None:
    with refused(InvalidTransition, "with run.task"):
        run.task(1).hold()


def test_given_a_watermark_past_the_staged_value_when_done_then_the_step_says_so(
    hr: ETLMonitor, run: Run, step: Callable[..., ProcessingStep]
) -> None:
    with run.task(2, log_message="120 rows") as task:
        task.advance(120)
        hr.advance_watermark(*EVENTS, new_int_value=500)

    assert step(2).log_message == (
        "120 rows\nThe staged watermark 120 was dropped: Parameter LoadEvents of CORP/HR_DAILY is already at 500."
    )


def test_given_a_long_message_when_a_staged_value_is_dropped_then_both_are_told(
    hr: ETLMonitor, run: Run, step: Callable[..., ProcessingStep]
) -> None:
    with run.task(2, log_message="x" * 2000) as task:
        task.advance(120)
        hr.advance_watermark(*EVENTS, new_int_value=500)

    said = step(2).log_message
    assert said is not None
    assert (len(said) <= 2000, said.startswith("xxx"), said.endswith("is already at 500.")) == (True, True, True)


def test_given_a_staged_value_that_is_written_when_done_then_the_message_stays(
    run: Run, step: Callable[..., ProcessingStep]
) -> None:
    with run.task(2, log_message="120 rows") as task:
        task.advance(120)

    assert step(2).log_message == "120 rows"


def test_given_a_watermark_in_time_when_it_is_read_typed_then_it_is_a_time(hr: ETLMonitor, run: Run) -> None:
    hr.advance_watermark(*EMPLOYEES, NEW_YEAR)

    with run.task(1) as task:
        assert (task.watermark_time, task.watermark) == (NEW_YEAR, NEW_YEAR)


def test_given_a_watermark_by_number_when_it_is_read_typed_then_it_is_a_number(run: Run) -> None:
    with run.task(2) as task:
        assert (task.watermark_id, task.watermark) == (0, 0)


def test_given_no_value_or_no_watermark_when_it_is_read_typed_then_it_is_none(run: Run) -> None:
    with run.task(1) as empty, run.task(3) as without:
        assert (empty.watermark_time, without.watermark_time, without.watermark_id) == (None, None, None)


@pytest.mark.parametrize(
    ("task_id", "typed", "kind"), [(1, "watermark_id", "DELTA_ID"), (2, "watermark_time", "DELTA_DATE")]
)
def test_given_a_watermark_of_the_other_type_when_it_is_read_typed_then_it_is_refused(
    run: Run, refused: Refused, task_id: int, typed: str, kind: str
) -> None:
    with run.task(task_id) as task, refused(InvalidInput, typed, f"for a {kind}"):
        getattr(task, typed)


def test_given_a_task_that_holds_when_tracked_then_it_costs_what_staging_a_value_costs(run: Run, statements) -> None:
    with run.task(1) as task:
        task.hold()
        statements.sql.clear()

    assert len(statements.sql) == 2
