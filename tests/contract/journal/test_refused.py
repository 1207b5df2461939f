"""What cannot be sent is kept and reported, with its reason; what does not follow from it goes on."""

from __future__ import annotations

import pytest

from etl_monitor_orm import (
    DatabaseError,
    ETLMonitor,
    EtlMonitorError,
    ManualClock,
    NotFoundError,
    ProcessingStep,
    Run,
    SchemaMissing,
    Status,
    SysLog,
)
from tests.contract.journal.conftest import Outage
from tests.contract.journal.nights import DAY, HR


def states(monitor: ETLMonitor) -> list[tuple[str, str | None]]:
    return [(line.state, line.call) for line in monitor.journal.status().lines]


def test_given_a_step_that_another_worker_ended_when_sent_then_both_lines_are_kept_with_the_reason(
    hr: ETLMonitor, opened, away: Outage, run: Run, clock: ManualClock, step, work
) -> None:
    with away(), run.task(1):
        clock.advance(5)
    clock.advance(5)
    other = opened(when_away="raise")
    with other.task("run-1", *HR, 1, processing_date=DAY):
        clock.advance(60)
    left = hr.journal.send()

    assert [(line.line, line.state, line.call) for line in left.lines] == [
        (1, "refused", "start"),
        (2, "refused", "end"),
    ]
    assert "it is DONE" in left.lines[0].reason
    assert "task 1 (workflow 1) of CORP/HR_DAILY in run run-1" in left.lines[0].about
    assert (step(1).status, step(1).duration_seconds) == (Status.DONE, 60)


def test_given_a_refused_start_when_an_end_without_claim_follows_then_another_worker_is_not_ended(
    hr: ETLMonitor, opened, away: Outage, run: Run, clock: ManualClock, step
) -> None:
    with away():
        hr.start_task("run-1", *HR, 1, processing_date=DAY)
        clock.advance(5)
        hr.end_task("run-1", *HR, 1, processing_date=DAY)
    clock.advance(5)
    opened(when_away="raise").start_task("run-1", *HR, 1, processing_date=DAY)
    hr.journal.send()

    assert states(hr) == [("refused", "start"), ("refused", "end")]
    assert step(1).status is Status.NQUE
    assert step(1).end_time is None


def test_given_a_refused_line_when_others_do_not_follow_from_it_then_they_are_sent(
    hr: ETLMonitor, away: Outage, run: Run, clock: ManualClock, step, rows
) -> None:
    with away():
        hr.start_task("run-1", *HR, 99, processing_date=DAY)  # nobody registered it
        with run.task(2):
            clock.advance(5)
        hr.log("still there")
    hr.journal.send()

    assert states(hr) == [("refused", "start")]
    assert step(2).status is Status.DONE
    assert [line.message for line in rows(SysLog)] == ["still there"]


def test_given_a_run_that_is_refused_when_its_tasks_follow_then_they_are_kept_with_it(
    hr: ETLMonitor, away: Outage, rows
) -> None:
    with away():
        run = hr.start_run("CORP", "UNKNOWN", DAY)
        with run.task(1):
            pass
    left = hr.journal.send()

    assert [(line.state, line.call) for line in left.lines] == [
        ("refused", "start_run"),
        ("refused", "start"),
        ("refused", "end"),
    ]
    assert "CORP/UNKNOWN is not registered" in left.lines[0].reason
    assert rows(ProcessingStep) == []


def test_given_the_same_task_in_another_run_when_one_is_refused_then_the_other_is_sent(
    hr: ETLMonitor, opened, away: Outage, clock: ManualClock, row
) -> None:
    runs = [hr.start_run(*HR, DAY, execution_id=name) for name in ("run-1", "run-2")]
    with away():
        for run in runs:
            clock.advance(1)
            with run.task(1):
                clock.advance(5)
    opened(when_away="raise", journal=None).end_task("run-1", *HR, 1, processing_date=DAY)
    hr.journal.send()

    assert states(hr) == [("refused", "start"), ("refused", "end")]
    assert row(ProcessingStep, execution_id="run-2", task_id=1).duration_seconds == 5


