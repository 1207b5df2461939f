"""A DELTA_DATE moves by itself when its step turns DONE: to when the step's work began, and only then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock, Parameter, ProcessingStep, Run

HR = ("CORP", "HR_DAILY")
EMPLOYEES = (*HR, "LoadEmployees")


def at(text: str) -> datetime:
    """A time of the first of January 2026, UTC."""
    return datetime.fromisoformat(f"2026-01-01 {text}").replace(tzinfo=UTC)


def test_given_a_loaded_source_when_the_step_is_done_then_its_watermark_is_when_the_work_began(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    clock.set("2026-01-01 07:00:00.123456")
    with run.task(1):
        clock.advance(600)

    assert hr.get_active_watermark(*EMPLOYEES) == at("07:00:00.123456")


def test_given_a_running_step_when_it_is_not_done_yet_then_its_watermark_has_not_moved(
    hr: ETLMonitor, run: Run
) -> None:
    with run.task(1):
        assert hr.get_active_watermark(*EMPLOYEES) is None


def test_given_a_step_ended_by_its_ids_when_it_is_done_then_its_watermark_moves(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 1)
    clock.advance(60)
    hr.end_task("run-1", *HR, 1)

    assert hr.get_active_watermark(*EMPLOYEES) == at("06:00")


def test_given_a_start_reported_by_an_outside_system_when_done_then_the_watermark_is_that_time(
    hr: ETLMonitor, run: Run
) -> None:
    hr.start_task("run-1", *HR, 1, timestamp="2026-01-01 05:30:00+02:00")
    hr.end_task("run-1", *HR, 1)

    assert hr.get_active_watermark(*EMPLOYEES) == at("03:30")


def test_given_a_step_taken_over_when_it_is_done_then_the_watermark_is_when_it_was_taken_over(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 1)
    clock.advance(60)
    with run.task(1, takeover=True):
        clock.advance(60)

    assert hr.get_active_watermark(*EMPLOYEES) == at("06:01")


def test_given_a_watermark_when_it_moves_then_it_bears_time_and_actor_of_the_ending_call(
    hr: ETLMonitor, run: Run, clock: ManualClock, row: Callable[..., Parameter]
) -> None:
    with run.task(1):
        clock.advance(60)

    parameter = row(Parameter, parameter_name="LoadEmployees")
    assert (parameter.last_updated_on, parameter.last_updated_by) == (at("06:01"), "pytest")


def test_given_a_job_that_raises_when_its_step_fails_then_its_watermark_stays(hr: ETLMonitor, run: Run) -> None:
    with pytest.raises(OSError, match="source is down"), run.task(1):
        raise OSError("source is down")

    assert hr.get_active_watermark(*EMPLOYEES) is None


def test_given_a_step_that_is_failed_by_its_ids_then_its_watermark_stays(hr: ETLMonitor, run: Run) -> None:
    hr.start_task("run-1", *HR, 1)
    hr.fail_task("run-1", *HR, 1)

    assert hr.get_active_watermark(*EMPLOYEES) is None


def test_given_a_failed_step_when_its_retry_is_done_then_the_watermark_is_when_the_retry_began(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    with pytest.raises(OSError, match="down"), run.task(1):
        raise OSError("down")
    clock.advance(3600)
    run.reset()
    with run.task(1):
        clock.advance(60)

    assert hr.get_active_watermark(*EMPLOYEES) == at("07:00")


def test_given_a_watermark_ahead_of_the_clock_when_a_step_is_done_then_it_does_not_go_back(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.advance_watermark(*EMPLOYEES, "2026-02-01")
    clock.advance(60)
    with run.task(1):
        clock.advance(60)

    assert hr.get_active_watermark(*EMPLOYEES) == datetime(2026, 2, 1, tzinfo=UTC)


def test_given_a_value_set_before_the_step_began_when_it_is_done_then_the_watermark_moves_on(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.advance_watermark(*EMPLOYEES, "2026-01-01 05:00")
    clock.advance(60)
    with run.task(1):
        clock.advance(60)

    assert hr.get_active_watermark(*EMPLOYEES) == at("06:01")


@pytest.mark.parametrize("seconds", [0, 30])
def test_given_a_value_set_since_the_step_began_when_it_is_done_then_that_value_stays(
    hr: ETLMonitor, run: Run, clock: ManualClock, seconds: int
) -> None:
    with run.task(1):
        clock.advance(seconds)
        hr.advance_watermark(*EMPLOYEES, "2026-01-01 05:00")
        clock.advance(60)

    assert hr.get_active_watermark(*EMPLOYEES) == at("05:00")


def test_given_an_old_value_set_again_since_the_step_began_when_it_is_done_then_it_stays(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    with run.task(1):
        clock.advance(60)
    with hr.start_run(*HR).task(1):
        clock.advance(60)
        hr.advance_watermark(*EMPLOYEES, "2026-01-01 06:00")

    assert hr.get_active_watermark(*EMPLOYEES) == at("06:00")


def test_given_bulk_mode_set_since_the_step_began_when_done_then_the_watermark_stays_reset(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.advance_watermark(*EMPLOYEES, "2026-01-01 05:00")
    clock.advance(60)
    with run.task(1):
        clock.advance(60)
        hr.set_processing_mode(*HR, is_bulk_mode=True)

    assert hr.get_active_watermark(*EMPLOYEES) is None


def test_given_a_parameter_registered_while_its_step_runs_when_done_then_its_watermark_moves(
    hr: ETLMonitor, clock: ManualClock
) -> None:
    hr.register_task(*HR, 4, 1, 2, "Load departments", source_system_code="LoadDepartments")
    run = hr.start_run(*HR)
    with run.task(4):
        clock.advance(60)
        hr.register_parameter(*HR, "LoadDepartments", "DELTA_DATE")

    assert hr.get_active_watermark(*HR, "LoadDepartments") == at("06:00")


def test_given_a_parameter_registered_with_a_value_while_its_step_runs_when_done_then_it_stays(
    hr: ETLMonitor, clock: ManualClock
) -> None:
    hr.register_task(*HR, 4, 1, 2, "Load departments", source_system_code="LoadDepartments")
    run = hr.start_run(*HR)
    with run.task(4):
        clock.advance(60)
        hr.register_parameter(*HR, "LoadDepartments", "DELTA_DATE", value_datetime="2025-12-31")

    assert hr.get_active_watermark(*HR, "LoadDepartments") == datetime(2025, 12, 31, tzinfo=UTC)


def test_given_an_automatic_advance_since_the_step_began_when_it_is_done_then_it_moves_again(
    hr: ETLMonitor, clock: ManualClock
) -> None:
    early = hr.start_run(*HR)
    late = hr.start_run(*HR)
    with early.task(1):
        clock.advance(60)
        late_task = late.task(1).__enter__()
        clock.advance(60)
    clock.advance(60)
    late_task.__exit__(None, None, None)

    assert hr.get_active_watermark(*EMPLOYEES) == at("06:01")


def test_given_an_earlier_run_that_ends_last_when_it_is_done_then_the_watermark_stays_ahead(
    hr: ETLMonitor, clock: ManualClock
) -> None:
    early = hr.start_run(*HR)
    late = hr.start_run(*HR)
    with early.task(1):
        clock.advance(60)
        with late.task(1):
            clock.advance(60)

    assert hr.get_active_watermark(*EMPLOYEES) == at("06:01")


def test_given_historic_mode_when_a_step_is_done_then_the_live_watermark_survives(
    hr: ETLMonitor, clock: ManualClock
) -> None:
    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-03-01")
    clock.advance(60)
    with hr.start_run(*HR).task(1):
        clock.advance(60)

    assert hr.get_active_watermark(*EMPLOYEES) is None


def test_given_live_mode_again_after_historic_when_a_step_is_done_then_the_watermark_moves(
    hr: ETLMonitor, clock: ManualClock
) -> None:
    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-03-01")
    hr.set_processing_mode(*HR)
    clock.advance(60)
    with hr.start_run(*HR).task(1):
        clock.advance(60)

    assert hr.get_active_watermark(*EMPLOYEES) == at("06:01")


def test_given_historic_mode_of_another_process_when_a_step_is_done_then_the_watermark_moves(
    hr: ETLMonitor, run: Run
) -> None:
    hr.register_process("CORP", "FIN_DAILY")
    hr.set_processing_mode("CORP", "FIN_DAILY", is_historic_mode=True, historic_date="2025-03-01")
    with run.task(1):
        pass

    assert hr.get_active_watermark(*EMPLOYEES) == at("06:00")


def test_given_a_step_that_was_never_started_when_it_is_done_then_its_watermark_stays(hr: ETLMonitor, run: Run) -> None:
    hr.end_task("run-1", *HR, 1)

    assert hr.get_active_watermark(*EMPLOYEES) is None


def test_given_a_watermark_by_number_when_its_step_is_done_then_it_stays(hr: ETLMonitor, run: Run) -> None:
    with run.task(2):
        pass

    assert hr.get_active_watermark(*HR, "LoadEvents") == 0


def test_given_a_flag_that_a_task_names_when_its_step_is_done_then_it_stays_as_it_was(
    hr: ETLMonitor, row: Callable[..., Parameter], clock: ManualClock
) -> None:
    hr.register_parameter(*HR, "Full", "FLAG", value_bit=True)
    hr.register_task(*HR, 4, 1, 2, "Load departments", source_system_code="Full")
    before = row(Parameter, parameter_name="Full")
    run = hr.start_run(*HR)
    clock.advance(60)
    with run.task(4):
        pass

    after = row(Parameter, parameter_name="Full")
    assert (after.value_bit, after.value_datetime, after.last_updated_on) == (True, None, before.last_updated_on)


def test_given_a_task_that_names_no_registered_parameter_when_its_step_ends_then_it_is_done(
    hr: ETLMonitor, row: Callable[..., ProcessingStep]
) -> None:
    hr.register_task(*HR, 4, 1, 2, "Load departments", source_system_code="Nobody")
    with hr.start_run(*HR).task(4):
        pass

    assert row(ProcessingStep, task_id=4).status == "DONE"


def test_given_a_task_given_another_watermark_once_queued_when_done_then_the_queued_one_moves(
    hr: ETLMonitor, run: Run
) -> None:
    hr.register_parameter(*HR, "Renamed", "DELTA_DATE")
    hr.register_task(*HR, 1, 1, 2, "Load employees", source_system_code="Renamed")
    with run.task(1):
        pass

    assert (hr.get_active_watermark(*EMPLOYEES), hr.get_active_watermark(*HR, "Renamed")) == (at("06:00"), None)


def test_given_a_same_named_watermark_of_another_process_when_a_step_is_done_then_it_stays(
    hr: ETLMonitor, run: Run
) -> None:
    hr.register_process("CORP", "FIN_DAILY")
    hr.register_parameter("CORP", "FIN_DAILY", "LoadEmployees", "DELTA_DATE")
    with run.task(1):
        pass

    assert hr.get_active_watermark("CORP", "FIN_DAILY", "LoadEmployees") is None
