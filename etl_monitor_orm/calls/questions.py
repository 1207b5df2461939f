"""Calls that answer the most common questions, about all processes or some."""

from __future__ import annotations

from datetime import date
from typing import Literal, overload

from etl_monitor_orm import inputs, views
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.services import dated, queries
from etl_monitor_orm.services.conditions import Where
from etl_monitor_orm.services.periods import Period
from etl_monitor_orm.services.scopes import Processes


class QuestionCalls(Calls):
    """Answers questions across processes; each answer is a list of mapped rows."""

    def processes(
        self,
        project_code: str | None = None,
        process_load: str | None = None,
        processing_date: date | str | None = None,
        *,
        since: date | str | None = None,
        until: date | str | None = None,
        where: str | None = None,
    ) -> Rows[views.ProcessStatus]:
        """Return the state of each process, on a date or several (`v_processStatus`).

        Args:
            project_code: Only this project.
            process_load: Only this process of it.
            processing_date: The date; else each process's SYSDT date, else its latest date that has steps.
            since: The earliest processing date, instead of one date.
            until: The latest processing date; without `since`, of the 35 days up to it.
            where: A condition on the columns, such as `run_state IN (FAILED, RUNNING) AND total_runs > 1`.

        Returns:
            One row per process and date that has steps, the latest date first if dates are named, by project and
            process.

        Raises:
            ProcessNotFound: There is no such process, or the project has no process.
            InvalidInput: The condition cannot be read, or the dates exclude each other.

        Example:
            `[process for process in monitor.processes() if process.failed]`
        """
        processes = Processes.read(project_code, process_load)
        period = Period.read(processing_date, since, until)
        found = self._runtime.run(dated.process_status, processes, period, Where.read(where))
        return Rows(views.ProcessStatus, found)

    @overload
    def failures(
        self,
        project_code: str | None = None,
        process_load: str | None = None,
        processing_date: date | str | None = None,
        *,
        mandatory: Literal[False] = False,
        where: str | None = None,
    ) -> Rows[views.CurrentFailure]: ...

    @overload
    def failures(
        self,
        project_code: str | None = None,
        process_load: str | None = None,
        processing_date: date | str | None = None,
        *,
        mandatory: Literal[True],
        where: str | None = None,
    ) -> Rows[views.MandatoryBlocker]: ...

    @overload
    def failures(
        self,
        project_code: str | None = None,
        process_load: str | None = None,
        processing_date: date | str | None = None,
        *,
        mandatory: bool = False,
        where: str | None = None,
    ) -> Rows[views.CurrentFailure] | Rows[views.MandatoryBlocker]: ...

    def failures(
        self,
        project_code: str | None = None,
        process_load: str | None = None,
        processing_date: date | str | None = None,
        *,
        mandatory: bool = False,
        where: str | None = None,
    ) -> Rows[views.CurrentFailure] | Rows[views.MandatoryBlocker]:
        """Return the steps that are failed now, and why (`v_currentFailures`, or `v_mandatoryBlockers`).

        A retry that is queued or DONE clears a failure; `past_failures()` returns such failures too.

        Args:
            project_code: Only this project.
            process_load: Only this process of it.
            processing_date: Only this date; else all dates.
            mandatory: Only the failures that block what follows.
            where: A condition on the columns, such as `task_id IN (1, 2) OR log_message LIKE '%timeout%'`.

        Returns:
            The failed steps, latest date first, then by project, process, pass and task.

        Raises:
            ProcessNotFound: There is no such process, or the project has no process.
            InvalidInput: The condition cannot be read.
        """
        processes = Processes.read(project_code, process_load)
        on = inputs.optional_day("processing_date", processing_date)
        only = Where.read(where)
        if inputs.boolean("mandatory", mandatory):
            blockers = self._runtime.run(queries.failures, processes, on, views.MandatoryBlocker, only)
            return Rows(views.MandatoryBlocker, blockers)
        found = self._runtime.run(queries.failures, processes, on, views.CurrentFailure, only)
        return Rows(views.CurrentFailure, found)

    def watermarks(self, project_code: str | None = None, process_load: str | None = None) -> Rows[views.Watermark]:
        """Return how far each source was read: every parameter with its active value (`v_watermarks`).

        Args:
            project_code: Only this project.
            process_load: Only this process of it.

        Returns:
            One row per parameter, by project, process and name, including flags and SYSDT.

        Raises:
            ProcessNotFound: There is no such process, or the project has no process.
        """
        found = self._runtime.run(queries.watermarks, Processes.read(project_code, process_load))
        return Rows(views.Watermark, found)

    def runs(self, execution_id: str) -> Rows[views.RunSummary]:
        """Return each attempt of a run, over all its processes and dates (`v_runSummary`).

        Args:
            execution_id: The run's id.

        Returns:
            The attempts, by project, process, date and number.

        Raises:
            NotFoundError: No run has this id.
        """
        found = self._runtime.run(queries.attempts_of_run, inputs.execution_id(execution_id))
        return Rows(views.RunSummary, found)

    def latest_date(self, project_code: str | None = None, process_load: str | None = None) -> date | None:
        """Return the latest date that has steps; None when nothing has run (`ETLProcessingSteps`).

        Args:
            project_code: Only this project.
            process_load: Only this process of it.
        """
        return self._runtime.run(queries.latest_date, Processes.read(project_code, process_load))

    def require_registered(self, project_code: str | None = None, process_load: str | None = None) -> None:
        """Refuse names that are not registered, so a typing mistake does not look like good news.

        Args:
            project_code: The project.
            process_load: The process.

        Raises:
            ProcessNotFound: There is no such process, or the project has no process; the message lists the
                registered ones.
        """
        self._runtime.run(queries.require_registered, Processes.read(project_code, process_load))
