"""A run: its id and date, the steps that it queues, and when nothing is queued."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta, timezone
from threading import Barrier
from uuid import UUID

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    ManualClock,
    ProcessInactive,
    ProcessingStep,
    ProcessNotFound,
    Run,
    SourceType,
    Status,
)

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)

Block = AbstractContextManager[None]
Rows = Callable[..., list[ProcessingStep]]


# Which run


def test_given_no_id_when_a_run_starts_then_its_id_is_a_uuid_of_its_own(hr: ETLMonitor) -> None:
    first, second = hr.start_run(*HR, DAY), hr.start_run(*HR, DAY)
    assert str(UUID(first.execution_id)) == first.execution_id
    assert first.execution_id != second.execution_id


def test_given_the_class_when_asked_for_an_id_then_it_gives_uuids() -> None:
    first, second = ETLMonitor.generate_execution_id(), ETLMonitor.generate_execution_id()
    assert str(UUID(first)) == first
    assert first != second


@pytest.mark.parametrize("execution_id", ["1", "x" * 255])
def test_given_an_outside_id_when_a_run_starts_then_its_steps_bear_it(
    hr: ETLMonitor, rows: Rows, execution_id: str
) -> None:
    assert hr.start_run(*HR, DAY, execution_id=execution_id).execution_id == execution_id
    assert len(rows(ProcessingStep, execution_id=execution_id)) == 4


@pytest.mark.parametrize(
    ("execution_id", "words"),
    [
        ("", ["execution_id", "empty"]),
        (" ", ["execution_id", "empty"]),
        ("x" * 256, ["execution_id", "256", "255"]),
        (7, ["execution_id", "text", "int"]),
    ],
)
def test_given_an_id_that_does_not_fit_when_a_run_starts_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], execution_id: str, words: list[str]
) -> None:
    with refused(InvalidInput, *words):
        hr.start_run(*HR, DAY, execution_id=execution_id)


# Which date


@pytest.mark.parametrize(
    "given",
    [
        "2026-04-09",
        date(2026, 4, 9),
        datetime(2026, 4, 9, 23, 59),
        datetime(2026, 4, 10, 1, 30, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_given_a_date_in_any_form_when_a_run_starts_then_it_works_on_that_utc_date(
    hr: ETLMonitor, rows: Rows, given: date | str
) -> None:
    assert hr.start_run(*HR, given).processing_date == DAY
    assert {step.processing_date for step in rows(ProcessingStep)} == {DAY}


@pytest.mark.parametrize("given", ["09.04.2026", "2026-02-30", "", 20260409])
def test_given_a_date_that_cannot_be_read_when_a_run_starts_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], given: object
) -> None:
    with refused(InvalidInput, "processing_date"):
        hr.start_run(*HR, given)


def test_given_sysdt_when_a_run_starts_without_a_date_then_it_works_on_the_sysdt_date(hr: ETLMonitor) -> None:
    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-12-24")
    assert hr.start_run(*HR).processing_date == date(2025, 12, 24)


def test_given_sysdt_late_in_the_day_when_a_run_starts_without_a_date_then_its_utc_date_counts(
    hr: ETLMonitor,
) -> None:
    hr.set_processing_mode(*HR, parameter_name="SYSDT", value_datetime="2025-12-24 23:59:59.999999")
    assert hr.start_run(*HR).processing_date == date(2025, 12, 24)


def test_given_sysdt_when_a_run_starts_with_a_date_then_the_date_counts(hr: ETLMonitor) -> None:
    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-12-24")
    assert hr.start_run(*HR, DAY).processing_date == DAY


def test_given_sysdt_null_when_a_run_starts_without_a_date_then_it_works_on_the_clock_date(
    hr: ETLMonitor, clock: ManualClock
) -> None:
    clock.set("2026-07-08 23:59:59")
    assert hr.start_run(*HR).processing_date == date(2026, 7, 8)


def test_given_no_sysdt_when_a_run_starts_without_a_date_then_it_works_on_the_clock_date(
    monitor: ETLMonitor, clock: ManualClock
) -> None:
    monitor.register_process("CORP", "BARE").register_task("CORP", "BARE", 1, 1, 1, "T")
    clock.set("2026-07-08 00:00:00")
    assert monitor.start_run("CORP", "BARE").processing_date == date(2026, 7, 8)


def test_given_a_clock_of_another_zone_when_a_run_starts_without_a_date_then_utc_decides(
    hr: ETLMonitor,
) -> None:
    kathmandu = datetime(2026, 7, 9, 1, 0, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    assert ETLMonitor(hr.engine, clock=lambda: kathmandu).start_run(*HR).processing_date == date(2026, 7, 8)


def test_given_sysdt_of_another_process_when_a_run_starts_without_a_date_then_it_is_ignored(
    hr: ETLMonitor, clock: ManualClock
) -> None:
    hr.register_process("CORP", "OTHER").register_task("CORP", "OTHER", 1, 1, 1, "T")
    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-12-24")
    assert hr.start_run("CORP", "OTHER").processing_date == clock.now.date()


# What is queued


def test_given_active_tasks_when_a_run_starts_then_each_has_one_new_step_that_has_not_begun(
    run: Run, rows: Rows, clock: ManualClock
) -> None:
    steps = rows(ProcessingStep)
    assert [(step.workflow_id, step.task_id, step.sequence_id) for step in steps] == [
        (0, 0, 0),
        (1, 1, 2),
        (1, 2, 2),
        (1, 3, 6),
    ]
    untouched = [
        "start_time",
        "end_time",
        "duration_seconds",
        "log_message",
        "log_type",
        "log_code",
        "source_run_id",
        "cluster_id",
    ]
    for step in steps:
        assert (step.project_code, step.process_load, step.execution_id) == ("CORP", "HR_DAILY", "run-1")
        assert (step.status, step.attempts, step.is_running) == (Status.NQUE, 0, False)
        assert [getattr(step, name) for name in untouched] == [None] * len(untouched)
        assert (step.last_updated_on, step.last_updated_by) == (clock.now, "pytest")


def test_given_a_task_when_a_run_starts_then_its_step_is_a_snapshot_of_it(
    hr: ETLMonitor, step: Callable[..., ProcessingStep]
) -> None:
    hr.register_sequence(10, "PUBLISH").register_task(
        *HR, 7, 1, 10, "Publish", "ADF_PIPELINE", source_system_code="LoadEvents", task_mandatory=False
    )
    hr.start_run(*HR, DAY, execution_id="run-1")
    seen = step(7)
    assert (seen.task_name, seen.sequence_code, seen.task_mandatory, seen.source_system_code, seen.source_type) == (
        "Publish",
        "PUBLISH",
        False,
        "LoadEvents",
        SourceType.ADF_PIPELINE,
    )


def test_given_a_queued_step_when_its_task_is_registered_anew_then_the_step_stays_as_queued(
    hr: ETLMonitor, run: Run, step: Callable[..., ProcessingStep]
) -> None:
    hr.register_task(*HR, 1, 1, 3, "New name", "DATAFLOW", source_system_code="Other", task_mandatory=False)
    kept = step(1)
    assert (kept.task_name, kept.sequence_id, kept.sequence_code) == ("Load employees", 2, "LOAD_DB_TRAN")
    assert (kept.task_mandatory, kept.source_system_code, kept.source_type) == (True, "LoadEmployees", None)


def test_given_a_deactivated_task_when_a_run_starts_then_it_is_left_out(hr: ETLMonitor, rows: Rows) -> None:
    hr.deactivate_task(*HR, 2, 1).start_run(*HR, DAY)
    assert [step.task_id for step in rows(ProcessingStep)] == [0, 1, 3]


def test_given_two_processes_when_one_starts_a_run_then_tasks_of_the_other_are_left_out(
    hr: ETLMonitor, rows: Rows
) -> None:
    for other in (("CORP", "OTHER"), ("OTHER", "HR_DAILY")):
        hr.register_process(*other).register_task(*other, 9, 1, 1, "T")
    hr.start_run(*HR, DAY)
    assert {(step.project_code, step.process_load) for step in rows(ProcessingStep)} == {HR}


# Attempt numbers


def test_given_runs_on_one_date_when_another_starts_then_its_attempt_is_one_above_the_highest(
    hr: ETLMonitor, rows: Rows
) -> None:
    for name in ("a", "b", "c"):
        hr.start_run(*HR, DAY, execution_id=name)
    assert {(step.execution_id, step.attempts) for step in rows(ProcessingStep)} == {("a", 0), ("b", 1), ("c", 2)}


def test_given_a_reset_when_another_run_starts_then_its_attempt_is_one_above_that_of_the_reset(
    hr: ETLMonitor, run: Run, rows: Rows
) -> None:
    hr.fail_task("run-1", *HR, 1)
    assert {step.attempts for step in run.reset()} == {1}
    hr.start_run(*HR, DAY, execution_id="run-2")
    assert {step.attempts for step in rows(ProcessingStep, execution_id="run-2")} == {2}


def test_given_a_run_when_another_date_or_process_starts_one_then_its_first_attempt_is_0(
    hr: ETLMonitor, run: Run, rows: Rows
) -> None:
    hr.register_process("CORP", "OTHER").register_task("CORP", "OTHER", 1, 1, 1, "T")
    hr.start_run(*HR, "2026-04-10", execution_id="next day")
    hr.start_run("CORP", "OTHER", DAY, execution_id="other process")
    assert {step.attempts for step in rows(ProcessingStep)} == {0}


def test_given_many_workers_when_each_starts_its_own_run_at_once_then_no_number_is_given_twice(
    hr: ETLMonitor, rows: Rows
) -> None:
    workers = 6
    together = Barrier(workers)

    def start(number: int) -> None:
        together.wait()
        hr.start_run(*HR, DAY, execution_id=f"run {number}")

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(start, range(workers)))
    numbers = {step.execution_id: step.attempts for step in rows(ProcessingStep)}
    assert sorted(numbers.values()) == list(range(workers))
    assert len(rows(ProcessingStep)) == 4 * workers


# Again


def test_given_a_run_when_started_again_then_nothing_is_added_and_it_is_the_same_run(
    hr: ETLMonitor, run: Run, clock: ManualClock, unchanged: Callable[[], Block]
) -> None:
    clock.advance(60)
    with unchanged():
        again = hr.start_run(*HR, DAY, execution_id="run-1")
    assert (again.execution_id, again.processing_date) == (run.execution_id, run.processing_date)


def test_given_a_run_that_is_under_way_when_started_again_then_nothing_is_added(
    hr: ETLMonitor, run: Run, unchanged: Callable[[], Block]
) -> None:
    with run.task(0):
        pass
    hr.start_task("run-1", *HR, 1)
    with unchanged():
        hr.start_run(*HR, DAY, execution_id="run-1")


def test_given_a_task_registered_since_when_a_run_is_started_again_then_nothing_is_added(
    hr: ETLMonitor, run: Run, unchanged: Callable[[], Block]
) -> None:
    hr.register_task(*HR, 9, 1, 3, "Came later")
    with unchanged():
        hr.start_run(*HR, DAY, execution_id="run-1")


def test_given_a_process_deactivated_since_when_a_run_is_started_again_then_nothing_is_added(
    hr: ETLMonitor, run: Run, unchanged: Callable[[], Block]
) -> None:
    hr.deactivate_process(*HR)
    with unchanged():
        hr.start_run(*HR, DAY, execution_id="run-1")


def test_given_an_id_in_use_when_another_date_or_process_starts_it_then_it_gets_its_own_steps(
    hr: ETLMonitor, run: Run, rows: Rows
) -> None:
    hr.register_process("CORP", "OTHER").register_task("CORP", "OTHER", 1, 1, 1, "T")
    hr.start_run(*HR, "2026-04-10", execution_id="run-1")
    hr.start_run("CORP", "OTHER", DAY, execution_id="run-1")
    assert len(rows(ProcessingStep, execution_id="run-1")) == 4 + 4 + 1


def test_given_many_workers_when_all_start_one_run_at_once_then_it_is_queued_once(hr: ETLMonitor, rows: Rows) -> None:
    workers = 6
    together = Barrier(workers)

    def start(_: int) -> Run:
        together.wait()
        return hr.start_run(*HR, DAY, execution_id="run-1")

    with ThreadPoolExecutor(workers) as pool:
        runs = list(pool.map(start, range(workers)))
    assert {run.execution_id for run in runs} == {"run-1"}
    assert [(step.task_id, step.attempts) for step in rows(ProcessingStep)] == [(0, 0), (1, 0), (2, 0), (3, 0)]


# Nothing to queue


def test_given_an_unknown_process_when_a_run_starts_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    with refused(ProcessNotFound, "CORP/NOWHERE", "register_process()"):
        hr.start_run("CORP", "NOWHERE", DAY)


def test_given_a_deactivated_process_when_a_run_starts_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    hr.deactivate_process(*HR)
    with refused(ProcessInactive, "CORP/HR_DAILY", "activate_process()"):
        hr.start_run(*HR, DAY)


def test_given_a_process_without_tasks_when_a_run_starts_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    hr.register_process("CORP", "EMPTY")
    with refused(ProcessInactive, "CORP/EMPTY", "no active task", "register_task()"):
        hr.start_run("CORP", "EMPTY", DAY)


def test_given_a_process_whose_tasks_are_all_deactivated_when_a_run_starts_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    for task in ((0, 0), (1, 1), (2, 1), (3, 1)):
        hr.deactivate_task(*HR, *task)
    with refused(ProcessInactive, "CORP/HR_DAILY", "no active task", "activate_task()"):
        hr.start_run(*HR, DAY)


@pytest.mark.parametrize("argument", ["resume", "only_due"])
def test_given_a_switch_that_is_no_boolean_when_a_run_starts_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], argument: str
) -> None:
    with refused(InvalidInput, argument, "True or False"):
        hr.start_run(*HR, DAY, **{argument: "yes"})


@pytest.mark.parametrize(
    ("codes", "word"), [(("", "HR_DAILY"), "project_code"), (("CORP", "  "), "process_load"), ((None, "X"), "project")]
)
def test_given_an_empty_code_when_a_run_starts_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], codes: tuple[str, str], word: str
) -> None:
    with refused(InvalidInput, word):
        hr.start_run(*codes, DAY)


def test_given_the_spark_edition_call_when_made_then_it_queues_the_same_run(hr: ETLMonitor, rows: Rows) -> None:
    run = hr.generate_execution_steps("run-1", *HR, "2026-04-09")
    assert (run.execution_id, run.processing_date, len(rows(ProcessingStep))) == ("run-1", DAY, 4)


def test_given_a_time_when_a_run_starts_then_its_steps_were_updated_at_the_clock_time(
    hr: ETLMonitor, clock: ManualClock, rows: Rows
) -> None:
    clock.set("2026-04-09 07:08:09.101112")
    hr.start_run(*HR)
    assert {step.last_updated_on for step in rows(ProcessingStep)} == {
        datetime(2026, 4, 9, 7, 8, 9, 101112, tzinfo=UTC)
    }


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda run: run.status(attempts="current"), ["attempts", "'current'", "'all'"]),
        (lambda run: run.status(attempts=-1), ["attempts", "-1"]),
        (lambda run: run.status(attempts=1.0), ["attempts", "whole number", "float"]),
        (lambda run: run.reset(replay="yes"), ["replay", "True or False"]),
        (lambda run: run.reset(remark=5), ["remark", "text"]),
        (lambda run: run.task(1.5), ["task_id", "whole number"]),
        (lambda run: run.task(1, "one"), ["workflow_id", "whole number"]),
        (lambda run: run.task(1, sequence_id="two"), ["sequence_id", "whole number"]),
        (lambda run: run.task(1, takeover="yes"), ["takeover", "True or False"]),
        (lambda run: run.task(1, on_not_runnable="ignore"), ["on_not_runnable", "'ignore'", "'raise' or 'skip'"]),
        (lambda run: run.task(1, source_type="CRON"), ["source_type", "CRON", "ADF_PIPELINE"]),
        (lambda run: run.task(1, source_run_id=7), ["source_run_id", "text"]),
        (lambda run: run.task(1, cluster_id=7), ["cluster_id", "text"]),
        (lambda run: run.task(1, log_message=7), ["log_message", "text"]),
        (lambda run: run.task(1, log_type="FATAL"), ["log_type", "FATAL", "INFO, WARN, ERROR"]),
        (lambda run: run.task(1, log_code=7), ["log_code", "text"]),
    ],
)
def test_given_a_run_when_asked_with_an_argument_that_cannot_be_read_then_it_is_refused(
    run: Run, refused: Callable[..., Block], call: Callable[[Run], object], words: list[str]
) -> None:
    with refused(InvalidInput, *words):
        call(run)
