"""Calls that start runs and say what may run next."""

from __future__ import annotations

from datetime import date, timedelta
from typing import cast, get_args
from uuid import uuid4

from etl_monitor_orm import inputs
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import RunKey
from etl_monitor_orm.printable import quoted
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.run import Run
from etl_monitor_orm.services import dispatch, runs
from etl_monitor_orm.services.dispatch import PendingTask
from etl_monitor_orm.services.runs import Choice, IfRunning
from etl_monitor_orm.services.scopes import Narrowing


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
        if_running: IfRunning = "raise",
        stale_after: timedelta | float = 3600,
    ) -> Run:
        """Queue one step per active task and return the run, in one statement (`ETLProcessingSteps`).

        Calling it again for the same execution, date and process adds nothing and returns the same run. A run that
        finds nothing to do has its initiation step, DONE already, or a receipt in `ETLsysLogs` if the process has none.

        Args:
            project_code: The project.
            process_load: The process.
            processing_date: The date to work on; else the SYSDT parameter's, else today (UTC).
            execution_id: An id from another system, such as an ADF RunId, at most 255 characters; else a new UUID.
            resume: Queue only the steps that are not DONE on that date, as after a failure.
            only_due: Leave out W, M and Y tasks that are DONE in the ISO week, month or year of the date.
            if_running: With `resume`, what to do about steps that are running: `"raise"`, `"skip"` to leave them out,
                or `"queue"` to queue them too. Without `resume` it does nothing: every active task is queued.
            stale_after: Time (a timedelta, or seconds) without a sign of life after which a running step counts as
                dead, and is queued.

        Raises:
            ProcessNotFound: The process is not registered.
            ProcessInactive: It is deactivated, or has no active task.
            RunInProgress: Another run of the date is at work on a step that would be queued.
            InvalidInput: An argument cannot be read.

        Example:
            `run = monitor.start_run("CORP", "HR_DAILY", "2026-04-09")`
        """
        process = inputs.process(project_code, process_load)
        execution = inputs.execution_id(self.generate_execution_id() if execution_id is None else execution_id)
        on = inputs.optional_day("processing_date", processing_date)
        choice = Choice(
            resume=inputs.boolean("resume", resume),
            only_due=inputs.boolean("only_due", only_due),
            if_running=_read_if_running(if_running),
            stale_after=inputs.span("stale_after", stale_after),
        )
        at_once = self._runtime.one_reading()
        key = RunKey(process, execution, on or at_once.date_to_work_on(process))
        at_once.run(runs.generate, key, choice, is_new=execution_id is None)
        return Run(self._runtime, key)

    def generate_execution_steps(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
    ) -> Run:
        """Queue the steps of a run with your own id, like `start_run(..., execution_id=...)`.

        Args:
            execution_id: Your own id, such as an ADF RunId; at most 255 characters.
            project_code: The project.
            process_load: The process.
            processing_date: The date to work on; else as for `start_run`.

        Returns:
            The run.

        Raises:
            ProcessNotFound: The process is not registered.
            ProcessInactive: It is deactivated, or has no active task.
            InvalidInput: An argument cannot be read.
        """
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
    ) -> Rows[PendingTask]:
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
        only = Narrowing.read(workflow_id=workflow_id, sequence_id=sequence_id, task_id=task_id)
        at_once = self._runtime.one_reading()
        key = self._run_key(at_once, execution_id, project_code, process_load, processing_date)
        return Rows(PendingTask, at_once.run(dispatch.pending_or_generate, key, only))


def _read_if_running(value: object) -> IfRunning:
    for word in get_args(IfRunning):
        if value == word:
            return cast(IfRunning, word)
    raise InvalidInput(f"if_running is {quoted(value)}; it must be 'raise', 'skip' or 'queue'.")
