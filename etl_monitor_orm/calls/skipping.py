"""Calls that leave a task out of one run."""

from __future__ import annotations

from datetime import date

from etl_monitor_orm import inputs
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.services import dispatch, skipping
from etl_monitor_orm.services.scopes import Narrowing
from etl_monitor_orm.vocabulary import Status


class SkippingCalls(Calls):
    """Leaves a task out of one run, and says whether it may run there."""

    def skip_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        workflow_id: int | None = None,
        sequence_id: int | None = None,
        processing_date: date | str | None = None,
    ) -> None:
        """Leave a task out of one run: it is offered nowhere and blocks nothing (`ETLProcessingSteps.ForceSkip`).

        A watermark that it shares stays until the task has run. The next run includes the task, and a reset of this run
        does. To leave it out of all runs, use `deactivate_task`.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            workflow_id: The pass; else 0 for task 0 and 1 for any other.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            processing_date: The run's date; else the one that it works on, at the cost of a read.

        Raises:
            StepNotFound: The task is not registered, or the run has no step for it.
            InvalidTransition: The step is running or DONE.
            InvalidInput: An argument cannot be read.
        """
        self._set_skipped(
            True, execution_id, project_code, process_load, task_id, workflow_id, sequence_id, processing_date
        )

    def unskip_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        workflow_id: int | None = None,
        sequence_id: int | None = None,
        processing_date: date | str | None = None,
    ) -> None:
        """Include a skipped task in its run again (`ETLProcessingSteps.ForceSkip`).

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            workflow_id: The pass; else 0 for task 0 and 1 for any other.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            processing_date: The run's date; else the one that it works on, at the cost of a read.

        Raises:
            StepNotFound: The task is not registered, or the run has no step for it.
            InvalidInput: An argument cannot be read.
        """
        self._set_skipped(
            False, execution_id, project_code, process_load, task_id, workflow_id, sequence_id, processing_date
        )

    def task_status(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        workflow_id: int | None = None,
        sequence_id: int | None = None,
        task_id: int | None = None,
    ) -> Status | None:
        """Return the status of a step that is not DONE; None where there is nothing to do for the task in this run.

        So None means: DONE, deactivated, skipped, or not in the run. It is one statement, which queues nothing.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            processing_date: The run's date; else the one that it works on, at the cost of a read.
            workflow_id: The pass.
            sequence_id: The stage.
            task_id: The task; the first of several that fit is meant.

        Raises:
            InvalidInput: An argument cannot be read.
        """
        only = Narrowing.read(workflow_id=workflow_id, sequence_id=sequence_id, task_id=task_id)
        at_once = self._runtime.one_reading()
        run = self._run_key(at_once, execution_id, project_code, process_load, processing_date)
        found = at_once.run(dispatch.pending, run, only)
        return found[0].status if found else None

    def _set_skipped(
        self,
        skipped: bool,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        workflow_id: int | None,
        sequence_id: int | None,
        processing_date: date | str | None,
    ) -> None:
        at_once = self._runtime.one_reading()
        run = self._run_key(at_once, execution_id, project_code, process_load, processing_date)
        step = inputs.step(run, task_id, workflow_id=workflow_id, sequence_id=sequence_id)
        at_once.run(skipping.set_skipped, step, skipped)
