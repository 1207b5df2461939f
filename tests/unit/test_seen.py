"""What one call has read of a step is known to the next, and is not taken for another step's."""

from __future__ import annotations

from datetime import date

from etl_monitor_orm import ProcessingStep, Status
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.services.seen import SeenStep, SeenSteps

HR = ProcessKey("CORP", "HR_DAILY")
RUN = RunKey(HR, "run-1", date(2026, 4, 9))


def read(step: StepKey, source: str, attempts: int = 0) -> ProcessingStep:
    return ProcessingStep(
        processing_date=step.run.processing_date,
        project_code=step.run.process.project_code,
        process_load=step.run.process.process_load,
        execution_id=step.run.execution_id,
        workflow_id=step.workflow_id,
        task_id=step.task_id,
        source_system_code=source,
        task_mandatory=True,
        attempts=attempts,
        status=Status.NQUE,
    )


def test_given_steps_of_the_same_number_elsewhere_then_each_is_known_as_it_was_read() -> None:
    steps = [
        StepKey(run, task_id, workflow_id)
        for run in (
            RUN,
            RunKey(HR, "run-2", RUN.processing_date),
            RunKey(HR, "run-1", date(2026, 4, 10)),
            RunKey(ProcessKey("CORP", "SALES"), "run-1", RUN.processing_date),
            RunKey(ProcessKey("EU", "HR_DAILY"), "run-1", RUN.processing_date),
        )
        for workflow_id, task_id in ((1, 1), (1, 2), (2, 1))
    ]
    seen = SeenSteps()
    seen.note(read(step, f"W{number}", number) for number, step in enumerate(steps))

    assert [seen.of(step) for step in steps] == [SeenStep(f"W{number}", True, number) for number in range(len(steps))]


def test_given_an_older_attempt_read_later_then_the_highest_one_is_known() -> None:
    step = StepKey(RUN, 1, 1)
    seen = SeenSteps()
    for attempts in (2, 1):
        seen.note([read(step, "W", attempts)])

    assert seen.of(step) == SeenStep("W", True, 2)


def test_given_a_step_that_was_not_read_then_nothing_is_known_of_it() -> None:
    seen = SeenSteps()
    seen.note([read(StepKey(RUN, 1, 1), "W")])

    assert seen.of(StepKey(RUN, 2, 1)) is None


def test_given_a_run_that_was_queued_then_it_has_no_failure_until_one_is_noted() -> None:
    seen = SeenSteps()
    seen.note_run(RUN)
    found = [seen.has_no_failure(HR, on=RUN.processing_date, execution_id=None)]
    seen.note_run(RUN, failed=True)
    seen.note_run(RUN)
    found.append(seen.has_no_failure(HR, on=RUN.processing_date, execution_id=None))

    assert found == [True, False]


def test_given_a_failed_step_among_those_read_then_its_run_has_a_failure() -> None:
    seen = SeenSteps()
    steps = [read(StepKey(RUN, task_id, 1), "W") for task_id in (1, 2, 3)]
    steps[1].status = Status.FAIL
    seen.note(steps)

    assert not seen.has_no_failure(HR, on=None, execution_id="run-1")


def test_given_failures_elsewhere_only_then_a_process_date_or_run_has_none() -> None:
    seen = SeenSteps()
    seen.note_run(RUN)
    seen.note_run(RunKey(HR, "run-2", date(2026, 4, 10)), failed=True)
    seen.note_run(RunKey(ProcessKey("CORP", "SALES"), "run-1", RUN.processing_date), failed=True)

    assert seen.has_no_failure(HR, on=RUN.processing_date, execution_id=None)
    assert seen.has_no_failure(HR, on=None, execution_id="run-1")
    assert not seen.has_no_failure(HR, on=None, execution_id=None)
    assert not seen.has_no_failure(HR, on=date(2026, 4, 11), execution_id=None)
