"""Calls about the past: what failed in a time, how a task did over days, how long it took."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from etl_monitor_orm import inputs, views
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.calls.listing import MOST_ROWS
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.services import history, past_failures
from etl_monitor_orm.services.conditions import Where
from etl_monitor_orm.services.history import Duration, TaskChoice
from etl_monitor_orm.services.past_failures import PastFailure
from etl_monitor_orm.services.periods import Moments, Period
from etl_monitor_orm.services.scopes import Processes

A_DAY: Final = timedelta(days=1)


class PastCalls(Calls):
    """Answers questions about the past."""

    def past_failures(
        self,
        project_code: str | None = None,
        process_load: str | None = None,
        processing_date: date | str | None = None,
        *,
        since: date | timedelta | str = A_DAY,
        until: date | timedelta | str | None = None,
        mandatory: bool = False,
        where: str | None = None,
        limit: int = 1_000,
    ) -> Rows[PastFailure]:
        """Return what failed within a time, also if it was queued again, and how it stands now (`ETLProcessingSteps`).

        `failures()` returns only what is failed now.

        Args:
            project_code: Only this project.
            process_load: Only this process of it.
            processing_date: Only this date; else all dates.
            since: Only what failed from this time on, or in the last so many seconds; else in the last 24 hours.
            until: Only what failed before this time, up to this day, or up to so many seconds ago.
            mandatory: Only the failures that blocked what follows.
            where: A condition on the columns of `ETLProcessingSteps`, such as `task_id IN (1, 2)`.
            limit: How many rows to return at most, the latest ones.

        Returns:
            One row per attempt that failed, the latest first.

        Raises:
            ProcessNotFound: There is no such process, or the project has no process.
            InvalidInput: The condition cannot be read, or the times exclude each other.

        Example:
            `[row for row in monitor.past_failures(since=timedelta(hours=24)) if row.queued_again]`
        """
        if since is None:
            raise InvalidInput("since is None; it must be a time, a length of time or a number of seconds.")
        found = self._runtime.run(
            past_failures.failures_of,
            Processes.read(project_code, process_load),
            inputs.optional_day("processing_date", processing_date),
            Moments.read(since, until),
            Where.read(where),
            mandatory=inputs.boolean("mandatory", mandatory),
            limit=inputs.integer("limit", limit, least=1, most=MOST_ROWS),
        )
        return Rows(PastFailure, found)

    def history(
        self,
        project_code: str,
        process_load: str,
        task_id: int | str,
        workflow_id: int | None = None,
        *,
        since: date | str | None = None,
        until: date | str | None = None,
        limit: int = 100,
    ) -> Rows[views.TaskDetail]:
        """Return a task's attempts over days (`v_taskDetail`).

        Args:
            project_code: The project.
            process_load: The process.
            task_id: The task's number, or its name.
            workflow_id: The pass; None means each that has such a task.
            since: The earliest processing date; without dates, 35 days before today.
            until: The latest processing date; without `since`, of the 35 days up to it.
            limit: How many attempts to return at most.

        Returns:
            Every attempt, the latest date and attempt first.

        Raises:
            ProcessNotFound: There is no such process.
            NotFoundError: It has no such task.
        """
        found = self._runtime.run(
            history.attempts_of_task,
            _task(project_code, process_load, task_id, workflow_id),
            Period.read(None, since, until),
            limit=inputs.integer("limit", limit, least=1, most=MOST_ROWS),
        )
        return Rows(views.TaskDetail, found)

    def durations(
        self,
        project_code: str | None = None,
        process_load: str | None = None,
        task_id: int | str | None = None,
        workflow_id: int | None = None,
        *,
        since: date | str | None = None,
        until: date | str | None = None,
        limit: int = 1_000,
    ) -> Rows[Duration]:
        """Return how long processes took on each date, or one task (`v_processStatus`, `v_taskDetail`).

        Args:
            project_code: Only this project.
            process_load: Only this process of it.
            task_id: Only this task of the process, by its number or name; None means the process as a whole.
            workflow_id: The task's pass; None means each that has such a task.
            since: The earliest processing date; without dates, 9 days before today.
            until: The latest processing date; without `since`, of the 35 days up to it.
            limit: How many rows to return at most.

        Returns:
            One row per process or task and date, the latest date first.

        Raises:
            ProcessNotFound: There is no such process, or the project has no process.
            NotFoundError: The process has no such task.
            InvalidInput: A task is named without its process.
        """
        processes = Processes.read(project_code, process_load)
        choice = None
        if task_id is not None:
            if project_code is None or process_load is None:
                raise InvalidInput("task_id needs project_code and process_load: a task is named within its process.")
            choice = _task(project_code, process_load, task_id, workflow_id)
        found = self._runtime.run(
            history.durations,
            processes,
            choice,
            Period.read(None, since, until),
            limit=inputs.integer("limit", limit, least=1, most=MOST_ROWS),
        )
        return Rows(Duration, found)


def _task(project_code: object, process_load: object, task_id: object, workflow_id: object) -> TaskChoice:
    name = inputs.name_of_task(task_id)
    return TaskChoice(
        inputs.process(project_code, process_load),
        inputs.integer("task_id", task_id) if name is None else name,
        inputs.optional_integer("workflow_id", workflow_id),
    )
