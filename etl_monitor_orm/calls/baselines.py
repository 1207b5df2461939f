"""Calls that say what is usual, and what is not."""

from __future__ import annotations

from datetime import date
from typing import Final

from etl_monitor_orm import inputs
from etl_monitor_orm.baselines.results import Baseline, ComparedStep
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.services import baselines
from etl_monitor_orm.services.scopes import Narrowing, Scope

WEEKS: Final = 12
"""So many weeks say what is usual: enough runs of each day of the week, and recent enough for what changes slowly."""
_MOST_WEEKS: Final = 520


class BaselineCalls(Calls):
    """Says how long tasks usually take and how much they usually load, and which steps are not as usual."""

    def baselines(
        self,
        project_code: str,
        process_load: str,
        task_id: int | None = None,
        workflow_id: int | None = None,
        *,
        processing_date: date | str | None = None,
        weeks: int = WEEKS,
    ) -> Rows[Baseline]:
        """Return the usual duration and the usual counts of each task (`ETLProcessingSteps`, `ETLmetrics`).

        They are by day of the week, and over all days; of at least 8 runs each. Attempts that are DONE count. No
        steps are read but those of these weeks.

        Args:
            project_code: The project.
            process_load: The process.
            task_id: Only this task.
            workflow_id: Only this pass.
            processing_date: The dates before this one count; else those before today.
            weeks: Number of weeks that count, from 1 to 520.

        Returns:
            By task: one row for its duration and each of its measures, over all days, then for each day of the week.

        Raises:
            ProcessNotFound: There is no such process.
            InvalidInput: An argument cannot be read.

        Example:
            `[one for one in monitor.baselines("CORP", "HR_DAILY") if one.metric_name == "rows"]`
        """
        return Rows(
            Baseline,
            self._runtime.run(
                baselines.baselines,
                inputs.process(project_code, process_load),
                Narrowing.read(workflow_id=workflow_id, sequence_id=None, task_id=task_id),
                inputs.optional_day("processing_date", processing_date),
                _read_weeks(weeks),
            ),
        )

    def compare_with_usual(
        self,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        execution_id: str | None = None,
        *,
        task_id: int | None = None,
        workflow_id: int | None = None,
        weeks: int = WEEKS,
    ) -> Rows[ComparedStep]:
        """Return steps beside what is usual for them: when they should end, and what is unusual (`v_taskDetail`).

        Judges steps that run or are DONE, by the runs of the weeks before their date.

        Args:
            project_code: The project.
            process_load: The process.
            processing_date: The date; else the run's latest, else as of `get_status`.
            execution_id: Only this run.
            task_id: Only this task.
            workflow_id: Only this pass.
            weeks: Number of weeks that count, from 1 to 520.

        Returns:
            The current attempt of each step, in running order.

        Raises:
            ProcessNotFound: There is no such process.
            InvalidInput: An argument cannot be read.

        Example:
            `[step.unusual for step in monitor.compare_with_usual("CORP", "HR_DAILY") if step.unusual]`
        """
        scope = Scope.read(
            inputs.process(project_code, process_load),
            processing_date=processing_date,
            execution_id=execution_id,
            only=Narrowing.read(workflow_id=workflow_id, sequence_id=None, task_id=task_id),
        )
        return Rows(ComparedStep, self._runtime.run(baselines.compare, scope, _read_weeks(weeks)))


def _read_weeks(weeks: object) -> int:
    return inputs.integer("weeks", weeks, least=1, most=_MOST_WEEKS)
