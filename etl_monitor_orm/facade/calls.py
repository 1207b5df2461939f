"""What all groups of calls share."""

from __future__ import annotations

from datetime import date

from etl_monitor_orm import inputs
from etl_monitor_orm.runtime import Runtime
from etl_monitor_orm.services.keys import ProcessKey, RunKey, process_key
from etl_monitor_orm.services.runs import current_date, date_of


class Calls:
    """A group of calls over one runtime."""

    _runtime: Runtime

    def _current_date(self, process: ProcessKey, processing_date: date | str | None) -> date:
        """Return the date that is meant: the one given, else SYSDT's, else today's."""
        if processing_date is None:
            return self._runtime.run(current_date, process)
        return inputs.day("processing_date", processing_date)

    def _run_key(
        self, execution_id: str, project_code: str, process_load: str, processing_date: date | str | None
    ) -> RunKey:
        """Return which run is meant; without a date, the one that it works on."""
        process = process_key(project_code, process_load)
        execution = inputs.text("execution_id", execution_id, longest=inputs.EXECUTION_ID_MAX)
        if processing_date is None:
            return RunKey(process, execution, self._runtime.run(date_of, process, execution))
        return RunKey(process, execution, inputs.day("processing_date", processing_date))
