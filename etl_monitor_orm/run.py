"""`Run`: one run of a process on one date, and its calls."""

from __future__ import annotations

from etl_monitor_orm import inputs, views
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import RunKey
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.resetting import reset_steps
from etl_monitor_orm.runtime import Runtime
from etl_monitor_orm.services import dispatch, status
from etl_monitor_orm.services.dispatch import PendingTask
from etl_monitor_orm.services.scopes import Attempts, Narrowing, Scope, read_attempts
from etl_monitor_orm.services.steps import Where
from etl_monitor_orm.task import OfRun, OnNotRunnable, TaskHandle
from etl_monitor_orm.vocabulary import LogType, SourceType


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
        task_id: int,
        workflow_id: int | None = None,
        *,
        sequence_id: int | None = None,
        takeover: bool = False,
        on_not_runnable: OnNotRunnable = "raise",
        source_type: SourceType | str | None = None,
        source_run_id: str | None = None,
        cluster_id: str | None = None,
        log_message: str | None = None,
        log_type: LogType | str | None = None,
        log_code: str | None = None,
    ) -> TaskHandle:
        """Return a context manager that tracks a task of this run (`ETLProcessingSteps`).

        Args:
            task_id: The task.
            workflow_id: The pass; else 0 for task 0 and 1 for any other.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            takeover: Start the step although it is recorded as running, because its worker is gone.
            on_not_runnable: `"raise"`, or `"skip"` to get a handle with `active=False` when the step is already
                DONE, running or failed, its task is inactive, or the run has no step for it.
            source_type: Kind of job, if not the task's.
            source_run_id: The job's own run id.
            cluster_id: Cluster that does the work.
            log_message: Message to store with DONE.
            log_type: Severity of that message.
            log_code: Code of that message.

        Raises:
            InvalidInput: An argument cannot be read.
            StepNotFound: On entering: the task is not registered.
            InvalidTransition: On entering: the step may not start. No work was done.
        """
        return TaskHandle(
            self._runtime,
            inputs.step(self._key, task_id, workflow_id=workflow_id, sequence_id=sequence_id),
            where=Where.read(source_type=source_type, source_run_id=source_run_id, cluster_id=cluster_id),
            takeover=takeover,
            on_not_runnable=on_not_runnable,
            log_message=log_message,
            log_type=log_type,
            log_code=log_code,
        )

    def pending(
        self, *, workflow_id: int | None = None, sequence_id: int | None = None, task_id: int | None = None
    ) -> list[PendingTask]:
        """Return the steps that are not DONE and whose task is active, in running order, in one statement.

        Args:
            workflow_id: Only this pass.
            sequence_id: Only this stage.
            task_id: Only this task.
        """
        return self._runtime.run(
            dispatch.pending,
            self._key,
            Narrowing.read(workflow_id=workflow_id, sequence_id=sequence_id, task_id=task_id),
        )

    def ready(self) -> list[PendingTask]:
        """Return the steps that may start now: the queued ones of the earliest stage that has work left.

        Empty while a mandatory failure blocks, and while the rest of the stage is running.
        """
        return self._runtime.run(dispatch.ready, self._key)

    def status(self, *, attempts: Attempts = None) -> list[views.TaskDetail]:
        """Return the run's steps from `v_taskDetail`.

        Args:
            attempts: A number, `"all"`, or None for each step's current attempt in this run.
        """
        return self._runtime.run(status.detail, self._scope(), read_attempts(attempts))

    def summary(self) -> list[views.RunSummary]:
        """Return the rollup of each attempt of this run from `v_runSummary`, oldest first."""
        return self._runtime.run(status.summary, self._scope(), "all")

    def reset(self, *, replay: bool = False, remark: str | None = None) -> list[ProcessingStep]:
        """Queue this run's failed steps again as new attempts, and its initiation step with them.

        Args:
            replay: Whether DONE steps count too.
            remark: Message of the new attempts.

        Returns:
            The new attempts; empty when there was nothing to do. If failed steps were left out because their tasks are
            deactivated, and nothing else was queued, a warning is logged for each.
        """
        return reset_steps(
            self._runtime.one_reading(),
            self._scope(),
            replay=inputs.boolean("replay", replay),
            remark=inputs.message("remark", remark),
        )

    def _scope(self) -> Scope:
        return Scope(self._key.process, self._key.processing_date, self._key.execution_id)

    def __repr__(self) -> str:
        return f"<Run {self._key}>"
