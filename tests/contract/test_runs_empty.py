"""A run that finds nothing to do: it leaves a trace, and asking again for the same id adds nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest

from etl_monitor_orm import ETLMonitor, LogEntry, ManualClock, ProcessingStep, Run, RunStatus, Status, SysLog

HR = ("CORP", "HR_DAILY")
OPS = ("CORP", "OPS")
DAY = date(2026, 4, 9)

Block = AbstractContextManager[None]
Rows = Callable[..., list[SysLog]]

AGAIN = {
    "resumed": lambda m, process: m.start_run(*process, DAY, execution_id="empty", resume=True),
    "not resumed": lambda m, process: m.start_run(*process, DAY, execution_id="empty"),
    "only due": lambda m, process: m.start_run(*process, DAY, execution_id="empty", only_due=True),
    "pending": lambda m, process: m.get_pending_tasks("empty", *process, DAY),
    "pending without a date": lambda m, process: m.get_pending_tasks("empty", *process),
    "steps": lambda m, process: m.generate_execution_steps("empty", *process, DAY),
}


def done(run: Run, *tasks: int) -> None:
    for task in tasks:
        with run.task(task):
            pass


@pytest.fixture
def finished(hr: ETLMonitor, run: Run) -> ETLMonitor:
    """Two processes whose tasks are all done on the date; CORP/OPS has no initiation."""
    done(run, 0, 1, 2, 3)
    hr.register_process(*OPS).register_task(*OPS, 1, 1, 2, "Load", load_frequency="W")
    done(hr.start_run(*OPS, DAY), 1)
    return hr


def empty_run(monitor: ETLMonitor, process: tuple[str, str]) -> Run:
    return monitor.start_run(*process, DAY, execution_id="empty", resume=True)


def test_run_with_nothing_to_do_has_its_initiation_done(finished: ETLMonitor, clock: ManualClock) -> None:
    clock.advance(60)
    run = empty_run(finished, HR)
    (step,) = run.status()

    assert (step.task_id, step.workflow_id, step.sequence_id, step.attempts) == (0, 0, 0, 1)
    assert (step.status, step.start_time, step.end_time) == (Status.DONE, None, clock.now)
    assert step.log_message is not None
    assert step.log_message.startswith("Nothing to do")
    assert (run.pending(), run.ready(), [row.overall_status for row in run.summary()]) == ([], [], [RunStatus.COMPLETE])


def test_run_with_nothing_to_do_and_no_initiation_has_a_receipt(finished: ETLMonitor, rows: Rows) -> None:
    run = empty_run(finished, OPS)
    (receipt,) = rows(SysLog)

    assert (receipt.project_code, receipt.process_load, receipt.processing_date) == (*OPS, DAY)
    assert receipt.execution_id == "empty"
    assert receipt.message is not None
    assert receipt.message.startswith("Nothing to do")
    assert (run.pending(), run.ready(), run.status()) == ([], [], [])


def test_run_with_a_deactivated_initiation_has_a_receipt(finished: ETLMonitor, rows: Rows) -> None:
    finished.deactivate_task(*HR, 0, 0)
    empty_run(finished, HR)
    assert [receipt.execution_id for receipt in rows(SysLog)] == ["empty"]


def test_run_with_nothing_due_has_a_receipt(finished: ETLMonitor, rows: Rows) -> None:
    next_day = DAY + timedelta(days=1)
    run = finished.start_run(*OPS, next_day, only_due=True)
    assert [(receipt.execution_id, receipt.processing_date) for receipt in rows(SysLog)] == [
        (run.execution_id, next_day)
    ]


@pytest.mark.parametrize("process", [HR, OPS], ids=["with initiation", "without"])
@pytest.mark.parametrize("again", AGAIN)
def test_empty_run_when_asked_for_again_gets_nothing_more(
    finished: ETLMonitor, unchanged: Callable[[], Block], process: tuple[str, str], again: str
) -> None:
    empty_run(finished, process)
    with unchanged():
        AGAIN[again](finished, process)


@pytest.mark.parametrize("process", [HR, OPS], ids=["with initiation", "without"])
def test_empty_run_when_the_date_is_reset_meanwhile_still_gets_nothing_more(
    finished: ETLMonitor, unchanged: Callable[[], Block], process: tuple[str, str]
) -> None:
    empty_run(finished, process)
    finished.status_reset(*process, DAY, task_id=1, replay=True)
    with unchanged():
        empty_run(finished, process)


def test_receipt_of_another_process_date_or_run_does_not_count(finished: ETLMonitor) -> None:
    empty_run(finished, OPS)
    finished.register_process("SHOP", "OPS").register_task("SHOP", "OPS", 1, 1, 2, "Load")

    assert len(finished.start_run("SHOP", "OPS", DAY, execution_id="empty").status()) == 1
    assert len(finished.start_run(*OPS, DAY + timedelta(days=9), execution_id="empty").status()) == 1
    assert len(finished.start_run(*OPS, DAY, execution_id="another").status()) == 1


@pytest.mark.parametrize("kind", [None, "copy", "start_run", "to do: nothing"])
def test_receipt_of_other_kinds_does_not_count(finished: ETLMonitor, kind: str | None) -> None:
    finished.log(
        LogEntry(
            "copied",
            project_code="CORP",
            process_load="OPS",
            processing_date=DAY,
            execution_id="another",
            operation_name=kind,
        )
    )
    assert len(finished.start_run(*OPS, DAY, execution_id="another").status()) == 1


def test_run_that_may_only_wait_for_a_running_initiation_has_a_receipt(hr: ETLMonitor, run: Run, rows: Rows) -> None:
    """A step of its own would supersede the one that is running."""
    done(run, 1, 2, 3)
    with run.task(0):
        empty = hr.start_run(*HR, DAY, execution_id="empty", resume=True, if_running="skip")
        assert (empty.status(), [receipt.execution_id for receipt in rows(SysLog)]) == ([], ["empty"])


def test_step_of_an_empty_run_holds_no_watermark_and_fails_nothing(finished: ETLMonitor, run: Run) -> None:
    empty_run(finished, HR)
    assert finished.failures() == []
    assert [step.task_id for step in finished.status_reset(*HR, DAY)] == []


def test_empty_run_costs_one_read_and_one_write_more(finished: ETLMonitor, statements) -> None:
    counting = 0 if finished._runtime.units.backend.capabilities.counts_inserts else 1
    for process in (HR, OPS):
        with statements.counted() as executed:
            empty_run(finished, process)
        assert len(executed) == 3 + counting


def test_step_of_an_empty_run_is_the_current_attempt_of_the_initiation(finished: ETLMonitor, rows) -> None:
    empty_run(finished, HR)
    assert [(step.execution_id, step.attempts) for step in rows(ProcessingStep, task_id=0)] == [
        ("empty", 1),
        ("run-1", 0),
    ]
