"""The dispatcher: it asks the monitor what may run next, runs it, and asks again. It knows nothing of the load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from etl_monitor_orm import EtlMonitorError, PendingTask, Run, TaskHandle

Job = Callable[[TaskHandle], str]
"""Does the work of a task, and returns its last word: the message to store with DONE."""


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
    """Run what is ready, stage by stage, until nothing is: the run is complete, or a mandatory failure blocks it.

    Args:
        run: The run.
        jobs: The job behind each `source_identifier` of the catalogue.

    Returns:
        The tasks that failed.
    """
    failures = []
    # Each answer is one stage, whose tasks may run in any order, or side by side in workers of their own.
    while ready := run.ready():
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
    """Run one task under the monitor's eyes; return the job's error, if it failed."""
    try:
        # Where several dispatchers work on one run, the step may be another's by now: skip it then.
        with run.task(step.task_id, step.workflow_id, on_not_runnable="skip") as task:
            if task.active:
                task.log_message = jobs[step.source_identifier or ""](task)
    except EtlMonitorError:
        # The monitor itself is in trouble, and cannot say what may run next.
        raise
    except Exception as error:
        # Recorded as FAIL already, on the way out of the `with`. What it blocks, `ready()` knows.
        return error
    return None
