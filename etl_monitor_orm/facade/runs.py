"""Calls that start runs and say what may run next."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from etl_monitor_orm import inputs
from etl_monitor_orm.facade.calls import Calls
from etl_monitor_orm.handles import Run
from etl_monitor_orm.services import dispatch, runs
from etl_monitor_orm.services.dispatch import PendingTask
from etl_monitor_orm.services.keys import RunKey, process_key


class RunCalls(Calls):
    """Starts runs and lists their pending steps. It never triggers a job."""

    @staticmethod
    def generate_execution_id() -> str:
        """Return a new ExecutionID: a random UUID."""
        return str(uuid4())

    def start_run(
        self,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        *,
        execution_id: str | None = None,
        resume: bool = False,
        only_due: bool = False,
    ) -> Run:
        """Queue one step per active task and return the run (`ETLProcessingSteps`). One statement.

        Calling it again for the same execution, date and process adds nothing and returns the same run.

        Args:
            project_code: The project.
            process_load: The process.
            processing_date: The date to work on; else the SYSDT parameter's, else today (UTC).
            execution_id: An outside id, such as an ADF RunId, at most 255 characters; else a new UUID.
            resume: Queue only the steps that are not DONE on that date: for a re-trigger after a failure.
            only_due: Leave out W, M and Y tasks that are DONE in the ISO week, month or year of the date.

        Raises:
            ProcessNotFound: The process is not registered.
            ProcessInactive: It is deactivated, or has no active task.
            InvalidInput: An argument cannot be read.

        Example:
            `run = monitor.start_run("CORP", "HR_DAILY", "2026-04-09")`
        """
        process = process_key(project_code, process_load)
        execution = self.generate_execution_id() if execution_id is None else execution_id
        key = RunKey(
            process,
            inputs.text("execution_id", execution, longest=inputs.EXECUTION_ID_MAX),
            self._current_date(process, processing_date),
        )
        self._runtime.run_alone(
            runs.generate,
            key,
            resume=inputs.boolean("resume", resume),
            only_due=inputs.boolean("only_due", only_due),
        )
        return Run(self._runtime, key)

    def generate_execution_steps(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
    ) -> Run:
        """Queue the steps of a run with an id of one's own; as `start_run(..., execution_id=...)`."""
        return self.start_run(project_code, process_load, processing_date, execution_id=execution_id)

    def get_pending_tasks(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        sequence_id: int | None = None,
        workflow_id: int | None = None,
        task_id: int | None = None,
    ) -> list[PendingTask]:
        """Return a run's steps that are not DONE, in running order; the first call for a run queues them.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            processing_date: The run's date; else the one that it works on.
            sequence_id: Only this stage.
            workflow_id: Only this pass.
            task_id: Only this task.

        Raises:
            ProcessNotFound: The process is not registered.
            ProcessInactive: It is deactivated, or has no active task.
        """
        key = self._run_key(execution_id, project_code, process_load, processing_date)
        return self._runtime.run_alone(
            dispatch.pending_or_generate,
            key,
            workflow_id=inputs.optional_integer("workflow_id", workflow_id),
            sequence_id=inputs.optional_integer("sequence_id", sequence_id),
            task_id=inputs.optional_integer("task_id", task_id),
        )
