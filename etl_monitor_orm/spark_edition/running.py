"""Calls that queue the steps of a run and say what is left to do."""

from __future__ import annotations

from datetime import date
from typing import Final

from etl_monitor_orm.calls.runs import RunCalls
from etl_monitor_orm.errors import ProcessInactive
from etl_monitor_orm.keys import RunKey
from etl_monitor_orm.runtime import OneReading
from etl_monitor_orm.services import dispatch, runs
from etl_monitor_orm.services.runs import Choice
from etl_monitor_orm.services.scopes import Narrowing
from etl_monitor_orm.spark_edition.base import EditionCalls
from etl_monitor_orm.spark_edition.frames import Frame
from etl_monitor_orm.spark_edition.guard import NOTHING_TO_DO
from etl_monitor_orm.spark_edition.rows import Pending
from etl_monitor_orm.vocabulary import LoadFrequency

LEFT_TO_DO: Final = Choice(
    resume=True, only_due=True, if_running="queue", periods=(LoadFrequency.MONTHLY, LoadFrequency.YEARLY)
)
"""What a run queues here: what is not DONE on the date, nor in the month or year of a monthly or yearly task.

A running step is queued again: a new id is what an orchestrator uses after a crash, which leaves steps running. Left
out, they would never be loaded; refused, the pipeline could not be started again.
"""


class RunningCalls(EditionCalls):
    """Queues runs and lists what is left of them."""

    @staticmethod
    def generate_execution_id() -> str:
        """Return a new ExecutionID: a random UUID."""
        return RunCalls.generate_execution_id()

    def generate_execution_steps(
        self, execution_id: str, project_code: str, process_load: str, processing_date: date | str
    ) -> None:
        """Queue one step per active task that is left to do on the date (`ETLProcessingSteps`).

        A second id on the same date is a retry: it leaves out what is DONE. A monthly or yearly task is left out once
        it is DONE in the calendar month or year. The same id again adds nothing.

        Args:
            execution_id: The run: your own id, such as an ADF RunId, or `generate_execution_id()`.
            project_code: The project.
            process_load: The process.
            processing_date: The date to work on.

        Raises:
            ProcessNotFound: The process is not registered.
            ProcessInactive: It is deactivated, or has no active task.
            InvalidInput: An argument cannot be read.
        """
        at_once = self._runtime.one_reading()
        run = self._run(at_once, execution_id, project_code, process_load, processing_date)
        at_once.run(runs.generate, run, LEFT_TO_DO)

    def get_pending_tasks(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        sequence_id: int | None = None,
        workflow_id: int | None = None,
        task_id: int | None = None,
    ) -> Frame[Pending]:
        """Return a run's steps that are not DONE, in running order; the first call for a run queues them.

        Reads `ETLProcessingSteps`, `ETLconfigTasks` and `ETLconfigParameters`.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            processing_date: The run's date; else the one that it works on.
            sequence_id: Only this stage.
            workflow_id: Only this pass.
            task_id: Only this task: always one row, with the Status NULL (a word) if there is nothing to do, because it
                is DONE, deactivated, skipped or not in the run.

        Raises:
            ProcessNotFound: The process is not registered.
            ProcessInactive: Without `task_id`: it is deactivated, or has no active task.
            InvalidInput: An argument cannot be read.
        """
        only = Narrowing.read(workflow_id=workflow_id, sequence_id=sequence_id, task_id=task_id)
        at_once = self._runtime.one_reading()
        run = self._run(at_once, execution_id, project_code, process_load, processing_date)
        return Frame(Pending, _pending(at_once, run, only))

    def task_status(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        workflow_id: int | None = None,
        sequence_id: int | None = None,
        task_id: int | None = None,
    ) -> str:
        """Return NQUE, RQUE or FAIL; the word NULL if there is nothing to do for the task in this run.

        Args:
            execution_id: The run; if it has no steps yet, they are queued.
            project_code: The project.
            process_load: The process.
            processing_date: The run's date; else the one that it works on.
            workflow_id: The pass.
            sequence_id: The stage.
            task_id: The task; the first of several that fit is meant.

        Raises:
            ProcessNotFound: The process is not registered.
            InvalidInput: An argument cannot be read.
        """
        found = self.get_pending_tasks(
            execution_id, project_code, process_load, processing_date, sequence_id, workflow_id, task_id
        ).first()
        return found.Status if found is not None else NOTHING_TO_DO

    def skip_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        workflow_id: int,
        sequence_id: int,
        processing_date: date | str | None = None,
    ) -> None:
        """Leave a task out of one run; the next run and `status_reset()` include it (`ETLProcessingSteps.ForceSkip`).

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            workflow_id: The pass.
            sequence_id: The stage.
            processing_date: The run's date; else the one that it works on.

        Raises:
            StepNotFound: The task is not registered, or the run has no step for it.
            InvalidTransition: The step is running or DONE.
        """
        self.monitor.skip_task(
            execution_id, project_code, process_load, task_id, workflow_id, sequence_id, processing_date or None
        )

    def unskip_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        workflow_id: int,
        sequence_id: int,
        processing_date: date | str | None = None,
    ) -> None:
        """Include a skipped task in its run again; arguments as for `skip_task` (`ETLProcessingSteps.ForceSkip`).

        Raises:
            StepNotFound: The task is not registered, or the run has no step for it.
        """
        self.monitor.unskip_task(
            execution_id, project_code, process_load, task_id, workflow_id, sequence_id, processing_date or None
        )


def _pending(at_once: OneReading, run: RunKey, only: Narrowing) -> list[Pending]:
    nothing = Pending.nothing(run.execution_id, run.process.project_code, run.process.process_load)
    try:
        found = at_once.run(dispatch.pending_or_generate, run, only, LEFT_TO_DO)
    except ProcessInactive:
        if only.task_id is None:
            raise
        return [nothing]
    rows = [Pending.of(task) for task in found]
    return rows if only.task_id is None else rows[:1] or [nothing]
