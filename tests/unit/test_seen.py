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
