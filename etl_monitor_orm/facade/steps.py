"""Calls that track steps."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.facade.calls import Calls
from etl_monitor_orm.handles import OnNotRunnable, Run, TaskHandle
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.services import stale, steps
from etl_monitor_orm.services.keys import ProcessKey, process_key, step_key
from etl_monitor_orm.services.steps import Ending, Where
from etl_monitor_orm.vocabulary import LogType, SourceType, Status


class StepCalls(Calls):
    """Starts, ends and fails steps, for jobs that report by themselves or through an orchestrator."""

    def start_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        sequence_id: int | None = None,
        workflow_id: int | None = None,
        processing_date: date | str | None = None,
        attempts: int | None = None,
        source_type: SourceType | str | None = None,
        source_run_id: str | None = None,
        timestamp: datetime | str | None = None,
        *,
        cluster_id: str | None = None,
        takeover: bool = False,
    ) -> None:
        """Start a queued step (`ETLProcessingSteps`). Of two workers that try, one wins.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            workflow_id: The pass; else 0 for task 0 and 1 for any other.
            processing_date: The run's date; else the one that it works on, at the cost of a read.
            attempts: The attempt; else the step's current one in the run.
            source_type: Kind of job, if not the task's.
            source_run_id: The job's own run id.
            timestamp: When the work really began, by the clock of an outside system; else now.
            cluster_id: Cluster that does the work.
            takeover: Start the step although it is running: its worker is known to be gone.

        Raises:
            StepNotFound: The task is not registered, or the run does not hold it.
            InvalidTransition: The step is running, DONE or FAIL, or its task is inactive.
        """
        run = self._run_key(execution_id, project_code, process_load, processing_date)
        self._runtime.run(
            steps.start,
            step_key(run, task_id, workflow_id, sequence_id, attempts),
            inputs.optional_moment("timestamp", timestamp),
            Where.read(source_type, source_run_id, cluster_id),
            takeover=inputs.boolean("takeover", takeover),
        )

    def end_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        sequence_id: int | None = None,
        workflow_id: int | None = None,
        processing_date: date | str | None = None,
        attempts: int | None = None,
        status: Status | str = Status.DONE,
        log_message: str | None = None,
        log_type: LogType | str | None = None,
        log_code: str | None = None,
        timestamp: datetime | str | None = None,
    ) -> None:
        """End a step as DONE, or as FAIL (`ETLProcessingSteps`); DONE moves its watermark.

        A step that was never started may be ended: some orchestrators report completion only.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            workflow_id: The pass; else 0 for task 0 and 1 for any other.
            processing_date: The run's date; else the one that it works on, at the cost of a read.
            attempts: The attempt; else the step's current one in the run.
            status: DONE or FAIL.
            log_message: Last word of the job; 2,000 characters are kept.
            log_type: Severity of the message; FAIL is always ERROR.
            log_code: Code of the message.
            timestamp: When the work really ended, by the clock of an outside system; else now.

        Raises:
            StepNotFound: The task is not registered, or the run does not hold it.
            InvalidTransition: The step has ended already.
            InvalidInput: An argument cannot be read, or the status is neither DONE nor FAIL.
        """
        how = inputs.choice("status", Status, status)
        if how not in (Status.DONE, Status.FAIL):
            raise InvalidInput(f"status is {how}; a task ends as DONE or FAIL.")
        ending = Ending(
            how,
            inputs.optional_moment("timestamp", timestamp),
            inputs.message("log_message", log_message),
            inputs.optional_choice("log_type", LogType, log_type),
            inputs.optional_text("log_code", log_code),
        )
        run = self._run_key(execution_id, project_code, process_load, processing_date)
        self._runtime.run_alone(steps.finish, step_key(run, task_id, workflow_id, sequence_id, attempts), ending)

    def fail_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        sequence_id: int | None = None,
        workflow_id: int | None = None,
        processing_date: date | str | None = None,
        attempts: int | None = None,
        log_message: str | None = None,
        log_code: str | None = None,
        timestamp: datetime | str | None = None,
    ) -> None:
        """End a step as FAIL; as `end_task(..., status="FAIL")`.

        A mandatory step's failure re-opens the run's initiation step, when that was DONE.
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
            Status.FAIL,
            log_message,
            LogType.ERROR,
            log_code,
            timestamp,
        )

    def task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        sequence_id: int | None = None,
        workflow_id: int | None = None,
        processing_date: date | str | None = None,
        source_type: SourceType | str | None = None,
        log_message: str | None = None,
        log_type: LogType | str | None = None,
        log_code: str | None = None,
        *,
        source_run_id: str | None = None,
        cluster_id: str | None = None,
        takeover: bool = False,
        on_not_runnable: OnNotRunnable = "raise",
    ) -> TaskHandle:
        """Return a context manager that tracks a task of a run; as `Run.task`, for a run started elsewhere.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            workflow_id: The pass; else 0 for task 0 and 1 for any other.
            processing_date: The run's date; else the one that it works on, at the cost of a read.
            source_type: Kind of job, if not the task's.
            log_message: Message to store with DONE.
            log_type: Severity of that message.
            log_code: Code of that message.
            source_run_id: The job's own run id.
            cluster_id: Cluster that does the work.
            takeover: Start the step although it is running: its worker is known to be gone.
            on_not_runnable: `"raise"`, or `"skip"` for a handle with `active=False`.

        Example:
            ```python
            with monitor.task(run_id, "CORP", "HR_DAILY", task_id=1, processing_date="2026-04-09"):
                load_employees()
            ```
        """
        run = Run(self._runtime, self._run_key(execution_id, project_code, process_load, processing_date))
        return run.task(
            task_id,
            workflow_id,
            sequence_id=sequence_id,
            takeover=takeover,
            on_not_runnable=on_not_runnable,
            source_type=source_type,
            source_run_id=source_run_id,
            cluster_id=cluster_id,
            log_message=log_message,
            log_type=log_type,
            log_code=log_code,
        )

    def stale_steps(
        self, older_than: timedelta | float, project_code: str | None = None, process_load: str | None = None
    ) -> list[ProcessingStep]:
        """Return the running steps that have given no sign of life for a while, quietest first.

        Args:
            older_than: The while: a timedelta, or seconds.
            project_code: With `process_load`, only this process.
            process_load: With `project_code`, only this process.
        """
        return self._runtime.run(
            stale.stale_steps, inputs.span("older_than", older_than), _process(project_code, process_load)
        )

    def fail_stale(
        self, older_than: timedelta | float, project_code: str | None = None, process_load: str | None = None
    ) -> list[ProcessingStep]:
        """Fail the running steps that have given no sign of life for a while, with LogCode STALE.

        Args:
            older_than: The while: a timedelta, or seconds.
            project_code: With `process_load`, only this process.
            process_load: With `project_code`, only this process.

        Returns:
            The steps that were failed.
        """
        return self._runtime.run(
            stale.fail_stale, inputs.span("older_than", older_than), _process(project_code, process_load)
        )


def _process(project_code: str | None, process_load: str | None) -> ProcessKey | None:
    if project_code is None and process_load is None:
        return None
    if project_code is None or process_load is None:
        raise InvalidInput("A process is named by project_code and process_load together; pass both, or neither.")
    return process_key(project_code, process_load)
