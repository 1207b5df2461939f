"""A watermark that several steps share moves when the last of them is DONE, to where the earliest of them began."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock, Parameter, Run
from etl_monitor_orm.testing import assert_watermark

HR = ("CORP", "HR_DAILY")
STAFF = (*HR, "Staff")


def at(text: str) -> datetime:
    """A time of the first of January 2026, UTC."""
    return datetime.fromisoformat(f"2026-01-01 {text}").replace(tzinfo=UTC)


@pytest.fixture
def staff(hr: ETLMonitor, prepare: Callable[..., None]) -> ETLMonitor:
    """HR_DAILY with tasks 11, 12 and 13 of three stages and two passes, which share the watermark Staff."""

    def register() -> None:
        hr.register_parameter(*STAFF, "DELTA_DATE")
        hr.register_task(*HR, 11, 1, 2, "Load people", source_system_code="Staff")
        hr.register_task(*HR, 12, 1, 4, "Load contracts", source_system_code="Staff", task_mandatory=False)
        hr.register_task(*HR, 13, 2, 2, "Load salaries", source_system_code="Staff")

    prepare(register)
    return hr


@pytest.fixture
def staff_run(staff: ETLMonitor) -> Run:
    return staff.start_run(*HR, "2026-01-01", execution_id="staff-1")


def work(run: Run, clock: ManualClock, *, begin: str, end: str, task_id: int) -> None:
    """Do a task between two times."""
    clock.set(f"2026-01-01 {begin}")
    with run.task(task_id, workflow_id=2 if task_id == 13 else 1):
        clock.set(f"2026-01-01 {end}")


def fail(run: Run, clock: ManualClock, *, begin: str, task_id: int) -> None:
    """Fail a task."""
    clock.set(f"2026-01-01 {begin}")
    with pytest.raises(OSError, match="down"), run.task(task_id):
        raise OSError("down")


def test_given_steps_that_are_not_all_done_when_one_is_then_the_watermark_waits(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    work(staff_run, clock, begin="07:00", end="07:10", task_id=11)
    work(staff_run, clock, begin="07:20", end="07:30", task_id=12)

    assert_watermark(staff, *STAFF, None)


@pytest.mark.parametrize("order", [(11, 12, 13), (13, 12, 11)])
def test_given_the_last_step_done_then_the_watermark_is_the_earliest_of_their_starts(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock, order: tuple[int, int, int]
) -> None:
    for task_id, (begin, end) in zip(order, [("07:00", "07:10"), ("07:20", "07:30"), ("07:40", "07:50")], strict=True):
        work(staff_run, clock, begin=begin, end=end, task_id=task_id)

    assert_watermark(staff, *STAFF, at("07:00"))


def test_given_parallel_steps_when_the_first_begun_ends_last_then_the_watermark_is_its_start(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    clock.set("2026-01-01 07:00")
    with staff_run.task(11):
        work(staff_run, clock, begin="07:10", end="07:20", task_id=12)
        work(staff_run, clock, begin="07:30", end="07:40", task_id=13)

    assert_watermark(staff, *STAFF, at("07:00"))


def test_given_a_step_that_failed_when_the_others_are_done_then_the_watermark_waits(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    fail(staff_run, clock, begin="07:00", task_id=12)
    work(staff_run, clock, begin="07:10", end="07:20", task_id=11)
    work(staff_run, clock, begin="07:30", end="07:40", task_id=13)

    assert_watermark(staff, *STAFF, None)


def test_given_a_failed_step_when_its_retry_ends_last_then_the_earliest_start_that_counts_wins(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    fail(staff_run, clock, begin="07:00", task_id=12)
    work(staff_run, clock, begin="07:10", end="07:20", task_id=11)
    work(staff_run, clock, begin="07:30", end="07:40", task_id=13)
    staff_run.reset()
    work(staff_run, clock, begin="08:00", end="08:10", task_id=12)

    assert_watermark(staff, *STAFF, at("07:10"))


def test_given_a_step_done_without_a_start_when_the_last_is_done_then_the_watermark_waits(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    staff.end_task("staff-1", *HR, 12)
    work(staff_run, clock, begin="07:10", end="07:20", task_id=11)
    work(staff_run, clock, begin="07:30", end="07:40", task_id=13)

    assert_watermark(staff, *STAFF, None)


def test_given_a_value_set_by_hand_after_the_earliest_start_when_all_are_done_then_it_stays(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    work(staff_run, clock, begin="07:00", end="07:10", task_id=11)
    staff.advance_watermark(*STAFF, "2026-01-01 05:00")
    work(staff_run, clock, begin="07:20", end="07:30", task_id=12)
    work(staff_run, clock, begin="07:40", end="07:50", task_id=13)

    assert_watermark(staff, *STAFF, at("05:00"))


def test_given_a_value_staged_by_one_of_them_when_the_last_is_done_then_that_value_stays(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    clock.set("2026-01-01 07:00")
    with staff_run.task(11) as task:
        task.advance("2026-01-01 05:00")
    work(staff_run, clock, begin="07:20", end="07:30", task_id=12)
    work(staff_run, clock, begin="07:40", end="07:50", task_id=13)

    assert_watermark(staff, *STAFF, at("05:00"))


def test_given_a_value_staged_by_the_last_of_them_when_it_is_done_then_that_value_is_written(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    work(staff_run, clock, begin="07:00", end="07:10", task_id=11)
    work(staff_run, clock, begin="07:20", end="07:30", task_id=12)
    with staff_run.task(13, 2) as task:
        task.advance("2026-01-01 05:00")

    assert_watermark(staff, *STAFF, at("05:00"))


def test_given_a_resumed_run_when_its_steps_are_done_then_the_start_in_the_earlier_run_counts(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    work(staff_run, clock, begin="07:00", end="07:10", task_id=11)
    fail(staff_run, clock, begin="07:20", task_id=12)
    again = staff.start_run(*HR, "2026-01-01", resume=True)
    work(again, clock, begin="08:00", end="08:10", task_id=12)
    work(again, clock, begin="08:20", end="08:30", task_id=13)

    assert_watermark(staff, *STAFF, at("07:00"))


def test_given_a_whole_second_run_when_its_steps_are_done_then_only_its_own_starts_count(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    work(staff_run, clock, begin="07:00", end="07:10", task_id=11)
    again = staff.start_run(*HR, "2026-01-01")
    for hour, task_id in enumerate((11, 12, 13), start=8):
        work(again, clock, begin=f"{hour:02}:00", end=f"{hour:02}:10", task_id=task_id)

    assert_watermark(staff, *STAFF, at("08:00"))


def test_given_a_later_queued_run_when_the_earlier_steps_are_done_then_the_watermark_moves(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    staff.start_run(*HR, "2026-01-01")
    for hour, task_id in enumerate((11, 12, 13), start=8):
        work(staff_run, clock, begin=f"{hour:02}:00", end=f"{hour:02}:10", task_id=task_id)

    assert_watermark(staff, *STAFF, at("08:00"))


def test_given_unfinished_steps_of_another_date_then_the_watermark_does_not_wait_for_them(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    staff.start_run(*HR, "2025-12-31")
    for hour, task_id in enumerate((11, 12, 13), start=8):
        work(staff_run, clock, begin=f"{hour:02}:00", end=f"{hour:02}:10", task_id=task_id)

    assert_watermark(staff, *STAFF, at("08:00"))


def test_given_a_task_done_only_on_another_date_when_the_others_are_done_then_it_is_ignored(
    staff: ETLMonitor, clock: ManualClock
) -> None:
    yesterday = staff.start_run(*HR, "2025-12-31")
    for hour, task_id in enumerate((11, 12, 13), start=7):
        work(yesterday, clock, begin=f"{hour:02}:00", end=f"{hour:02}:10", task_id=task_id)
    staff.deactivate_task(*HR, 13, 2)
    today = staff.start_run(*HR, "2026-01-01")
    for hour, task_id in enumerate((11, 12), start=10):
        work(today, clock, begin=f"{hour:02}:00", end=f"{hour:02}:10", task_id=task_id)

    assert_watermark(staff, *STAFF, at("10:00"))


def test_given_a_same_named_watermark_elsewhere_when_its_steps_are_open_then_this_one_moves(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    staff.register_process("CORP", "FIN_DAILY")
    staff.register_parameter("CORP", "FIN_DAILY", "Staff", "DELTA_DATE")
    staff.register_task("CORP", "FIN_DAILY", 1, 1, 2, "Load costs", source_system_code="Staff")
    staff.start_run("CORP", "FIN_DAILY", "2026-01-01")
    for hour, task_id in enumerate((11, 12, 13), start=8):
        work(staff_run, clock, begin=f"{hour:02}:00", end=f"{hour:02}:10", task_id=task_id)

    assert_watermark(staff, *STAFF, at("08:00"))


def test_given_a_task_inactive_at_the_start_of_the_run_then_the_watermark_does_not_wait_for_it(
    staff: ETLMonitor, clock: ManualClock
) -> None:
    staff.deactivate_task(*HR, 13, 2)
    run = staff.start_run(*HR, "2026-01-01")
    work(run, clock, begin="07:00", end="07:10", task_id=11)
    work(run, clock, begin="07:20", end="07:30", task_id=12)

    assert_watermark(staff, *STAFF, at("07:00"))


# A resumed run, and what happens to its siblings meanwhile


@pytest.fixture
def resumed(staff: ETLMonitor, staff_run: Run, clock: ManualClock) -> Run:
    """A second run, with task 12 alone: the first did 11 from 07:00 on and 13, and failed 12."""
    work(staff_run, clock, begin="07:00", end="07:10", task_id=11)
    fail(staff_run, clock, begin="07:20", task_id=12)
    work(staff_run, clock, begin="07:30", end="07:40", task_id=13)
    clock.set("2026-01-01 08:00")
    return staff.start_run(*HR, "2026-01-01", execution_id="staff-2", resume=True)


def replay(monitor: ETLMonitor, task_id: int = 11) -> None:
    monitor.status_reset(*HR, execution_id="staff-1", processing_date="2026-01-01", task_id=task_id, replay=True)


def test_given_a_sibling_queued_again_when_the_resumed_run_is_done_then_the_watermark_waits(
    staff: ETLMonitor, resumed: Run, clock: ManualClock
) -> None:
    replay(staff)
    work(resumed, clock, begin="09:00", end="09:10", task_id=12)

    assert_watermark(staff, *STAFF, None)


def test_given_a_sibling_running_again_when_the_resumed_run_is_done_then_the_watermark_waits(
    staff: ETLMonitor, staff_run: Run, resumed: Run, clock: ManualClock
) -> None:
    replay(staff)
    with staff_run.task(11):
        work(resumed, clock, begin="09:00", end="09:10", task_id=12)
        waits = staff.get_active_watermark(*STAFF)

    assert waits is None


def test_given_a_sibling_that_failed_again_when_the_resumed_run_is_done_then_the_watermark_waits(
    staff: ETLMonitor, staff_run: Run, resumed: Run, clock: ManualClock
) -> None:
    replay(staff)
    fail(staff_run, clock, begin="08:30", task_id=11)
    work(resumed, clock, begin="09:00", end="09:10", task_id=12)

    assert_watermark(staff, *STAFF, None)


def test_given_a_sibling_done_again_when_the_resumed_run_is_done_then_its_new_start_counts(
    staff: ETLMonitor, staff_run: Run, resumed: Run, clock: ManualClock
) -> None:
    replay(staff)
    work(staff_run, clock, begin="08:30", end="08:40", task_id=11)
    work(resumed, clock, begin="09:00", end="09:10", task_id=12)

    assert_watermark(staff, *STAFF, at("07:30"))


def test_given_a_sibling_queued_again_and_deactivated_when_done_then_the_watermark_moves(
    staff: ETLMonitor, resumed: Run, clock: ManualClock
) -> None:
    replay(staff)
    staff.deactivate_task(*HR, 11, 1)
    work(resumed, clock, begin="09:00", end="09:10", task_id=12)

    assert_watermark(staff, *STAFF, at("07:30"))


def test_given_a_queued_step_whose_task_is_deactivated_when_the_others_are_done_then_it_moves(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    work(staff_run, clock, begin="07:00", end="07:10", task_id=11)
    staff.deactivate_task(*HR, 13, 2)
    work(staff_run, clock, begin="07:20", end="07:30", task_id=12)

    assert_watermark(staff, *STAFF, at("07:00"))


def test_given_a_running_step_whose_task_is_deactivated_when_others_are_done_then_it_waits(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    with staff_run.task(13, 2):
        staff.deactivate_task(*HR, 13, 2)
        work(staff_run, clock, begin="07:00", end="07:10", task_id=11)
        work(staff_run, clock, begin="07:20", end="07:30", task_id=12)
        waits = staff.get_active_watermark(*STAFF)

    assert waits is None


def test_given_a_failed_step_whose_task_is_deactivated_when_others_are_done_then_it_waits(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    fail(staff_run, clock, begin="06:30", task_id=12)
    staff.deactivate_task(*HR, 12, 1)
    work(staff_run, clock, begin="07:00", end="07:10", task_id=11)
    work(staff_run, clock, begin="07:20", end="07:30", task_id=13)

    assert_watermark(staff, *STAFF, None)


def test_given_a_step_of_an_earlier_run_that_works_on_when_its_task_is_deactivated_then_the_watermark_waits(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    clock.set("2026-01-01 06:00")
    with staff_run.task(12):
        staff.deactivate_task(*HR, 12, 1)
        later = staff.start_run(*HR, "2026-01-01", execution_id="staff-2", resume=True, if_running="skip")
        work(later, clock, begin="07:00", end="07:10", task_id=11)
        work(later, clock, begin="07:20", end="07:30", task_id=13)

        assert staff.get_active_watermark(*STAFF) is None


def test_given_a_failure_of_an_earlier_run_of_a_deactivated_task_when_done_then_it_moves(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    fail(staff_run, clock, begin="06:30", task_id=12)
    staff.deactivate_task(*HR, 12, 1)
    again = staff.start_run(*HR, "2026-01-01")
    work(again, clock, begin="07:00", end="07:10", task_id=11)
    work(again, clock, begin="07:20", end="07:30", task_id=13)

    assert_watermark(staff, *STAFF, at("07:00"))


# The same names and numbers in other scopes


@pytest.fixture
def crowd(staff: ETLMonitor, prepare: Callable[..., None]) -> ETLMonitor:
    """Another process and another project with the same tasks, passes, watermark, and runs of the same ids."""

    def register() -> None:
        for process in OTHERS:
            staff.register_process(*process)
            staff.register_parameter(*process, "SYSDT", "SYSTEM")
            staff.register_parameter(*process, "Staff", "DELTA_DATE")
            for task_id, workflow_id in ((11, 1), (12, 1), (13, 2), (11, 2)):
                staff.register_task(*process, task_id, workflow_id, 2, "Load", source_system_code="Staff")
            for run_id in ("staff-1", "staff-2"):
                staff.start_run(*process, "2026-01-01", execution_id=run_id)

    prepare(register)
    return staff


OTHERS = (("CORP", "FIN_DAILY"), ("OTHER", "HR_DAILY"))


def finish_staff(run: Run, clock: ManualClock) -> None:
    for hour, task_id in enumerate((11, 12, 13), start=8):
        work(run, clock, begin=f"{hour:02}:00", end=f"{hour:02}:10", task_id=task_id)


def test_given_open_steps_of_the_same_names_elsewhere_when_done_then_only_this_one_moves(
    crowd: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    finish_staff(staff_run, clock)

    found = [crowd.get_active_watermark(*process, "Staff") for process in (HR, *OTHERS)]
    assert found == [at("08:00"), None, None]


def test_given_historic_mode_of_the_same_names_elsewhere_when_done_then_this_one_moves(
    crowd: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    for process in OTHERS:
        crowd.set_processing_mode(*process, is_historic_mode=True, historic_date="2025-01-01")
    finish_staff(staff_run, clock)

    assert_watermark(crowd, *STAFF, at("08:00"))


def test_given_deactivated_tasks_of_the_same_numbers_elsewhere_then_the_watermark_still_waits(
    crowd: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    for process in OTHERS:
        crowd.deactivate_task(*process, 13, 2)
    work(staff_run, clock, begin="07:00", end="07:10", task_id=11)
    work(staff_run, clock, begin="07:20", end="07:30", task_id=12)

    assert_watermark(crowd, *STAFF, None)


def test_given_an_explicit_value_of_the_same_name_elsewhere_when_done_then_this_one_moves(
    crowd: ETLMonitor, staff_run: Run, clock: ManualClock
) -> None:
    clock.set("2026-01-01 08:00")
    with staff_run.task(11):
        for process in OTHERS:
            crowd.advance_watermark(*process, "Staff", "2025-12-01")
    work(staff_run, clock, begin="08:20", end="08:30", task_id=12)
    work(staff_run, clock, begin="08:40", end="08:50", task_id=13)

    assert_watermark(crowd, *STAFF, at("08:00"))


def test_given_a_task_of_the_same_number_in_another_pass_when_one_is_done_then_it_waits(
    staff: ETLMonitor, clock: ManualClock
) -> None:
    staff.register_task(*HR, 11, 2, 2, "Load people again", source_system_code="Staff")
    staff.deactivate_task(*HR, 12, 1).deactivate_task(*HR, 13, 2)
    run = staff.start_run(*HR, "2026-01-01")
    work(run, clock, begin="07:00", end="07:10", task_id=11)
    waits = staff.get_active_watermark(*STAFF)
    clock.set("2026-01-01 08:00")
    with run.task(11, 2):
        clock.advance(60)

    assert (waits, staff.get_active_watermark(*STAFF)) == (None, at("07:00"))


def test_given_a_deactivated_task_of_the_same_number_in_another_pass_then_this_one_waits(
    staff: ETLMonitor, clock: ManualClock
) -> None:
    staff.register_task(*HR, 11, 2, 2, "Load people again", source_system_code="Staff")
    staff.deactivate_task(*HR, 13, 2)
    run = staff.start_run(*HR, "2026-01-01")
    staff.deactivate_task(*HR, 11, 2)
    work(run, clock, begin="07:20", end="07:30", task_id=12)

    assert_watermark(staff, *STAFF, None)


def test_watermark_that_is_there_already_is_not_written_again(
    staff: ETLMonitor, staff_run: Run, clock: ManualClock, row: Callable[..., Parameter]
) -> None:
    for task_id, begin in ((11, "07:00"), (12, "07:20"), (13, "07:40")):
        work(staff_run, clock, begin=begin, end="08:00", task_id=task_id)
    before = row(Parameter, parameter_name="Staff").last_updated_on
    staff.status_reset(*HR, "2026-01-01", execution_id="staff-1", task_id=13, replay=True)
    work(staff_run, clock, begin="09:00", end="09:10", task_id=13)

    assert_watermark(staff, *STAFF, at("07:00"))
    assert row(Parameter, parameter_name="Staff").last_updated_on == before
