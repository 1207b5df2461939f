"""A process as the Spark edition registers and runs it."""

from __future__ import annotations

from contextlib import suppress

from etl_monitor.framework import ETLMonitorFramework

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"
SCHEMA = "shared"
FIRST, SECOND = "run-1", "run-2"


def register(theirs: ETLMonitorFramework) -> None:
    """Register an initiation, a load with a watermark, and a mart, in the Spark edition's way."""
    theirs.register_process(*HR, name="HR daily load")
    theirs.register_parameter(*HR, "LoadEmployees", "DELTA_DATE")
    theirs.register_task(*HR, task_id=0, workflow_id=0, sequence_id=0, task_name="Initiation")
    theirs.register_task(
        *HR, task_id=1, workflow_id=1, sequence_id=2, task_name="Load employees", source_system_code="LoadEmployees"
    )
    theirs.register_task(*HR, task_id=2, workflow_id=1, sequence_id=6, task_name="Build mart")


def run_until_it_fails(theirs: ETLMonitorFramework) -> None:
    """Run the process in the Spark edition's way: the load is done, the mart fails."""
    theirs.generate_execution_steps(FIRST, *HR, DAY)
    for task_id, workflow_id, sequence_id in ((0, 0, 0), (1, 1, 2), (2, 1, 6)):
        task = theirs.task(
            FIRST, *HR, task_id=task_id, workflow_id=workflow_id, sequence_id=sequence_id, processing_date=DAY
        )
        with suppress(OSError), task:
            if task_id == 2:
                raise OSError("source is down")
