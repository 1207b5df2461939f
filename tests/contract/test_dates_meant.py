"""Which date a call means when only the run's id is given: its latest, in every call, found without reading history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock, ProcessingStep, Run

HR = ("CORP", "HR_DAILY")
TODAY = date(2026, 1, 1)
RUN = ("run-9", *HR)

DAYS = {"today": 0, "yesterday": -1, "last year": -365, "tomorrow": 1, "in months": 98}

CALLS = {
    "get_pending_tasks": lambda m: {step.processing_date for step in m.get_pending_tasks(*RUN)},
    "get_status": lambda m: {step.processing_date for step in m.get_status(*HR, execution_id="run-9")},
    "summary": lambda m: {row.processing_date for row in m.get_status(*HR, execution_id="run-9", summary_mode=True)},
    "status_reset": lambda m: {
        step.processing_date for step in m.status_reset(*HR, execution_id="run-9", task_id=2, replay=True)
    },
    "task": lambda m: {m.task(*RUN, 1).processing_date},
}

Rows = Callable[..., list[ProcessingStep]]


def queue(monitor: ETLMonitor, *days: int) -> None:
    """Start the run on some dates, counted from today, its second task done."""
    for shift in days:
        run = monitor.start_run(*HR, TODAY + timedelta(days=shift), execution_id="run-9")
        with run.task(2):
            pass


@pytest.fixture(params=[None, -2, -400, 5], ids=["live", "historic", "long ago", "in the future"])
def mode(request: pytest.FixtureRequest, hr: ETLMonitor) -> None:
    """The process is live, or in historic mode on a date."""
    if request.param is not None:
        hr.set_processing_mode(*HR, is_historic_mode=True, historic_date=TODAY + timedelta(days=request.param))


@pytest.mark.parametrize("latest", DAYS.values(), ids=DAYS)
def test_run_on_several_dates_when_only_its_id_is_given_means_the_latest(
    hr: ETLMonitor, mode: None, latest: int
) -> None:
    queue(hr, latest - 1, latest, latest - 3)
    hr.start_run(*HR, TODAY + timedelta(days=200), execution_id="another")
    expected = {TODAY + timedelta(days=latest)}

    assert {name: call(hr) for name, call in CALLS.items()} == dict.fromkeys(CALLS, expected)


@pytest.mark.parametrize("latest", DAYS.values(), ids=DAYS)
def test_step_when_only_the_run_id_is_given_is_that_of_the_latest_date(hr: ETLMonitor, rows: Rows, latest: int) -> None:
    queue(hr, latest - 1, latest)
    hr.start_task(*RUN, 1)
    hr.end_task(*RUN, 1)
    hr.fail_task(*RUN, 3)

    touched = [step.processing_date for step in rows(ProcessingStep) if step.end_time and step.task_id != 2]
    assert touched == [TODAY + timedelta(days=latest)] * 2


def test_run_of_another_process_under_the_same_id_does_not_count(hr: ETLMonitor) -> None:
    queue(hr, 0)
    for process in (("CORP", "FIN_DAILY"), ("SHOP", "HR_DAILY")):
        hr.register_process(*process).register_task(*process, 1, 1, 2, "Load")
        hr.start_run(*process, TODAY + timedelta(days=1), execution_id="run-9")

    assert hr.task(*RUN, 1).processing_date == TODAY


@pytest.mark.parametrize(("shift", "reads"), [(0, 1), (3, 1), (-1, 2), (-365, 2)])
def test_run_when_only_its_id_is_given_costs_a_read_more_only_on_earlier_dates(
    hr: ETLMonitor, statements, shift: int, reads: int
) -> None:
    queue(hr, shift)
    with statements.counted() as executed:
        hr.task(*RUN, 1)

    assert len(executed) == reads


def test_run_on_the_date_of_historic_mode_is_found_without_the_dates_before_it(hr: ETLMonitor, statements) -> None:
    queue(hr, -30)
    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date=TODAY - timedelta(days=30))
    with statements.counted() as executed:
        assert hr.task(*RUN, 1).processing_date == TODAY - timedelta(days=30)

    assert len(executed) == 2
    assert "BETWEEN" in executed[-1]


def test_new_run_when_only_its_id_is_given_means_the_date_to_work_on(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    assert {step.processing_date for step in hr.get_pending_tasks(*RUN)} == {clock.now.date()}
