"""`when_away="warn"`: a load goes on, and what it reports while the monitor is away is not recorded anywhere."""

from __future__ import annotations

import logging

import pytest

from etl_monitor_orm import ETLMonitor, EtlMonitorError, ManualClock, ProcessingStep, Run, Status, SysLog
from tests.contract.journal.conftest import Outage
from tests.contract.journal.nights import DAY, HR


@pytest.fixture
def monitor(opened) -> ETLMonitor:
    return opened(when_away="warn", journal=None)


def test_given_warn_when_calls_are_made_in_an_outage_then_they_go_on_and_it_is_said_once(
    hr: ETLMonitor, away: Outage, rows, caplog: pytest.LogCaptureFixture
) -> None:
    with away():
        run = hr.start_run(*HR, DAY)
        with run.task(1):
            assert hr.log("lost") == 1

    (said,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "is not recorded" in said.getMessage()
    assert (rows(ProcessingStep), rows(SysLog)) == ([], [])


def test_given_warn_when_a_task_began_in_an_outage_then_its_end_does_not_raise_when_it_is_over(
    away: Outage, run: Run, step
) -> None:
    outage = away()
    outage.__enter__()
    with run.task(1) as task:
        outage.__exit__(None, None, None)
        task.heartbeat()

    assert (step(1).status, step(1).start_time) == (Status.NQUE, None)


def test_given_warn_when_a_run_began_in_an_outage_then_its_tasks_go_on_without_records(
    hr: ETLMonitor, away: Outage, rows
) -> None:
    with away():
        run = hr.start_run(*HR, DAY)
    done = False
    with run.task(1):
        done = True

    assert done
    assert rows(ProcessingStep) == []
    assert run.pending() == []


def test_given_warn_when_a_task_begins_after_the_outage_then_it_is_recorded_as_ever(
    away: Outage, run: Run, clock: ManualClock, step
) -> None:
    with away(), run.task(1):
        clock.advance(1)
    with run.task(1):
        clock.advance(5)

    assert (step(1).status, step(1).duration_seconds) == (Status.DONE, 5)


def test_given_warn_when_a_watermark_is_asked_for_in_an_outage_then_it_raises(away: Outage, run: Run) -> None:
    with away(), pytest.raises(EtlMonitorError), run.task(1) as task:
        _ = task.watermark


def test_given_warn_when_the_monitor_says_no_then_it_raises_as_ever(hr: ETLMonitor, run: Run) -> None:
    with run.task(1):
        pass
    with pytest.raises(EtlMonitorError, match="it is DONE"):
        hr.start_task("run-1", *HR, 1)