def test_given_a_step_taken_over_within_the_outage_when_sent_then_the_second_worker_s_end_counts(
    hr: ETLMonitor, away: Outage, run: Run, clock: ManualClock, step
) -> None:
    with away():
        lost = hr.start_task("run-1", *HR, 1, processing_date=DAY)
        clock.advance(60)
        with run.task(1, takeover=True):
            began = clock.now
            clock.advance(5)
        hr.end_task("run-1", *HR, 1, processing_date=DAY, claim=lost)
    hr.journal.send()

    assert states(hr) == [("refused", "end")]
    assert (step(1).start_time, step(1).duration_seconds) == (began, 5)


def test_given_refused_lines_when_dropped_then_the_journal_is_empty(hr: ETLMonitor, away: Outage, run: Run) -> None:
    with away():
        hr.start_task("run-1", *HR, 99, processing_date=DAY)
        hr.log("waits")
    hr.journal.send()

    assert hr.journal.drop() == 1
    assert hr.journal.status().lines == ()


def test_given_a_line_that_waits_when_it_is_not_named_then_it_is_not_dropped(hr: ETLMonitor, away: Outage) -> None:
    with away():
        hr.log("one")
        hr.log("two")
    assert hr.journal.drop() == 0
    assert hr.journal.drop(1) == 1
    with pytest.raises(NotFoundError, match="no line 1"):
        hr.journal.drop(1)

    assert [line.line for line in hr.journal.status().lines] == [2]


def test_given_refused_lines_when_the_next_calls_are_made_then_they_do_not_ask_again(
    hr: ETLMonitor, away: Outage, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    with away():
        hr.start_task("run-1", *HR, 99, processing_date=DAY)
    hr.log("one")
    hr.log("two")

    assert [message for message in caplog.messages if "etl-monitor journal status" in message][1:] == []


def test_given_two_workers_that_start_one_step_in_an_outage_when_sent_then_the_first_counts_to_its_end(
    hr: ETLMonitor, run: Run, opened, backend: str, clock: ManualClock, step
) -> None:
    first, second = opened(), opened()
    with Outage(first, backend)(), Outage(second, backend)():
        claim = first.start_task("run-1", *HR, 2, processing_date=DAY)
        clock.advance(1)
        other = second.start_task("run-1", *HR, 2, processing_date=DAY)
        clock.advance(1)
        first.end_task("run-1", *HR, 2, processing_date=DAY, claim=claim, log_message="first")
        second.end_task("run-1", *HR, 2, processing_date=DAY, claim=other, log_message="second")
    left = hr.journal.send()

    assert (step(2).status, step(2).log_message, step(2).start_time) == ("DONE", "first", claim.started)
    assert [(line.call, line.state) for line in left.lines] == [("start", "refused"), ("end", "refused")]


def test_given_a_step_that_failed_when_it_is_retried_in_an_outage_then_it_is_a_new_attempt(
    hr: ETLMonitor, run: Run, fail, away: Outage, rows
) -> None:
    fail(run, 1)
    with away(), run.task(1, retry_failed=True):
        pass
    hr.journal.send()
    hr.journal.send()

    steps = rows(ProcessingStep, task_id=1)
    assert [(step.attempts, step.status) for step in steps] == [(0, "FAIL"), (1, "DONE")]


@pytest.mark.parametrize("trouble", [DatabaseError("The disk is full."), SchemaMissing("There is no file.")])
def test_given_trouble_that_is_no_outage_when_a_task_ends_then_its_end_waits(
    hr: ETLMonitor, run: Run, monkeypatch: pytest.MonkeyPatch, trouble: EtlMonitorError, step
) -> None:
    def stopped(*about: object, **more: object) -> None:
        raise trouble

    with monkeypatch.context() as patch, run.task(1):
        patch.setattr("etl_monitor_orm.session.UnitOfWork.run", stopped)
    hr.journal.send()

    assert step(1).status == "DONE"
