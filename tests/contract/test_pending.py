"""What a run has left: its pending steps, and the ones among them that may start now."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    ManualClock,
    ParameterType,
    PendingTask,
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


def ids(steps: list[PendingTask]) -> list[int]:
    return [step.task_id for step in steps]


def done(run: Run, *tasks: int) -> None:
    for task in tasks:
        with run.task(task):
            pass


@pytest.fixture
def passes(hr: ETLMonitor, prepare: Callable[..., None]) -> Run:
    """A run with a second pass, and tasks that were registered in no order."""

    def register() -> None:
        hr.register_task(*HR, 5, 2, 1, "Second pass, first stage")
        hr.register_task(*HR, 4, 2, 1, "Second pass, first stage, lower id")
        hr.register_task(*HR, 1, 2, 6, "Second pass, last stage")
        hr.register_task(*HR, 9, 1, 1, "First pass, first stage")

    prepare(register)
    return hr.start_run(*HR, DAY, execution_id="run-1")


# pending()


def test_given_a_new_run_when_asked_what_is_pending_then_it_is_all_by_pass_stage_and_task(passes: Run) -> None:
    assert [(step.workflow_id, step.sequence_id, step.task_id) for step in passes.pending()] == [
        (0, 0, 0),
        (1, 1, 9),
        (1, 2, 1),
        (1, 2, 2),
        (1, 6, 3),
        (2, 1, 4),
        (2, 1, 5),
        (2, 6, 1),
    ]


def test_given_steps_in_each_state_when_asked_what_is_pending_then_only_the_done_ones_are_not(
    hr: ETLMonitor, run: Run
) -> None:
    done(run, 0)
    hr.start_task("run-1", *HR, 1)
    hr.fail_task("run-1", *HR, 2, log_message="no source")
    assert [(step.task_id, step.status, step.is_running) for step in run.pending()] == [
        (1, Status.NQUE, True),
        (2, Status.FAIL, False),
        (3, Status.NQUE, False),
    ]


def test_given_a_step_queued_again_when_asked_what_is_pending_then_it_is_its_current_attempt(
    hr: ETLMonitor, run: Run
) -> None:
    hr.fail_task("run-1", *HR, 1)
    run.reset()
    assert [(step.task_id, step.attempts, step.status) for step in run.pending()] == [
        (0, 1, Status.RQUE),
        (1, 1, Status.RQUE),
        (2, 0, Status.NQUE),
        (3, 0, Status.NQUE),
    ]


def test_given_a_retried_step_that_is_done_when_asked_what_is_pending_then_it_is_not(hr: ETLMonitor, run: Run) -> None:
    hr.fail_task("run-1", *HR, 1)
    run.reset()
    done(run, 1)
    assert ids(run.pending()) == [0, 2, 3]


def test_given_a_deactivated_task_when_asked_what_is_pending_then_its_step_is_not(hr: ETLMonitor, run: Run) -> None:
    hr.deactivate_task(*HR, 2, 1)
    assert ids(run.pending()) == [0, 1, 3]
    hr.activate_task(*HR, 2, 1)
    assert ids(run.pending()) == [0, 1, 2, 3]


def test_given_another_run_of_the_date_when_asked_what_is_pending_then_each_knows_its_own(
    hr: ETLMonitor, run: Run
) -> None:
    later = hr.start_run(*HR, DAY, execution_id="run-2")
    done(later, 0, 1)
    assert [(step.execution_id, step.task_id) for step in run.pending()] == [("run-1", task) for task in range(4)]
    assert [(step.execution_id, step.task_id) for step in later.pending()] == [("run-2", 2), ("run-2", 3)]


def test_given_a_pending_step_when_read_then_it_has_all_that_a_dispatcher_needs(
    hr: ETLMonitor, clock: ManualClock
) -> None:
    hr.register_task(*HR, 1, 1, 2, "Load employees", "ADF_PIPELINE", "pipelines/employees", "LoadEmployees")
    hr.advance_watermark(*HR, "LoadEmployees", "2026-04-08 05:06:07.120000")
    run = hr.start_run(*HR, DAY, execution_id="run-1")
    assert run.pending(task_id=1) == [
        PendingTask(
            execution_id="run-1",
            processing_date=DAY,
            project_code="CORP",
            process_load="HR_DAILY",
            workflow_id=1,
            sequence_id=2,
            sequence_code="LOAD_DB_TRAN",
            task_id=1,
            task_name="Load employees",
            attempts=0,
            status=Status.NQUE,
            is_running=False,
            task_mandatory=True,
            source_type=SourceType.ADF_PIPELINE,
            source_identifier="pipelines/employees",
            source_system_code="LoadEmployees",
            watermark_type=ParameterType.DELTA_DATE,
            watermark=datetime(2026, 4, 8, 5, 6, 7, 120000, tzinfo=UTC),
            active_value="2026-04-08 05:06:07.12",
            start_time=None,
            log_message=None,
        )
    ]


def test_given_a_step_that_began_when_asked_what_is_pending_then_it_tells_since_when(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task("run-1", *HR, 1)
    assert run.pending(task_id=1)[0].start_time == clock.now


def test_given_a_step_that_failed_when_asked_what_is_pending_then_it_tells_why(hr: ETLMonitor, run: Run) -> None:
    hr.fail_task("run-1", *HR, 1, log_message="no source")
    assert run.pending(task_id=1)[0].log_message == "no source"


@pytest.mark.parametrize(
    ("kind", "value", "watermark", "active"),
    [
        ("DELTA_DATE", {}, None, None),
        ("DELTA_ID", {"value_int": 42}, 42, "42"),
        ("DELTA_ID", {}, None, None),
        ("FLAG", {"value_bit": True}, True, "true"),
        ("FLAG", {"value_bit": False}, False, "false"),
    ],
)
def test_given_a_watermark_when_asked_what_is_pending_then_the_step_has_its_type_and_value(
    hr: ETLMonitor, kind: str, value: dict[str, object], watermark: object, active: str | None
) -> None:
    hr.register_parameter(*HR, "Mark", kind, **value)
    hr.register_task(*HR, 8, 1, 2, "T", source_system_code="Mark")
    (step,) = hr.start_run(*HR, DAY).pending(task_id=8)
    assert (step.watermark_type, step.watermark, step.active_value) == (ParameterType(kind), watermark, active)


@pytest.mark.parametrize("source_system_code", [None, "NeverRegistered"])
def test_given_no_watermark_when_asked_what_is_pending_then_the_step_comes_without(
    hr: ETLMonitor, source_system_code: str | None
) -> None:
    hr.register_process("CORP", "OTHER").register_parameter("CORP", "OTHER", "NeverRegistered", "DELTA_ID")
    hr.register_task(*HR, 8, 1, 2, "T", source_system_code=source_system_code)
    (step,) = hr.start_run(*HR, DAY).pending(task_id=8)
    assert (step.source_system_code, step.watermark_type, step.watermark, step.active_value) == (
        source_system_code,
        None,
        None,
        None,
    )


FILTERS = [
    ({"workflow_id": 0}, [(0, 0)]),
    ({"workflow_id": 2}, [(2, 4), (2, 5), (2, 1)]),
    ({"sequence_id": 1}, [(1, 9), (2, 4), (2, 5)]),
    ({"task_id": 1}, [(1, 1), (2, 1)]),
    ({"workflow_id": 2, "sequence_id": 1}, [(2, 4), (2, 5)]),
    ({"workflow_id": 1, "sequence_id": 2, "task_id": 2}, [(1, 2)]),
    ({"workflow_id": 1, "sequence_id": 1, "task_id": 2}, []),
    ({"workflow_id": 7}, []),
]


@pytest.mark.parametrize(("narrowed", "expected"), FILTERS)
def test_given_filters_when_asked_what_is_pending_then_only_what_passes_all_of_them_is(
    passes: Run, narrowed: dict[str, int], expected: list[tuple[int, int]]
) -> None:
    assert [(step.workflow_id, step.task_id) for step in passes.pending(**narrowed)] == expected


@pytest.mark.parametrize(("narrowed", "expected"), FILTERS)
def test_given_filters_when_getting_pending_tasks_then_only_what_passes_all_is_returned(
    hr: ETLMonitor, passes: Run, narrowed: dict[str, int], expected: list[tuple[int, int]]
) -> None:
    pending = hr.get_pending_tasks("run-1", *HR, DAY, **narrowed)
    assert [(step.workflow_id, step.task_id) for step in pending] == expected


BAD_FILTERS = [
    ({"workflow_id": "one"}, ["workflow_id", "whole number", "one"]),
    ({"sequence_id": 1.5}, ["sequence_id", "whole number", "float"]),
    ({"task_id": -1}, ["task_id", "-1"]),
]


@pytest.mark.parametrize(("narrowed", "words"), BAD_FILTERS)
def test_given_a_filter_that_cannot_be_read_when_asked_what_is_pending_then_it_is_refused(
    run: Run, refused: Callable[..., Block], narrowed: dict[str, int], words: list[str]
) -> None:
    with refused(InvalidInput, *words):
        run.pending(**narrowed)


@pytest.mark.parametrize(("narrowed", "words"), BAD_FILTERS)
def test_given_an_unreadable_filter_when_getting_pending_tasks_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], narrowed: dict[str, int], words: list[str]
) -> None:
    with refused(InvalidInput, *words):
        hr.get_pending_tasks("run-1", *HR, DAY, **narrowed)


# get_pending_tasks


def test_given_no_steps_when_getting_pending_tasks_then_the_first_call_queues_them(hr: ETLMonitor, rows: Rows) -> None:
    assert ids(hr.get_pending_tasks("run-1", *HR, "2026-04-09")) == [0, 1, 2, 3]
    assert [(step.task_id, step.status, step.attempts) for step in rows(ProcessingStep)] == [
        (task, Status.NQUE, 0) for task in range(4)
    ]


def test_given_queued_steps_when_getting_pending_tasks_again_then_nothing_is_queued(
    hr: ETLMonitor, clock: ManualClock, unchanged: Callable[[], Block]
) -> None:
    hr.get_pending_tasks("run-1", *HR, DAY)
    clock.advance(60)
    with unchanged():
        assert ids(hr.get_pending_tasks("run-1", *HR, DAY)) == [0, 1, 2, 3]


def test_given_a_finished_run_when_getting_pending_tasks_then_nothing_is_queued(
    hr: ETLMonitor, run: Run, unchanged: Callable[[], Block]
) -> None:
    done(run, 0, 1, 2, 3)
    hr.register_task(*HR, 9, 1, 3, "Came later")
    with unchanged():
        assert hr.get_pending_tasks("run-1", *HR, DAY) == []


def test_given_a_filter_when_first_getting_pending_tasks_then_the_whole_run_is_queued(
    hr: ETLMonitor, rows: Rows
) -> None:
    assert ids(hr.get_pending_tasks("run-1", *HR, DAY, sequence_id=6)) == [3]
    assert len(rows(ProcessingStep)) == 4


def test_given_a_run_of_another_date_when_getting_pending_tasks_without_one_then_it_is_used(
    hr: ETLMonitor, run: Run, unchanged: Callable[[], Block]
) -> None:
    with unchanged():
        pending = hr.get_pending_tasks("run-1", *HR)
    assert {step.processing_date for step in pending} == {DAY}


def test_given_no_run_when_getting_pending_tasks_without_a_date_then_the_sysdt_date_counts(hr: ETLMonitor) -> None:
    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-12-24")
    assert {step.processing_date for step in hr.get_pending_tasks("run-1", *HR)} == {date(2025, 12, 24)}


def test_given_no_run_and_no_sysdt_when_getting_pending_tasks_without_a_date_then_it_is_today(
    hr: ETLMonitor, clock: ManualClock
) -> None:
    assert {step.processing_date for step in hr.get_pending_tasks("run-1", *HR)} == {clock.now.date()}


def test_given_an_unknown_process_when_getting_pending_tasks_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    with refused(ProcessNotFound, "CORP/NOWHERE", "register_process()"):
        hr.get_pending_tasks("run-1", "CORP", "NOWHERE", DAY)


def test_given_a_deactivated_process_when_first_getting_pending_tasks_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    hr.deactivate_process(*HR)
    with refused(ProcessInactive, "CORP/HR_DAILY", "activate_process()"):
        hr.get_pending_tasks("run-1", *HR, DAY)


@pytest.mark.parametrize(("execution_id", "words"), [("", ["empty"]), ("x" * 256, ["256", "255"]), (None, ["text"])])
def test_given_an_id_that_does_not_fit_when_getting_pending_tasks_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], execution_id: str, words: list[str]
) -> None:
    with refused(InvalidInput, "execution_id", *words):
        hr.get_pending_tasks(execution_id, *HR, DAY)


# ready()


def test_given_a_new_run_when_asked_what_is_ready_then_it_is_the_initiation(run: Run) -> None:
    assert ids(run.ready()) == [0]


def test_given_a_stage_that_is_done_when_asked_what_is_ready_then_it_is_the_whole_next_stage(run: Run) -> None:
    done(run, 0)
    assert ids(run.ready()) == [1, 2]


def test_given_a_stage_under_way_when_asked_what_is_ready_then_it_is_what_has_not_started(
    hr: ETLMonitor, run: Run
) -> None:
    done(run, 0)
    hr.start_task("run-1", *HR, 1)
    assert ids(run.ready()) == [2]


def test_given_a_stage_half_done_when_asked_what_is_ready_then_the_next_stage_is_not(run: Run) -> None:
    done(run, 0, 1)
    assert ids(run.ready()) == [2]


def test_given_all_of_a_stage_running_when_asked_what_is_ready_then_nothing_is(hr: ETLMonitor, run: Run) -> None:
    done(run, 0)
    hr.start_task("run-1", *HR, 1)
    hr.start_task("run-1", *HR, 2)
    assert run.ready() == []


def test_given_two_passes_when_asked_what_is_ready_then_the_first_pass_comes_first(passes: Run) -> None:
    done(passes, 0, 9, 1, 2)
    assert [(step.workflow_id, step.task_id) for step in passes.ready()] == [(1, 3)]
    done(passes, 3)
    assert [(step.workflow_id, step.task_id) for step in passes.ready()] == [(2, 4), (2, 5)]


def test_given_a_mandatory_failure_when_asked_what_is_ready_then_nothing_is(hr: ETLMonitor, run: Run) -> None:
    done(run, 0)
    hr.fail_task("run-1", *HR, 1)
    assert run.ready() == []


def test_given_an_optional_failure_when_asked_what_is_ready_then_it_blocks_nothing(hr: ETLMonitor, run: Run) -> None:
    done(run, 0)
    hr.fail_task("run-1", *HR, 2)
    assert ids(run.ready()) == [1]
    done(run, 1)
    assert ids(run.ready()) == [3]


def test_given_only_an_optional_failure_left_when_asked_what_is_ready_then_nothing_is(hr: ETLMonitor, run: Run) -> None:
    done(run, 0, 1, 3)
    hr.fail_task("run-1", *HR, 2)
    assert (run.ready(), ids(run.pending())) == ([], [2])


def test_given_a_failure_that_was_queued_again_when_asked_what_is_ready_then_it_blocks_no_more(
    hr: ETLMonitor, run: Run
) -> None:
    done(run, 0, 2)
    hr.fail_task("run-1", *HR, 1)
    run.reset()
    assert [(step.task_id, step.status) for step in run.ready()] == [(0, Status.RQUE)]
    done(run, 0)
    assert [(step.task_id, step.status) for step in run.ready()] == [(1, Status.RQUE)]


def test_given_a_failure_of_a_deactivated_task_when_asked_what_is_ready_then_it_blocks_no_more(
    hr: ETLMonitor, run: Run
) -> None:
    done(run, 2)
    hr.fail_task("run-1", *HR, 1)
    hr.deactivate_task(*HR, 1, 1)
    done(run, 0)
    assert ids(run.ready()) == [3]


def test_given_a_failed_initiation_when_asked_what_is_ready_then_nothing_is(hr: ETLMonitor, run: Run) -> None:
    hr.fail_task("run-1", *HR, 0)
    assert run.ready() == []


def test_given_a_mandatory_failure_in_another_run_when_asked_what_is_ready_then_it_is_ignored(
    hr: ETLMonitor, run: Run
) -> None:
    hr.fail_task("run-1", *HR, 1)
    assert ids(hr.start_run(*HR, DAY).ready()) == [0]


def test_given_a_finished_run_when_asked_what_is_ready_then_nothing_is(run: Run) -> None:
    done(run, 0, 1, 2, 3)
    assert (run.ready(), run.pending()) == ([], [])
