"""The call that says why a process stands as it does."""

from __future__ import annotations

from datetime import date

from etl_monitor_orm import inputs
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.services.explaining.explanations import Explanation
from etl_monitor_orm.services.explaining.why import why


class ExplainingCalls(Calls):
    """Explains how a process stands."""

    def why(self, project_code: str, process_load: str, processing_date: date | str | None = None) -> Rows[Explanation]:
        """Return why a process stands as it does on a date, sentence by sentence, each with the row that it is about.

        That is the first cause, what it blocks, what changed since the last good run, when the same error came before
        and what ended it, and the command to run next (`v_processStatus`, `ETLProcessingSteps`, the catalogue). It
        looks back 35 days for a good run, and 90 days for the same error.

        Args:
            project_code: The project.
            process_load: The process.
            processing_date: The date; else the process's SYSDT date, else its latest date that has steps.

        Returns:
            The findings, in the order in which one reads them.

        Raises:
            ProcessNotFound: The process is not registered, and has no steps.

        Example:
            `print(*monitor.why("CORP", "HR_DAILY"), sep="\\n")`
        """
        process = inputs.process(project_code, process_load)
        on = inputs.optional_day("processing_date", processing_date)
        return Rows(Explanation, self._runtime.run(why, process, on))
