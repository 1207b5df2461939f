"""The end of a step for a program that knows its process and its task, and may have told of no start."""

from __future__ import annotations

from dataclasses import dataclass

from etl_monitor_orm import ETLMonitor, InvalidTransition, ProcessingStep, Status, StepNotQueued
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.reporting.starting import Wish, registering, run_of
from etl_monitor_orm.services.runs import queue_missing


@dataclass(frozen=True)
class Report:
    """How a program ended.

    Attributes:
        status: DONE or FAIL.
        message: Its words.
        code: Their code.
        claim: The claim to the start that it ends, as text.
    """

    status: Status
    message: str | None = None
    code: str | None = None
    claim: str | None = None


def end(monitor: ETLMonitor, wish: Wish, report: Report) -> StepKey:
    """End the step that a program means; return which one that was.

    Where neither run nor date is named, it is the task's running step, if there is one: a load that crosses midnight
    ends where it began. A success after a failure is a new attempt. It has no start, so no watermark moves past rows
    that nobody has read.

    Raises:
        EtlMonitorError: It may not end, or the monitor cannot say.
    """

    def do() -> StepKey:
        step = (_running(monitor, wish) if wish.joins and wish.on is None else None) or _of_run(monitor, wish)
        try:
            _finish(monitor, step, report)
        except StepNotQueued as absent:
            if absent.state is Status.DONE:
                raise
            monitor._runtime.run(queue_missing, step)
            _finish(monitor, step, report)
        except InvalidTransition as refusal:
            if refusal.state is not Status.FAIL or report.status is not Status.DONE or report.claim is not None:
                raise
            _queue_again(monitor, step)
            _finish(monitor, step, report)
        return step

    return registering(monitor, wish, do)


def _running(monitor: ETLMonitor, wish: Wish) -> StepKey | None:
    """The task's step that is at work; of several, the one with the latest sign of life."""
    for step in reversed(monitor.stale_steps(0, wish.project, wish.process)):
        if _is_of(step, wish):
            process = ProcessKey(step.project_code, step.process_load)
            return StepKey(RunKey(process, step.execution_id, step.processing_date), step.task_id, step.workflow_id)
    return None


def _is_of(step: ProcessingStep, wish: Wish) -> bool:
    if isinstance(wish.task.task, str):
        return step.task_name == wish.task.task
    return (step.workflow_id, step.task_id) == wish.task.numbers


def _of_run(monitor: ETLMonitor, wish: Wish) -> StepKey:
    run = run_of(monitor, wish)
    task = run.task(wish.task.task, wish.task.workflow_id)
    process = ProcessKey(run.project_code, run.process_load)
    return StepKey(RunKey(process, run.execution_id, run.processing_date), task.task_id, task.workflow_id)


def _finish(monitor: ETLMonitor, step: StepKey, report: Report) -> None:
    run = step.run
    monitor.end_task(
        run.execution_id,
        run.process.project_code,
        run.process.process_load,
        step.task_id,
        workflow_id=step.workflow_id,
        processing_date=run.processing_date,
        status=report.status,
        log_message=report.message,
        log_code=report.code,
        claim=report.claim,
    )


def _queue_again(monitor: ETLMonitor, step: StepKey) -> None:
    run = step.run
    monitor.status_reset(
        run.process.project_code,
        run.process.process_load,
        run.processing_date,
        run.execution_id,
        workflow_id=step.workflow_id,
        task_id=step.task_id,
    )
