"""`get_run` and `list_runs`: a run is opened by its id, by whoever knows no more."""

from __future__ import annotations

from datetime import date

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, NotFoundError, ProcessNotFound, Run

HR = ("CORP", "HR_DAILY")
FINANCE = ("CORP", "FINANCE")
DAY = date(2026, 4, 9)


@pytest.fixture
def finance(hr: ETLMonitor) -> ETLMonitor:
    """A second process."""
    return hr.register_process(*FINANCE).register_task(*FINANCE, 1, 1, 2, "Load")


def test_given_an_id_when_opened_then_the_run_can_be_worked_on(hr: ETLMonitor, run: Run, unchanged) -> None:
    with unchanged():
        opened = hr.get_run("run-1")

    assert (opened.project_code, opened.process_load, opened.processing_date) == (*HR, DAY)
    with opened.task(1):
        pass


def test_given_a_run_of_several_dates_when_opened_without_one_then_it_is_the_latest(hr: ETLMonitor, run: Run) -> None:
    hr.start_run(*HR, "2026-04-10", execution_id="run-1")

    assert hr.get_run("run-1").processing_date == date(2026, 4, 10)
    assert hr.get_run("run-1", processing_date=DAY).processing_date == DAY


def test_given_an_id_of_two_processes_when_opened_then_both_are_named(finance: ETLMonitor, run: Run, refused) -> None:
    finance.start_run(*FINANCE, DAY, execution_id="run-1")

    with refused(InvalidInput, "CORP/FINANCE, CORP/HR_DAILY", "project_code"):
        finance.get_run("run-1")
    assert finance.get_run("run-1", *FINANCE).process_load == "FINANCE"


def test_given_a_run_that_found_nothing_to_do_when_opened_then_it_is_a_run_too(finance: ETLMonitor) -> None:
    with finance.start_run(*FINANCE, DAY).task(1):
        pass
    finance.start_run(*FINANCE, DAY, execution_id="nothing left", resume=True)

    opened = finance.get_run("nothing left")

    assert (opened.processing_date, opened.pending()) == (DAY, [])


def test_given_an_id_that_was_only_logged_when_opened_then_it_is_no_run(hr: ETLMonitor, refused) -> None:
    hr.log("a receipt", project_code="CORP", process_load="HR_DAILY", processing_date=DAY, execution_id="logged")

    with refused(NotFoundError, "logged"):
        hr.get_run("logged")


@pytest.mark.parametrize("more", [(), HR, FINANCE, (*HR, "2026-04-10")])
def test_given_no_such_run_when_opened_then_it_is_refused(
    finance: ETLMonitor, run: Run, refused, more: tuple[str, ...]
) -> None:
    unknown = "run-1" if more and more != HR else "run-2"
    with refused(NotFoundError, unknown):
        finance.get_run(unknown, *more)


def test_given_two_runs_of_a_date_when_listed_then_each_can_be_opened(hr: ETLMonitor, run: Run) -> None:
    hr.start_run(*HR, DAY, execution_id="run-2")
    hr.start_run(*HR, "2026-04-08", execution_id="run-0")

    listed = hr.list_runs(*HR, DAY)

    assert [(one.execution_id, one.attempts) for one in listed] == [("run-1", 0), ("run-2", 1)]
    assert [hr.get_run(one.execution_id).execution_id for one in listed] == ["run-1", "run-2"]


def test_given_no_date_when_runs_are_listed_then_each_process_has_its_latest(finance: ETLMonitor, run: Run) -> None:
    finance.start_run(*FINANCE, "2026-04-08", execution_id="run-0")
    finance.start_run(*HR, "2026-04-08", execution_id="earlier")

    assert [one.execution_id for one in finance.list_runs()] == ["run-0", "run-1"]
    assert [one.execution_id for one in finance.list_runs("CORP", "FINANCE")] == ["run-0"]


def test_given_an_unknown_process_when_its_runs_are_listed_then_it_is_refused(hr: ETLMonitor, refused) -> None:
    with refused(ProcessNotFound, "CORP/NONE"):
        hr.list_runs("CORP", "NONE")


@pytest.mark.parametrize("operation", ["", "a", "zzz", None])
def test_log_row_of_another_operation_is_no_trace_of_a_run(hr: ETLMonitor, operation: str | None) -> None:
    hr.log(
        "receipt",
        project_code=HR[0],
        process_load=HR[1],
        processing_date=DAY,
        execution_id="run-8",
        operation_name=operation,
    )

    with pytest.raises(NotFoundError, match="run-8"):
        hr.get_run("run-8", *HR)
