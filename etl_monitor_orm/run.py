"""`Run`: one run of a process on one date, and its calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from etl_monitor_orm import inputs, views
from etl_monitor_orm.errors import InvalidInput, RunFailed
from etl_monitor_orm.keys import RunKey, StepKey
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.resetting import reset_steps
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.runtime import Runtime
from etl_monitor_orm.services import dispatch, status
from etl_monitor_orm.services.dispatch import PendingTask
from etl_monitor_orm.services.named import step_of_name
from etl_monitor_orm.services.outcome import outcome
from etl_monitor_orm.services.scopes import Attempts, Narrowing, Scope, read_attempts
from etl_monitor_orm.services.skipping import set_skipped
from etl_monitor_orm.services.steps import Where
from etl_monitor_orm.task import OfRun, OnNotRunnable, TaskHandle
from etl_monitor_orm.vocabulary import LogType, SourceType

_TOLD: Final = 10
"""How many failures a message tells."""


class Run(OfRun):
    """One run of a process on one date; `monitor.start_run(...)` creates it."""

    _instead = (
        "Hand over the database's URL, project_code, process_load, processing_date and execution_id, and get the run "
        "there: ETLMonitor(url).start_run(project_code, process_load, processing_date, execution_id=...)."
    )

    def __init__(self, runtime: Runtime, key: RunKey) -> None:
        if not isinstance(runtime, Runtime):
            raise InvalidInput(f"A run is not made from {type(runtime).__name__}: call monitor.start_run().")
        self._runtime = runtime
        self._key = key

    def task(
        self,
        task_id: int | str,
        workflow_id: int | None = None,
        *,
        sequence_id: int | None = None,
        takeover: bool = False,
        on_not_runnable: OnNotRunnable = "raise",
        queue_missing: bool = False,
        retry_failed: bool = False,
        heartbeat: timedelta | float | None = None,
        source_type: SourceType | str | None = None,
        source_run_id: str | None = None,
        cluster_id: str | None = None,
        log_message: str | None = None,
        log_type: LogType | str | None = None,
        log_code: str | None = None,
    ) -> TaskHandle:
        """Return a context manager that tracks a task of this run (`ETLProcessingSteps`).

        Args:
            task_id: The task's number, or its name if it is the only one of that name in the run, at the cost of a
                read. Digits are always a number.
            workflow_id: The pass; else 0 for task 0 and 1 for any other. A name needs none.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            takeover: Start the step although it is recorded as running, because its worker is gone.
            on_not_runnable: `"raise"`, or `"skip"` to get a handle with `active=False` when the step is already
                DONE, running or failed, its task is inactive, or the run has no step for it.
            queue_missing: Queue the step if the run has none, because the task was registered after the run began.
            retry_failed: Queue the step again first if it has failed, with the run's initiation step, like a reset.
            heartbeat: Give a sign of life by itself, from a thread, whenever this time has passed: a timedelta, or
                seconds. A heartbeat that fails is logged and never ends the task.
            source_type: Kind of job, if not the task's.
            source_run_id: The job's own run id.
            cluster_id: Cluster that does the work.
            log_message: Message to store with DONE.
            log_type: Severity of that message.
            log_code: Code of that message.

        Raises:
            InvalidInput: An argument cannot be read, or several tasks of the run have the name.
            StepNotFound: No task has the name; or, on entering, the task is not registered.
            InvalidTransition: On entering: the step may not start. No work was done.
        """
        return TaskHandle(
            self._runtime,
            self._step(task_id, workflow_id, sequence_id),
            where=Where.read(source_type=source_type, source_run_id=source_run_id, cluster_id=cluster_id),
            takeover=takeover,
            on_not_runnable=on_not_runnable,
            queue_missing=queue_missing,
            retry_failed=retry_failed,
            log_message=log_message,
            log_type=log_type,
            log_code=log_code,
            heartbeat=heartbeat,
        )

    def pending(
        self, *, workflow_id: int | None = None, sequence_id: int | None = None, task_id: int | None = None
    ) -> Rows[PendingTask]:
        """Return the steps that are not DONE, whose task is active and not skipped, in running order, in one statement.

        Args:
            workflow_id: Only this pass.
            sequence_id: Only this stage.
            task_id: Only this task.
        """
        only = Narrowing.read(workflow_id=workflow_id, sequence_id=sequence_id, task_id=task_id)
        return Rows(PendingTask, self._runtime.run(dispatch.pending, self._key, only))

    def ready(self) -> Rows[PendingTask]:
        """Return the steps that may start now: the queued ones of the earliest stage that has work left.

        Empty while a mandatory failure blocks, and while the rest of the stage is running.
        """
        return Rows(PendingTask, self._runtime.run(dispatch.ready, self._key))

    def skip(self, task_id: int | str, workflow_id: int | None = None, *, sequence_id: int | None = None) -> None:
        """Leave a task out of this run: it is offered nowhere and blocks nothing (`ETLProcessingSteps.ForceSkip`).

        A watermark that it shares stays until the task has run. The next run includes it, and so does a reset.

        Args:
            task_id: The task's number, or its name if it is the only one of that name in the run.
            workflow_id: The pass; else 0 for task 0 and 1 for any other. A name needs none.
            sequence_id: The stage; the run knows it, so it is checked only when given.

        Raises:
            StepNotFound: The task is not registered, or the run has no step for it.
            InvalidTransition: The step is running or DONE.
        """
        self._runtime.run(set_skipped, self._step(task_id, workflow_id, sequence_id), True)

    def unskip(self, task_id: int | str, workflow_id: int | None = None, *, sequence_id: int | None = None) -> None:
        """Include a skipped task in this run again; arguments as for `skip`.

        Raises:
            StepNotFound: The task is not registered, or the run has no step for it.
        """
        self._runtime.run(set_skipped, self._step(task_id, workflow_id, sequence_id), False)

    def status(self, *, attempts: Attempts = None) -> Rows[views.TaskDetail]:
        """Return the run's steps from `v_taskDetail`.

        Args:
            attempts: A number, `"all"`, or None for each step's current attempt in this run.
        """
        found = self._runtime.run(status.detail, self._scope(), read_attempts(attempts))
        return Rows(views.TaskDetail, found)

    def summary(self) -> Rows[views.RunSummary]:
        """Return the rollup of each attempt of this run from `v_runSummary`, oldest first."""
        return Rows(views.RunSummary, self._runtime.run(status.summary, self._scope(), "all"))

    def reset(self, *, replay: bool = False, remark: str | None = None) -> Rows[ProcessingStep]:
        """Queue this run's failed steps again as new attempts, and its initiation step with them.

        Args:
            replay: Whether DONE steps count too.
            remark: Message of the new attempts.

        Returns:
            The new attempts; empty when there was nothing to do. If failed steps were left out because their tasks are
            deactivated, and nothing else was queued, a warning is logged for each.
        """
        queued = reset_steps(
            self._runtime.one_reading(),
            self._scope(),
            replay=inputs.boolean("replay", replay),
            remark=inputs.message("remark", remark),
        )
        return Rows(ProcessingStep, queued)

    @property
    def succeeded(self) -> bool:
        """Whether the run is over and no mandatory task failed; each use reads the database, in one statement.

        The current attempts of the run's steps count (`ETLProcessingSteps`), except those of deactivated tasks.
        """
        how = self._runtime.run(outcome, self._key)
        return how.is_over and not how.blocking

    def raise_for_failures(self, *, optional: bool = False) -> None:
        """Raise an error if a mandatory task of the run is failed now, as at the end of a program.

        The current attempts of the run's steps count (`ETLProcessingSteps`), except those of deactivated tasks. Steps
        that wait or run are no failure: `succeeded` is about those too.

        Args:
            optional: Whether the failure of an optional task is enough.

        Raises:
            RunFailed: Tasks failed. The message has the first line of each one's message; `failures` has the rest, and
                optional tasks too.
        """
        how = self._runtime.run(outcome, self._key)
        if not (how.failures if inputs.boolean("optional", optional) else how.blocking):
            return
        told = "; ".join(map(str, how.failures[:_TOLD]))
        more = f"; and {len(how.failures) - _TOLD} more" if len(how.failures) > _TOLD else ""
        error = RunFailed(
            f"{_counted(len(how.failures))} failed in {self._key}: {told}{more}. "
            "Correct the cause, and queue them again with run.reset().",
            run=self._key,
        )
        error.failures = tuple(how.failures)
        raise error

    def _step(self, task: int | str, workflow_id: int | None, sequence_id: int | None) -> StepKey:
        name = inputs.name_of_task(task)
        if name is None:
            return inputs.step(self._key, task, workflow_id=workflow_id, sequence_id=sequence_id)
        only = Narrowing.read(workflow_id=workflow_id, sequence_id=sequence_id, task_id=None)
        return self._runtime.run(step_of_name, self._key, name, only)

    def _scope(self) -> Scope:
        return Scope(self._key.process, self._key.processing_date, self._key.execution_id)

    def __repr__(self) -> str:
        return f"<Run {self._key}>"


def _counted(tasks: int) -> str:
    return "1 task" if tasks == 1 else f"{tasks} tasks"
