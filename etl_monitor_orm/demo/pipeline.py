"""The dispatcher: it asks the monitor what may run next, runs it, and asks again. It fits any load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from etl_monitor_orm import EtlMonitorError, PendingTask, Run, TaskHandle

Job = Callable[[TaskHandle], str]
"""Does the work of a task, and returns the message to store with DONE."""


@dataclass(frozen=True)
class TaskFailure:
    """A task that failed.

    Attributes:
        processing_date: The date that it worked on.
        process_load: Its process.
        task_name: Its name.
        attempts: Number of the attempt.
        mandatory: Whether it blocked what follows.
        message: What went wrong.
    """

    processing_date: date
    process_load: str
    task_name: str
    attempts: int
    mandatory: bool
    message: str


def dispatch(run: Run, jobs: Mapping[str, Job]) -> list[TaskFailure]:
    """Run the ready steps, stage by stage, until the run is complete or a mandatory failure blocks it.

    A step that names no job is left to whoever does it, such as `etl-monitor exec`.

    Args:
        run: The run.
        jobs: The job behind each `source_identifier` of the catalogue.

    Returns:
        The tasks that failed.
    """
    failures = []
    # Each answer is one stage. Its tasks can run in any order, or side by side in separate workers.
    while ready := [step for step in run.ready() if step.source_identifier]:
        for step in ready:
            error = _run_task(run, step, jobs)
            if error is not None:
                failures.append(
                    TaskFailure(
                        step.processing_date,
                        step.process_load,
                        step.task_name or str(step.task_id),
                        step.attempts,
                        step.task_mandatory,
                        str(error),
                    )
                )
    return failures


def _run_task(run: Run, step: PendingTask, jobs: Mapping[str, Job]) -> Exception | None:
    """Run one tracked task; return the job's error, if it failed."""
    try:
        # When several dispatchers work on one run, another one may have started the step: skip it.
        with run.task(step.task_id, step.workflow_id, on_not_runnable="skip") as task:
            if task.active:
                task.log_message = jobs[step.source_identifier or ""](task)
    except EtlMonitorError:
        # The monitor itself failed, and cannot say what may run next.
        raise
    except Exception as error:
        # Leaving the `with` has recorded FAIL. `ready()` knows what that blocks.
        return error
    return None
