"""A task that is left out of one run: offered nowhere, blocking nothing, and back in the next run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl_monitor_orm import (
    CurrentFailure,
    ETLMonitor,
    InvalidTransition,
    MandatoryBlocker,
    ManualClock,
    Parameter,
    ProcessingStep,
    ProcessStatus,
    Run,
    RunState,
    RunStatus,
    RunSummary,
    Status,
    StepNotFound,
    StepNotQueued,
    StepSkipped,
    TaskDetail,
)

HR = ("CORP", "HR_DAILY")
RUN = ("run-1", *HR)
DAY = "2026-04-09"

Row = Callable[..., object]
Rows = Callable[..., list]
Step = Callable[..., ProcessingStep]
Work = Callable[..., None]
Refused = Callable[..., object]


def _offered(run: Run) -> list[int]:
    return [step.task_id for step in run.pending()]


def test_skipped_step_is_neither_pending_nor_ready(hr: ETLMonitor, run: Run, work: Work) -> None:
    work(run, 0)
    hr.skip_task(*RUN, 1, processing_date=DAY)

    assert _offered(run) == [2, 3]
    assert [step.task_id for step in run.ready()] == [2]


def test_skipped_stage_lets_the_next_one_begin(hr: ETLMonitor, run: Run, work: Work) -> None:
    work(run, 0)
    run.skip(1)
    run.skip(2)

    assert [step.task_id for step in run.ready()] == [3]


def test_skipped_step_is_marked_and_stamped(hr: ETLMonitor, run: Run, step: Step, clock: ManualClock) -> None:
    clock.advance(60)
    run.skip(1)

    assert (step(1).force_skip, step(1).status, step(1).last_updated_on) == (True, Status.NQUE, clock())


def test_skipping_by_name_means_the_task_of_that_name(run: Run, step: Step) -> None:
    run.skip("Load events")

    assert (step(2).force_skip, step(1).force_skip) == (True, None)


def test_skip_without_a_date_means_the_run_s(hr: ETLMonitor, run: Run, step: Step) -> None:
    hr.skip_task(*RUN, 1)

    assert step(1).force_skip is True


def test_skip_changes_the_step_of_one_pass_process_date_and_run_only(hr: ETLMonitor, run: Run, rows: Rows) -> None:
    hr.register_task(*HR, 1, 2, 2, "Second pass")
    hr.register_process("CORP", "OTHER").register_task("CORP", "OTHER", 1, 1, 2, "Load")
    hr.start_run("CORP", "OTHER", DAY, execution_id="run-1")
    for day, run_id in ((DAY, "run-2"), ("2026-04-10", "run-1")):
        hr.start_run(*HR, day, execution_id=run_id)
    hr.skip_task(*RUN, 1, processing_date=DAY)
    skipped = rows(ProcessingStep, force_skip=True)

    assert [(s.process_load, s.execution_id, str(s.processing_date), s.workflow_id) for s in skipped] == [
        ("HR_DAILY", "run-1", DAY, 1)
    ]


def test_skipped_step_cannot_be_started_and_says_the_way_out(hr: ETLMonitor, run: Run, refused: Refused) -> None:
    run.skip(1)

    with refused(StepSkipped, "task 1", "skipped", "unskip_task()"):
        hr.start_task(*RUN, 1, processing_date=DAY)


@pytest.mark.parametrize("status", ["DONE", "FAIL"])
def test_skipped_step_cannot_be_ended_by_a_report(hr: ETLMonitor, run: Run, refused: Refused, status: str) -> None:
    run.skip(1)

    with refused(StepSkipped, "task 1", "unskip_task()"):
        hr.end_task(*RUN, 1, processing_date=DAY, status=status)


def test_skipped_step_when_entered_with_skip_does_no_work(run: Run, unchanged: Callable[[], object]) -> None:
    run.skip(1)

    with unchanged(), run.task(1, on_not_runnable="skip") as task:
        assert task.active is False


def test_failed_step_that_is_skipped_is_not_retried_by_its_start(run: Run, fail: Work, refused: Refused) -> None:
    fail(run, 1)
    run.skip(1)

    with refused(StepSkipped, "task 1"), run.task(1, retry_failed=True):
        pass


def test_skipped_failure_blocks_nothing_and_stays_a_failure(
    hr: ETLMonitor, run: Run, work: Work, fail: Work, row: Row, rows: Rows
) -> None:
    work(run, 2)
    fail(run, 1)
    run.skip(1)
    work(run, 0)

    assert [step.task_id for step in run.ready()] == [3]
    assert rows(MandatoryBlocker) == []
    assert [failure.task_id for failure in rows(CurrentFailure)] == [1]
    assert row(ProcessStatus).run_state is RunState.WAITING


def test_run_whose_rest_is_skipped_is_complete(hr: ETLMonitor, run: Run, work: Work, row: Row) -> None:
    for task in (0, 2, 3):
        work(run, task)
    run.skip(1)

    assert run.succeeded
    assert (row(ProcessStatus).run_state, row(ProcessStatus).pending) == (RunState.COMPLETE, 0)
    assert (row(RunSummary).overall_status, row(RunSummary).pending) == (RunStatus.COMPLETE, 0)


def test_run_with_a_skipped_failure_has_succeeded(run: Run, work: Work, fail: Work) -> None:
    fail(run, 1)
    for task in (0, 2, 3):
        work(run, task)
    run.skip(1)
    run.raise_for_failures()

    assert run.succeeded


def test_task_detail_says_what_is_skipped(run: Run, rows: Rows) -> None:
    run.skip(1)

    assert {detail.task_id: detail.force_skip for detail in rows(TaskDetail)} == {0: None, 1: True, 2: None, 3: None}


def test_unskipped_step_is_offered_again_and_can_be_done(hr: ETLMonitor, run: Run, work: Work, step: Step) -> None:
    run.skip(1)
    hr.unskip_task(*RUN, 1, processing_date=DAY)
    offered = _offered(run)
    work(run, 1)

    assert (offered, step(1).status, step(1).force_skip) == ([0, 1, 2, 3], Status.DONE, False)


@pytest.mark.parametrize("call", ["skip", "unskip"])
def test_step_that_is_so_already_is_not_written(
    run: Run, unchanged: Callable[[], object], clock: ManualClock, call: str
) -> None:
    if call == "skip":
        run.skip(1)
    clock.advance(60)

    with unchanged():
        getattr(run, call)(1)


def test_running_step_cannot_be_skipped(hr: ETLMonitor, run: Run, refused: Refused) -> None:
    hr.start_task(*RUN, 1, processing_date=DAY)

    with refused(InvalidTransition, "Cannot skip", "running"):
        run.skip(1)


def test_done_step_cannot_be_skipped(run: Run, work: Work, refused: Refused) -> None:
    work(run, 1)

    with refused(InvalidTransition, "Cannot skip", "DONE"):
        run.skip(1)


@pytest.mark.parametrize("call", ["skip_task", "unskip_task"])
def test_step_that_does_not_exist_cannot_be_skipped(hr: ETLMonitor, run: Run, refused: Refused, call: str) -> None:
    hr.register_task(*HR, 8, 1, 2, "Registered later")
    with refused(StepNotFound, "task 9"):
        getattr(hr, call)(*RUN, 9, processing_date=DAY)
    with refused(StepNotQueued, "task 8"):
        getattr(hr, call)(*RUN, 8, processing_date=DAY)
    with refused(StepNotQueued, "run-9"):
        getattr(hr, call)("run-9", *HR, 1, processing_date=DAY)


def test_running_step_that_another_tool_has_skipped_can_be_ended(hr: ETLMonitor, run: Run, step: Step) -> None:
    claim = hr.start_task(*RUN, 1, processing_date=DAY)
    with hr.session() as session:
        session.get_one(ProcessingStep, ProcessingStep.__mapper__.primary_key_from_instance(step(1))).force_skip = True
        session.commit()
    hr.end_task(*RUN, 1, processing_date=DAY, claim=claim)

    assert step(1).status is Status.DONE


def test_next_run_includes_what_was_skipped(hr: ETLMonitor, run: Run, work: Work) -> None:
    for task in (0, 2, 3):
        work(run, task)
    run.skip(1)
    again = hr.start_run(*HR, DAY, execution_id="run-2", resume=True)

    assert _offered(again) == [1]


def test_reset_includes_what_was_skipped_as_a_new_attempt_with_the_initiation(
    hr: ETLMonitor, run: Run, work: Work, step: Step
) -> None:
    work(run, 0)
    run.skip(1)
    queued = run.reset()

    assert [(new.task_id, new.attempts, new.status) for new in queued] == [(0, 1, Status.RQUE), (1, 1, Status.RQUE)]
    assert (step(1, attempts=0).force_skip, step(1, attempts=1).force_skip) == (True, None)
    assert _offered(run) == [0, 1, 2, 3]


def test_reset_of_a_skipped_failure_queues_it_without_the_skip(run: Run, fail: Work, step: Step) -> None:
    fail(run, 1)
    run.skip(1)
    run.reset()

    assert (step(1, attempts=1).status, step(1, attempts=1).force_skip) == (Status.RQUE, None)


def test_reset_of_another_task_leaves_a_skip_alone(hr: ETLMonitor, run: Run, fail: Work, step: Step) -> None:
    fail(run, 2)
    run.skip(1)
    hr.status_reset(*HR, DAY, task_id=2)

    assert step(1).force_skip is True


def test_skipped_step_holds_the_watermark_that_it_shares(hr: ETLMonitor, run: Run, work: Work, row: Row) -> None:
    hr.register_task(*HR, 4, 1, 2, "Load contracts", source_system_code="LoadEmployees")
    shared = hr.start_run(*HR, "2026-04-10", execution_id="run-2")
    shared.skip(4)
    work(shared, 1)

    assert row(Parameter, parameter_name="LoadEmployees").value is None


def test_task_status_is_the_step_s_status_until_nothing_is_left_to_do(
    hr: ETLMonitor, run: Run, work: Work, fail: Work
) -> None:
    def status() -> Status | None:
        return hr.task_status(*RUN, DAY, workflow_id=1, sequence_id=2, task_id=1)

    seen = [status()]
    fail(run, 1)
    seen.append(status())
    run.reset()
    seen.append(status())
    work(run, 1)
    seen.append(status())

    assert seen == [Status.NQUE, Status.FAIL, Status.RQUE, None]


def test_task_status_of_what_may_not_run_is_none(hr: ETLMonitor, run: Run) -> None:
    run.skip(1)
    hr.deactivate_task(*HR, 2, 1)

    assert [hr.task_status(*RUN, DAY, task_id=task) for task in (1, 2, 9)] == [None, None, None]
    assert hr.task_status("run-9", *HR, DAY, task_id=3) is None
