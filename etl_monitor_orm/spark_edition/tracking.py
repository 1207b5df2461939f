"""Calls that start and end tasks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidTransition, MonitorAway, StepNotQueued
from etl_monitor_orm.run import Run
from etl_monitor_orm.services import steps
from etl_monitor_orm.services.again import start_again
from etl_monitor_orm.services.runs import generate, queue_missing
from etl_monitor_orm.services.steps import Where
from etl_monitor_orm.spark_edition.guard import NOTHING_TO_DO, TaskGuard
from etl_monitor_orm.spark_edition.running import LEFT_TO_DO, RunningCalls
from etl_monitor_orm.vocabulary import Status


class TrackingCalls(RunningCalls):
    """Starts and ends tasks, for jobs that report directly or through an orchestrator."""

    def start_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        sequence_id: int,
        workflow_id: int,
        processing_date: date | str,
        attempts: int | None = None,
        source_type: str = "DBX_NOTEBOOK",
        source_run_id: str | None = None,
        timestamp: datetime | str | None = None,
    ) -> int | None:
        """Start a step (`ETLProcessingSteps`): one that waits, has failed, or was started before and never ended.

        A failed step gets a new attempt first. A step that the run lacks is queued first.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            sequence_id: The stage.
            workflow_id: The pass.
            processing_date: The run's date.
            attempts: The attempt; else the step's current one in the run.
            source_type: Kind of job.
            source_run_id: The job's own run id.
            timestamp: When the work began, by another system's clock (naive means UTC); else now.

        Returns:
            The number of the attempt, for `end_task` and `fail_task`, which need none.

        Raises:
            StepNotFound: The task is not registered.
            InvalidTransition: The step is DONE or skipped, or its task is deactivated.
            InvalidInput: An argument cannot be read, or `timestamp` is ahead of the clock.
        """
        began = inputs.optional_moment("timestamp", timestamp or None)
        where = Where.read(source_type=source_type, source_run_id=source_run_id or None, cluster_id=None)
        at_once = self._runtime.one_reading()
        run = self._run(at_once, execution_id, project_code, process_load, processing_date)
        step = inputs.step(run, task_id, workflow_id=workflow_id, sequence_id=sequence_id, attempts=attempts)
        try:
            held = at_once.run(start_again, step, began, where, takeover=True)
        except StepNotQueued:
            at_once.run(generate, run, LEFT_TO_DO)
            at_once.run(queue_missing, step, again=True)
            held = at_once.run(start_again, replace(step, attempts=None), began, where, takeover=True)
        if held.attempts is None:
            with suppress(MonitorAway):  # then nobody knows it
                return at_once.run(steps.attempt, step, held)
        return held.attempts

    def end_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        sequence_id: int,
        workflow_id: int,
        processing_date: date | str,
        attempts: int | None = None,
        status: str = "DONE",
        log_message: str | None = None,
        log_type: str | None = None,
        log_code: str | None = None,
        timestamp: datetime | str | None = None,
    ) -> None:
        """End a step as DONE, or as FAIL (`ETLProcessingSteps`); DONE moves its watermark.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            sequence_id: The stage.
            workflow_id: The pass.
            processing_date: The run's date.
            attempts: The attempt; else the step's current one in the run. If the named one had failed when the step
                was started again, the attempt of that start is meant.
            status: DONE or FAIL.
            log_message: The job's message; 2,000 characters are kept.
            log_type: Severity of the message; FAIL is always ERROR.
            log_code: Code of the message.
            timestamp: When the work ended, by another system's clock (naive means UTC); else now.

        Raises:
            StepNotFound: The task is not registered, or the run has no step for it.
            InvalidTransition: The step has ended already.
            InvalidInput: An argument cannot be read, or `timestamp` is ahead of the clock or before the step's start.
        """

        def end(attempt: int | None) -> None:
            self.monitor.end_task(
                execution_id,
                project_code,
                process_load,
                task_id,
                sequence_id=sequence_id,
                workflow_id=workflow_id,
                processing_date=processing_date or None,
                attempts=attempt,
                status=status,
                log_message=log_message or None,
                log_type=log_type or None,
                log_code=log_code or None,
                timestamp=timestamp or None,
            )

        try:
            end(attempts)
        except InvalidTransition as refusal:
            if attempts is None or refusal.state is not Status.FAIL:
                raise
            end(None)

    def fail_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        sequence_id: int,
        workflow_id: int,
        processing_date: date | str,
        attempts: int | None = None,
        log_message: str = "",
        log_code: str | None = None,
        timestamp: datetime | str | None = None,
    ) -> None:
        """End a step as FAIL, like `end_task(..., status="FAIL")` (`ETLProcessingSteps`).

        Arguments are those of `end_task`.

        Raises:
            StepNotFound: The task is not registered, or the run has no step for it.
            InvalidTransition: The step has ended already.
            InvalidInput: An argument cannot be read.
        """
        self.end_task(
            execution_id,
            project_code,
            process_load,
            task_id,
            sequence_id,
            workflow_id,
            processing_date,
            attempts,
            status=Status.FAIL,
            log_message=log_message,
            log_code=log_code,
            timestamp=timestamp,
        )

    @contextmanager
    def task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        sequence_id: int,
        workflow_id: int,
        processing_date: date | str | None = None,
        source_type: str = "DBX_NOTEBOOK",
        log_message: str | None = None,
        log_type: str | None = None,
        log_code: str | None = None,
    ) -> Iterator[TaskGuard]:
        """Track a task in a `with` statement, if there is something to do; else yield a guard that is not active.

        A clean exit ends the step as DONE; any exception as FAIL, and is raised again.

        Args:
            execution_id: The run; if it has no steps yet, they are queued.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            sequence_id: The stage.
            workflow_id: The pass.
            processing_date: The run's date; else the one that it works on.
            source_type: Kind of job.
            log_message: Message to store with DONE.
            log_type: Severity of that message.
            log_code: Code of that message.

        Raises:
            ProcessNotFound: The process is not registered.
            InvalidInput: An argument cannot be read.

        Example:
            ```python
            with monitor.task(run_id, "CORP", "HR_DAILY", task_id=1, sequence_id=2, workflow_id=1) as t:
                if t.active:
                    load_employees()
            ```
        """
        at_once = self._runtime.one_reading()
        run = Run(self._runtime, self._run(at_once, execution_id, project_code, process_load, processing_date))
        handle = run.task(
            task_id,
            workflow_id,
            sequence_id=sequence_id,
            takeover=True,
            retry_failed=True,
            on_not_runnable="skip",
            source_type=source_type,
            log_message=log_message or None,
            log_type=log_type or None,
            log_code=log_code or None,
        )
        try:
            found = self.task_status(
                execution_id, project_code, process_load, run.processing_date, workflow_id, sequence_id, task_id
            )
        except MonitorAway:
            found = Status.NQUE.value  # the work goes on, as with any start while the monitor is away
        if found == NOTHING_TO_DO:
            yield TaskGuard(False, NOTHING_TO_DO)
            return
        with handle:
            yield TaskGuard(handle.active, found if handle.active else NOTHING_TO_DO)
