"""Calls that list what ran, narrowed by dates, times and conditions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from etl_monitor_orm import inputs, views
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.models import SysLog
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.services import dated, receipts
from etl_monitor_orm.services.conditions import Where
from etl_monitor_orm.services.periods import Moments, Period
from etl_monitor_orm.services.scopes import Processes
from etl_monitor_orm.vocabulary import LogLevel

MOST_ROWS: Final = 100_000
"""Rows of the longest list."""


class ListingCalls(Calls):
    """Lists steps and receipts across processes."""

    def list_tasks(
        self,
        project_code: str | None = None,
        process_load: str | None = None,
        processing_date: date | str | None = None,
        *,
        since: date | str | None = None,
        until: date | str | None = None,
        where: str | None = None,
        every_attempt: bool = False,
        limit: int = 1_000,
    ) -> Rows[views.TaskDetail]:
        """Return how tasks ran, on a date or several (`v_taskDetail`); `elapsed_seconds` of what runs is there too.

        Args:
            project_code: Only this project.
            process_load: Only this process of it.
            processing_date: The date; else each process's SYSDT date, else its latest date that has steps.
            since: The earliest processing date, instead of one date.
            until: The latest processing date; without `since`, of the 35 days up to it.
            where: A condition on the columns, such as `status = FAIL OR is_running = true`.
            every_attempt: Whether to return earlier attempts too, and not only the current ones of the date.
            limit: How many rows to return at most.

        Returns:
            The latest date first if dates are named, by project and process, in running order.

        Raises:
            ProcessNotFound: There is no such process, or the project has no process.
            InvalidInput: The condition cannot be read, or the dates exclude each other.

        Example:
            `monitor.list_tasks(since="2026-04-01", where="task_name LIKE 'Load%' AND duration_seconds > 600")`
        """
        found = self._runtime.run(
            dated.steps_of_dates,
            Processes.read(project_code, process_load),
            Period.read(processing_date, since, until),
            Where.read(where),
            every_attempt=inputs.boolean("every_attempt", every_attempt),
            limit=inputs.integer("limit", limit, least=1, most=MOST_ROWS),
        )
        return Rows(views.TaskDetail, found)

    def list_logs(
        self,
        project_code: str | None = None,
        process_load: str | None = None,
        processing_date: date | str | None = None,
        execution_id: str | None = None,
        *,
        since: date | timedelta | str | None = None,
        until: date | timedelta | str | None = None,
        level: LogLevel | int = LogLevel.DEBUG,
        where: str | None = None,
        limit: int = 100,
    ) -> Rows[SysLog]:
        """Return the latest receipts and log records (`ETLsysLogs`).

        Args:
            project_code: Only this project.
            process_load: Only this process of it.
            processing_date: Only of this processing date.
            execution_id: Only of this run.
            since: Only from this time on, or of the last so many seconds; if nothing else bounds the question, the
                last 35 days.
            until: Only before this time, up to this day, or up to so many seconds ago.
            level: The least severe: 0 debug, 1 info, 2 warn, 3 error.
            where: A condition on the columns, such as `operation_name = copy OR message LIKE '%timeout%'`.
            limit: How many rows to return at most.

        Returns:
            The latest ones, oldest first.

        Raises:
            ProcessNotFound: There is no such process, or the project has no process.
            InvalidInput: The condition cannot be read, or the times exclude each other.
        """
        found = self._runtime.run(
            receipts.latest,
            Processes.read(project_code, process_load),
            inputs.optional_day("processing_date", processing_date),
            None if execution_id is None else inputs.execution_id(execution_id),
            Moments.read(since, until),
            Where.read(where),
            least=inputs.choice("level", LogLevel, level),
            limit=inputs.integer("limit", limit, least=1, most=MOST_ROWS),
        )
        return Rows(SysLog, found)
