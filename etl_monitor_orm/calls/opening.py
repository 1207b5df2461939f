"""Calls that find a run: the one to join on a date, one by its id, those of a date."""

from __future__ import annotations

from datetime import date

from etl_monitor_orm import inputs, views
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.keys import TaskKey
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.run import Run
from etl_monitor_orm.services import dated, joining, opening
from etl_monitor_orm.services.conditions import Where
from etl_monitor_orm.services.periods import Period
from etl_monitor_orm.services.scopes import Processes


class OpeningCalls(Calls):
    """Finds runs."""

    def join_run(
        self,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        *,
        task_id: int | str | None = None,
        workflow_id: int | None = None,
    ) -> Run:
        """Return the date's latest unfinished run; else start one that all who join meet (`ETLProcessingSteps`).

        For jobs that know their process but no run. The id of a run that is started here follows from process and
        date, so jobs that start at the same time get the same run, and a run that is finished is found again. A run is
        unfinished while one of its steps waits or runs, or has failed and is mandatory; steps that a later run of the
        date has tried again do not count.

        Args:
            project_code: The project.
            process_load: The process.
            processing_date: The date to work on; else the SYSDT parameter's, else today (UTC).
            task_id: The task that you will do, by number or name. If all runs of the date are finished, and none had it
                because it was registered since, the latest is joined: `run.task(..., queue_missing=True)` starts it.
            workflow_id: The pass of that number; else 0 for task 0 and 1 for any other.

        Raises:
            ProcessNotFound: The process is not registered.
            StepNotFound: With `task_id`: no such task is registered, and a run would have to be started for it.
            ProcessInactive: It is deactivated, or has no active task.

        Example:
            `run = monitor.join_run("CORP", "HR_DAILY")`
        """
        process = inputs.process(project_code, process_load)
        on = inputs.optional_day("processing_date", processing_date)
        task: TaskKey | str | None = None
        if task_id is not None:
            task = inputs.name_of_task(task_id) or inputs.task_meant(process, task_id, workflow_id)
        at_once = self._runtime.one_reading()
        on = on or at_once.date_to_work_on(process)
        return Run(self._runtime, at_once.run(joining.join, process, on, task))

    def get_run(
        self,
        execution_id: str,
        project_code: str | None = None,
        process_load: str | None = None,
        processing_date: date | str | None = None,
    ) -> Run:
        """Return a run that was started before, by its id; nothing is written (`ETLProcessingSteps`).

        Args:
            execution_id: The run.
            project_code: The project, if several processes have a run of this id.
            process_load: The process of it.
            processing_date: The date; else the latest on which the run has steps.

        Raises:
            NotFoundError: There is no such run.
            InvalidInput: Several processes have a run of this id; the message names them.
        """
        found = self._runtime.run(
            opening.find_run,
            inputs.execution_id(execution_id),
            Processes.read(project_code, process_load),
            inputs.optional_day("processing_date", processing_date),
        )
        return Run(self._runtime, found)

    def list_runs(
        self,
        project_code: str | None = None,
        process_load: str | None = None,
        processing_date: date | str | None = None,
        *,
        since: date | str | None = None,
        until: date | str | None = None,
        where: str | None = None,
    ) -> Rows[views.RunSummary]:
        """Return the runs of a date or several, attempt by attempt (`v_runSummary`); `get_run` opens one by its id.

        Args:
            project_code: Only this project.
            process_load: Only this process of it.
            processing_date: The date; else each process's SYSDT date, else its latest date that has steps.
            since: The earliest processing date, instead of one date.
            until: The latest processing date; without `since`, of the 35 days up to it.
            where: A condition on the columns, such as `overall_status = FAILED OR attempts > 0`.

        Returns:
            One row per run and attempt, the latest date first if dates are named, by project and process, oldest first.

        Raises:
            ProcessNotFound: There is no such process, or the project has no process.
            InvalidInput: The condition cannot be read, or the dates exclude each other.
        """
        processes = Processes.read(project_code, process_load)
        period = Period.read(processing_date, since, until)
        found = self._runtime.run(dated.runs_of_dates, processes, period, Where.read(where))
        return Rows(views.RunSummary, found)
