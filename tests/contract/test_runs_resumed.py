"""A run that leaves something out: what is done on the date already, and what is not due."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest

from etl_monitor_orm import ETLMonitor, ProcessInactive, ProcessingStep, ProcessNotFound, Run, StepNotQueued

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)

Block = AbstractContextManager[None]
Rows = Callable[..., list[ProcessingStep]]


def done(run: Run, *tasks: int) -> None:
    for task in tasks:
        with run.task(task):
            pass


# resume=True


def test_given_steps_that_are_done_when_resumed_then_only_the_others_are_queued(run: Run, hr: ETLMonitor) -> None:
    done(run, 0, 2)
    hr.fail_task("run-1", *HR, 1)
    resumed = hr.start_run(*HR, DAY, resume=True)
    # The failure of task 1 re-opened the initiation, so that is to be done again too.
    assert [step.task_id for step in resumed.status()] == [0, 1, 3]


def test_given_a_resumed_run_when_its_steps_are_read_then_their_attempt_is_one_above_the_last(
    run: Run, hr: ETLMonitor
) -> None:
    done(run, 0, 1)
    assert {step.attempts for step in hr.start_run(*HR, DAY, resume=True).status()} == {1}


def test_given_a_done_step_that_was_queued_again_when_resumed_then_it_is_queued(run: Run, hr: ETLMonitor) -> None:
    done(run, 0, 1, 2, 3)
    hr.status_reset(*HR, DAY, task_id=3, workflow_id=1, replay=True)
    assert [step.task_id for step in hr.start_run(*HR, DAY, resume=True).status()] == [0, 3]


def test_given_a_done_step_that_a_later_run_queued_anew_when_resumed_then_it_is_queued(
    run: Run, hr: ETLMonitor
) -> None:
    done(run, 0, 1, 2, 3)
    done(hr.start_run(*HR, DAY), 0, 1)
    assert [step.task_id for step in hr.start_run(*HR, DAY, resume=True).status()] == [2, 3]


def test_given_a_failed_step_that_a_later_run_did_when_resumed_then_it_is_left_out(run: Run, hr: ETLMonitor) -> None:
    done(run, 0, 2, 3)
    hr.fail_task("run-1", *HR, 1)
    done(hr.start_run(*HR, DAY), 0, 1, 2)
    assert [step.task_id for step in hr.start_run(*HR, DAY, resume=True).status()] == [3]


def test_given_done_steps_of_another_date_when_resumed_then_they_do_not_count(run: Run, hr: ETLMonitor) -> None:
    done(run, 0, 1, 2, 3)
    assert len(hr.start_run(*HR, "2026-04-10", resume=True).status()) == 4


def test_given_done_steps_of_another_process_when_resumed_then_they_do_not_count(run: Run, hr: ETLMonitor) -> None:
    done(run, 0, 1, 2, 3)
    hr.register_process("CORP", "OTHER").register_task("CORP", "OTHER", 1, 1, 1, "T")
    assert len(hr.start_run("CORP", "OTHER", DAY, resume=True).status()) == 1


@pytest.mark.parametrize("leaving_out", [{"resume": True}, {"only_due": True}], ids=["resumed", "only due"])
def test_given_a_task_number_in_three_passes_then_only_the_pass_that_is_done_is_left_out(
    hr: ETLMonitor, leaving_out: dict[str, bool]
) -> None:
    for workflow_id in (1, 2, 3):
        hr.register_task(*HR, 9, workflow_id, 2, f"Pass {workflow_id}", load_frequency="W")
    with hr.start_run(*HR, DAY).task(9, workflow_id=2):
        pass
    later = hr.start_run(*HR, DAY, **leaving_out)

    assert [step.workflow_id for step in later.status() if step.task_id == 9] == [1, 3]


def test_given_done_steps_when_a_run_starts_without_resume_then_all_are_queued(run: Run, hr: ETLMonitor) -> None:
    done(run, 0, 1, 2, 3)
    assert len(hr.start_run(*HR, DAY).status()) == 4


def test_given_a_resumed_run_when_resumed_again_then_nothing_is_added(
    run: Run, hr: ETLMonitor, unchanged: Callable[[], Block]
) -> None:
    done(run, 0)
    done(hr.start_run(*HR, DAY, execution_id="run-2", resume=True), 1)
    with unchanged():
        hr.start_run(*HR, DAY, execution_id="run-2", resume=True)


def test_given_a_deactivated_task_when_resumed_then_it_is_left_out(run: Run, hr: ETLMonitor) -> None:
    done(run, 0)
    hr.deactivate_task(*HR, 3, 1)
    assert [step.task_id for step in hr.start_run(*HR, DAY, resume=True).status()] == [1, 2]


def test_given_a_deactivated_process_when_resumed_then_it_is_refused(
    run: Run, hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    done(run, 0, 1, 2, 3)
    hr.deactivate_process(*HR)
    with refused(ProcessInactive, "CORP/HR_DAILY", "activate_process()"):
        hr.start_run(*HR, DAY, resume=True)


def test_given_an_unknown_process_when_resumed_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    with refused(ProcessNotFound, "CORP/NOWHERE"):
        hr.start_run("CORP", "NOWHERE", DAY, resume=True)


def test_given_a_done_step_when_its_task_starts_in_a_resumed_run_then_the_error_names_the_run(
    run: Run, hr: ETLMonitor
) -> None:
    done(run, 0, 1)
    resumed = hr.start_run(*HR, DAY, resume=True)

    with pytest.raises(StepNotQueued, match=r"it is DONE on 2026-04-09 in run run-1.* replay=True"):
        done(resumed, 1)


# only_due=True


def test_given_a_task_that_is_not_due_when_it_starts_then_the_way_to_include_it_is_told(hr: ETLMonitor) -> None:
    hr.register_task(*HR, 7, 1, 2, "Weekly", load_frequency="W")
    done(hr.start_run(*HR, DAY), 0, 7)
    later = hr.start_run(*HR, DAY + timedelta(days=1), only_due=True)

    with pytest.raises(StepNotQueued, match=r"without only_due=True, it has tasks that are not due"):
        done(later, 7)


@pytest.fixture
def calendar(monitor: ETLMonitor) -> ETLMonitor:
    """CORP/CALENDAR: one task of each frequency; 1 daily, 2 weekly, 3 monthly, 4 yearly, 5 ad hoc, 6 of none."""
    monitor.register_process("CORP", "CALENDAR")
    for task, frequency in enumerate(["D", "W", "M", "Y", "A", None], start=1):
        monitor.register_task("CORP", "CALENDAR", task, 1, 2, f"Task {task}", load_frequency=frequency)
    return monitor


def due(calendar: ETLMonitor, day: str) -> list[int]:
    run = calendar.start_run("CORP", "CALENDAR", day, only_due=True)
    return [step.task_id for step in run.status()]


ALWAYS = [1, 5, 6]


@pytest.mark.parametrize(
    ("finished_on", "day", "expected"),
    [
        # 2026-04-09 is the Thursday of ISO week 15: Monday is the 6th, Sunday the 12th.
        ("2026-04-09", "2026-04-09", ALWAYS),
        ("2026-04-09", "2026-04-12", ALWAYS),
        ("2026-04-09", "2026-04-06", ALWAYS),
        ("2026-04-09", "2026-04-13", [*ALWAYS, 2]),
        ("2026-04-09", "2026-04-05", [*ALWAYS, 2]),
        ("2026-04-09", "2026-04-30", [*ALWAYS, 2]),
        ("2026-04-09", "2026-04-01", [*ALWAYS, 2]),
        ("2026-04-09", "2026-05-01", [*ALWAYS, 2, 3]),
        ("2026-04-09", "2026-03-31", [*ALWAYS, 2, 3]),
        ("2026-04-09", "2026-01-01", [*ALWAYS, 2, 3]),
        ("2026-04-09", "2026-12-31", [*ALWAYS, 2, 3]),
        ("2026-04-09", "2027-01-01", [*ALWAYS, 2, 3, 4]),
        ("2026-04-09", "2025-12-31", [*ALWAYS, 2, 3, 4]),
        # One ISO week holds days of two months and two years, and the same month of another year is another month.
        ("2026-12-31", "2027-01-01", [*ALWAYS, 3, 4]),
        ("2026-04-09", "2027-04-09", [*ALWAYS, 2, 3, 4]),
        # The first and the last day of each period belong to it, the days beside them do not.
        ("2026-04-12", "2026-04-06", ALWAYS),
        ("2026-04-06", "2026-04-12", ALWAYS),
        ("2026-04-13", "2026-04-12", [*ALWAYS, 2]),
        ("2026-04-05", "2026-04-06", [*ALWAYS, 2]),
        ("2026-04-30", "2026-04-01", [*ALWAYS, 2]),
        ("2026-05-01", "2026-04-30", [*ALWAYS, 3]),
        ("2026-12-31", "2026-01-01", [*ALWAYS, 2, 3]),
        ("2027-01-01", "2026-12-31", [*ALWAYS, 3, 4]),
        # A leap year's February is a day longer.
        ("2028-02-01", "2028-02-29", [*ALWAYS, 2]),
    ],
)
def test_given_tasks_done_on_a_date_when_only_the_due_ones_run_then_week_month_and_year_decide(
    calendar: ETLMonitor, finished_on: str, day: str, expected: list[int]
) -> None:
    done(calendar.start_run("CORP", "CALENDAR", finished_on), 1, 2, 3, 4, 5, 6)
    assert due(calendar, day) == sorted(expected)


def test_given_a_first_run_when_only_the_due_ones_run_then_all_do(calendar: ETLMonitor) -> None:
    assert due(calendar, "2026-04-09") == [1, 2, 3, 4, 5, 6]


def test_given_a_weekly_task_that_failed_when_only_the_due_ones_run_then_it_does(calendar: ETLMonitor) -> None:
    done(calendar.start_run("CORP", "CALENDAR", "2026-04-08", execution_id="a"), 3, 4)
    calendar.fail_task("a", "CORP", "CALENDAR", 2)
    assert due(calendar, "2026-04-09") == [*ALWAYS[:1], 2, *ALWAYS[1:]]


def test_given_a_weekly_task_whose_done_step_was_requeued_when_only_due_ones_run_then_it_does(
    calendar: ETLMonitor,
) -> None:
    done(calendar.start_run("CORP", "CALENDAR", "2026-04-08"), 2, 3, 4)
    calendar.status_reset("CORP", "CALENDAR", "2026-04-08", task_id=2, replay=True)
    assert due(calendar, "2026-04-09") == [1, 2, 5, 6]


def test_given_a_weekly_task_done_and_later_failed_when_only_due_ones_run_then_it_does_not(
    calendar: ETLMonitor,
) -> None:
    done(calendar.start_run("CORP", "CALENDAR", "2026-04-07"), 2)
    calendar.start_run("CORP", "CALENDAR", "2026-04-08", execution_id="b")
    calendar.fail_task("b", "CORP", "CALENDAR", 2)
    assert 2 not in due(calendar, "2026-04-09")


def test_given_done_tasks_of_another_process_when_only_the_due_ones_run_then_they_do_not_count(
    calendar: ETLMonitor,
) -> None:
    calendar.register_process("CORP", "OTHER")
    for task in (2, 3, 4):
        calendar.register_task("CORP", "OTHER", task, 1, 2, "T", load_frequency="W")
    done(calendar.start_run("CORP", "OTHER", "2026-04-09"), 2, 3, 4)
    assert due(calendar, "2026-04-09") == [1, 2, 3, 4, 5, 6]


def test_given_done_tasks_when_a_run_starts_without_only_due_then_all_are_queued(calendar: ETLMonitor) -> None:
    done(calendar.start_run("CORP", "CALENDAR", "2026-04-09"), 1, 2, 3, 4, 5, 6)
    assert len(calendar.start_run("CORP", "CALENDAR", "2026-04-09").status()) == 6


def test_given_nothing_due_when_only_due_ones_run_then_the_run_is_empty(calendar: ETLMonitor) -> None:
    for task in (1, 5, 6):
        calendar.deactivate_task("CORP", "CALENDAR", task, 1)
    done(calendar.start_run("CORP", "CALENDAR", "2026-04-09"), 2, 3, 4)
    assert due(calendar, "2026-04-10") == []


def test_given_both_when_a_run_starts_then_neither_what_is_done_nor_what_is_not_due_is_queued(
    calendar: ETLMonitor,
) -> None:
    done(calendar.start_run("CORP", "CALENDAR", "2026-04-08"), 2, 3, 4)
    done(calendar.start_run("CORP", "CALENDAR", "2026-04-09"), 1)
    run = calendar.start_run("CORP", "CALENDAR", "2026-04-09", resume=True, only_due=True)
    # The run of the 9th queued 2, 3 and 4 again, but only the date's period counts for them.
    assert [step.task_id for step in run.status()] == [5, 6]
