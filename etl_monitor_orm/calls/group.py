"""What all groups of calls share."""

from __future__ import annotations

from datetime import date

from etl_monitor_orm import inputs
from etl_monitor_orm.keys import RunKey
from etl_monitor_orm.runtime import OneReading, Runtime
from etl_monitor_orm.services import dates


class Calls:
    """A group of calls over one runtime."""

    _runtime: Runtime

    def _run_key(
        self,
        at_once: OneReading,
        execution_id: str,
        project_code: str,
        process_load: str,
        processing_date: date | str | None,
    ) -> RunKey:
        """Return which run a call means; without a date, on the latest date that it works on."""
        process = inputs.process(project_code, process_load)
        execution = inputs.execution_id(execution_id)
        if processing_date is None:
            return RunKey(process, execution, at_once.run(dates.date_of_run, process, execution))
        return RunKey(process, execution, inputs.day("processing_date", processing_date))
