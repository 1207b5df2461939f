"""What all groups of calls share: the monitor below, and how arguments are read."""

from __future__ import annotations

from datetime import date

from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.keys import RunKey
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.runtime import OneReading


class EditionCalls(Calls):
    """A group of calls with the Spark edition's names, arguments and results.

    Attributes:
        monitor: The monitor that does the work.
    """

    monitor: ETLMonitor

    def _run(
        self,
        at_once: OneReading,
        execution_id: str,
        project_code: str,
        process_load: str,
        processing_date: date | str | None,
    ) -> RunKey:
        """Return which run a call means; an empty widget is no date."""
        return self._run_key(at_once, execution_id, project_code, process_load, processing_date or None)
