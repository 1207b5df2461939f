"""What each call does while the monitor is away, and what a load sees of it."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from datetime import timedelta

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    EtlMonitorError,
    ManualClock,
    Organisation,
    Project,
    Run,
    Status,
    SysLog,
    Task,
)
from tests.contract.every_call.calls import CALLS
from tests.contract.journal.conftest import Outage
from tests.contract.journal.nights import DAY, HR

NEEDS_AN_ANSWER = {
    "ready": lambda monitor, run: run.ready(),
    "pending": lambda monitor, run: run.pending(),
    "status": lambda monitor, run: run.status(),
    "summary": lambda monitor, run: run.summary(),
    "reset": lambda monitor, run: run.reset(),
    "get_pending_tasks": lambda monitor, run: monitor.get_pending_tasks("run-1", *HR, DAY),
    "get_status": lambda monitor, run: monitor.get_status(*HR, DAY),
    "status_reset": lambda monitor, run: monitor.status_reset(*HR, DAY),
    "processes": lambda monitor, run: monitor.processes(),
    "failures": lambda monitor, run: monitor.failures(),
    "watermarks": lambda monitor, run: monitor.watermarks(),
    "get_active_watermark": lambda monitor, run: monitor.get_active_watermark(*HR, "LoadEvents"),
    "set_processing_mode": lambda monitor, run: monitor.set_processing_mode(*HR, is_bulk_mode=True),
    "deactivate_task": lambda monitor, run: monitor.deactivate_task(*HR, 1, 1),
    "stale_steps": lambda monitor, run: monitor.stale_steps(0),
    "fail_stale": lambda monitor, run: monitor.fail_stale(0),
}


GO_ON = {
    *("register_process", "register_task", "register_parameter", "register_sequence", "register"),
    *("register_project", "register_organisation", "register_holidays"),
    *("start_run", "join_run", "start_task", "end_task", "fail_task", "heartbeat_task", "advance_watermark", "log"),
    "measure_task",
}
"""The calls that write and report. All others that write need an answer, or are a decision that must take effect."""


@pytest.mark.parametrize("name", CALLS)
def test_given_an_outage_when_a_call_writes_then_it_is_kept_if_it_reports_and_raises_otherwise(
    hr: ETLMonitor, away: Outage, name: str
) -> None:
    for step in CALLS[name].before:
        step(hr)
    with away(), nullcontext() if name in GO_ON else pytest.raises(EtlMonitorError):
        CALLS[name].make(hr)

    assert len(hr.journal.status().lines) == (name in GO_ON)


@pytest.mark.parametrize("call", NEEDS_AN_ANSWER)
def test_given_an_outage_when_a_call_needs_an_answer_then_it_raises_and_nothing_is_kept(
    hr: ETLMonitor, run: Run, away: Outage, call: str
) -> None:
    with away(), pytest.raises(EtlMonitorError):
        NEEDS_AN_ANSWER[call](hr, run)

    assert hr.journal.status().lines == ()


def test_given_an_outage_when_a_run_starts_then_it_has_its_id_at_once_and_its_steps_later(
    hr: ETLMonitor, away: Outage
) -> None:
    with away():
        run = hr.start_run(*HR, DAY)
        assert run.execution_id

    assert [task.task_id for task in run.pending()] == [0, 1, 2, 3]


def test_given_an_outage_when_tasks_end_then_their_records_have_the_times_of_the_work(
    hr: ETLMonitor, away: Outage, run: Run, clock: ManualClock, step
) -> None:
    began = clock.advance(60)
    with away():
        with run.task(1) as task:
            task.log_message = "120 rows"
            clock.advance(90)
        clock.advance(86_400)
    hr.journal.send()

    found = step(1)
    assert (found.status, found.start_time, found.end_time) == (Status.DONE, began, began + timedelta(seconds=90))
    assert (found.duration_seconds, found.log_message) == (90, "120 rows")


def test_given_an_outage_when_a_body_fails_then_its_own_error_leaves_it_and_fail_is_recorded_later(
    hr: ETLMonitor, away: Outage, run: Run, step
) -> None:
    with away(), pytest.raises(OSError, match="source is down") as caught, run.task(1):
        raise OSError("source is down")
    hr.journal.send()

    assert not hasattr(caught.value, "__notes__")
    assert (step(1).status, step(1).log_message) == (Status.FAIL, "OSError: source is down")


def test_given_an_outage_that_begins_within_a_task_when_it_ends_then_its_own_start_is_ended(
    hr: ETLMonitor, away: Outage, run: Run, clock: ManualClock, step
) -> None:
    with run.task(1):
        began = clock.now
        clock.advance(30)
        outage = away()
        outage.__enter__()
    outage.__exit__(None, None, None)
    assert step(1).end_time is None
    hr.journal.send()

    assert (step(1).status, step(1).start_time, step(1).duration_seconds) == (Status.DONE, began, 30)


def test_given_an_outage_that_ends_within_a_task_when_it_ends_then_its_start_is_sent_before(
    away: Outage, run: Run, clock: ManualClock, step
) -> None:
    outage = away()
    outage.__enter__()
    with run.task(1) as task:
        began = clock.now
        clock.advance(30)
        outage.__exit__(None, None, None)
        assert task.attempts == 0

    assert (step(1).status, step(1).start_time, step(1).duration_seconds) == (Status.DONE, began, 30)


def test_given_heartbeats_in_an_outage_when_they_are_sent_then_the_last_one_is_the_sign_of_life(
    hr: ETLMonitor, away: Outage, run: Run, clock: ManualClock, step, statements
) -> None:
    task = run.task(1).__enter__()
    with away():
        for _ in range(3):
            last = clock.advance(60)
            task.heartbeat()
        clock.advance(600)
    with statements.counted() as executed:
        hr.journal.send()

    assert len(executed) == 1
    assert step(1).last_updated_on == last


def test_given_flat_calls_in_an_outage_when_they_are_sent_then_they_are_as_if_made_in_time(
    hr: ETLMonitor, away: Outage, run: Run, clock: ManualClock, step
) -> None:
    with away():
        claim = hr.start_task("run-1", *HR, 1)
        clock.advance(5)
        hr.end_task("run-1", *HR, 1, claim=str(claim), log_message="120 rows")
        hr.fail_task("run-1", *HR, 2, log_message="source is down", log_code="E1")
        hr.advance_watermark(*HR, "LoadEvents", new_int_value=7)
    hr.journal.send()

    assert (step(1).status, step(1).start_time, step(1).log_message) == (Status.DONE, claim.started, "120 rows")
    assert (step(2).status, step(2).log_code) == (Status.FAIL, "E1")
    assert hr.get_active_watermark(*HR, "LoadEvents") == 7


def test_given_an_outage_when_a_pipeline_registers_then_it_goes_on_and_the_catalogue_follows(
    hr: ETLMonitor, away: Outage, row
) -> None:
    with away():
        hr.register_organisation("GROUP", "The group").register_project("CORP", "Corporate", None, "GROUP")
        hr.register_task(*HR, 9, 1, 2, "Load all", expected_duration_seconds=5)
        hr.register(
            [
                Task(
                    project_code=HR[0],
                    process_load=HR[1],
                    task_id=10,
                    workflow_id=1,
                    sequence_id=2,
                    task_name="Publish",
                )
            ]
        )
    hr.journal.send()

    assert (row(Organisation).organisation_name, row(Project).organisation_code) == ("The group", "GROUP")
    assert row(Task, task_id=9).expected_duration_seconds == 5
    assert row(Task, task_id=10).task_name == "Publish"


def test_given_log_records_in_an_outage_when_they_are_sent_then_each_is_there_once_in_order(
    hr: ETLMonitor, away: Outage, clock: ManualClock, rows
) -> None:
    with away():
        times = []
        for message in ("one", "two", "two"):
            times.append(clock.advance(1))
            assert hr.log(message) == 1
        clock.advance(600)
    hr.journal.send()

    assert [(line.message, line.log_time_utc) for line in rows(SysLog)] == list(
        zip(("one", "two", "two"), times, strict=True)
    )


def test_given_equal_log_records_of_one_instant_when_they_are_sent_then_none_is_taken_for_another(
    hr: ETLMonitor, away: Outage, rows
) -> None:
    with away():
        hr.log("same", "same")
        hr.log("same")
    hr.journal.send()

    assert [line.message for line in rows(SysLog)] == ["same"] * 3


def test_given_an_outage_when_several_calls_are_made_then_it_is_said_once_for_each_outage(
    hr: ETLMonitor, run: Run, away: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        with away():
            hr.log("one")
            hr.log("two")
        hr.processes()

    said = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.getMessage().partition(",")[0] for record in said] == ["The monitor is away"] * 2


def test_given_an_outage_when_no_date_is_named_then_it_is_the_one_that_this_machine_knows(
    hr: ETLMonitor, away: Outage, clock: ManualClock
) -> None:
    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2026-01-31")
    hr.start_run(*HR, execution_id="known")
    with away():
        assert str(hr.start_run(*HR, execution_id="away").processing_date) == "2026-01-31"
        assert str(hr.task("known", *HR, 1).processing_date) == "2026-01-31"


def test_given_an_outage_when_nobody_knows_the_date_then_the_call_raises_and_names_the_argument(
    hr: ETLMonitor, away: Outage
) -> None:
    with away(), pytest.raises(EtlMonitorError, match="processing_date="):
        hr.start_run(*HR)


def test_given_the_default_when_the_database_is_away_then_every_call_raises(
    hr: ETLMonitor, opened, backend: str, rows
) -> None:
    plain = opened(when_away=None, journal=None)
    with Outage(plain, backend)(), pytest.raises(EtlMonitorError):
        plain.log("lost")

    assert hr.journal.status().lines == ()


def test_given_the_variables_when_a_monitor_is_made_then_they_say_how_it_goes_on(
    hr: ETLMonitor, opened, backend: str, path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_WHEN_AWAY", "journal")
    monkeypatch.setenv("ETL_MONITOR_JOURNAL", str(path))
    told = opened(when_away=None, journal=None)
    with Outage(told, backend)():
        told.log("kept")

    assert [line.call for line in hr.journal.status().lines] == ["log"]
