"""The words that `guide()` prints."""

from __future__ import annotations

from typing import Final

GUIDE: Final = """\
ETLMonitorFramework: the Spark edition's calls, on any database that etl-monitor-orm knows
-----------------------------------------------------------------------------------------
1. Connect. A Spark session may be passed, and is left alone: ETL_MONITOR_URL says where the tables are.
     monitor = ETLMonitorFramework(spark, catalog="main", schema="etl")
     monitor = ETLMonitorFramework("duckdb:///etl_monitor.duckdb")
     monitor.setup()                                          # at any time; creates or upgrades
2. Describe what should run. Each call can be repeated; what it leaves out is emptied.
     monitor.register_organisation("CORP", "Corporate group")
     monitor.register_project("HR", "HR data", organisation_code="CORP")
     monitor.register_process("HR", "HR_DAILY", name="HR daily load")
     monitor.register_parameter("HR", "HR_DAILY", "SYSDT", "SYSTEM")
     monitor.register_parameter("HR", "HR_DAILY", "LoadEmployees", "DELTA_DATE")
     monitor.register_task("HR", "HR_DAILY", task_id=0, workflow_id=0, sequence_id=0, task_name="Initiation")
     monitor.register_task("HR", "HR_DAILY", task_id=1, workflow_id=1, sequence_id=2,
                           task_name="Load employees", source_system_code="LoadEmployees")
3. Queue a run. A new id on the same date is a retry: it leaves out what is DONE.
     run_id = monitor.generate_execution_id()
     monitor.generate_execution_steps(run_id, "HR", "HR_DAILY", "2026-04-10")
     monitor.get_pending_tasks(run_id, "HR", "HR_DAILY", "2026-04-10").display()
4. Do the work. A task that has nothing to do is not active.
     with monitor.task(run_id, "HR", "HR_DAILY", task_id=1, sequence_id=2, workflow_id=1,
                       processing_date="2026-04-10") as t:
         if t.active:
             ...
   Orchestrators call start_task, end_task and fail_task; skip_task and unskip_task leave a task out of one run.
5. Look.
     monitor.get_status("HR", "HR_DAILY", execution_id=run_id).show()
     monitor.get_status("HR", "HR_DAILY", summary_mode=True).show()
     views: v_processStatus v_runSummary v_taskDetail v_mandatoryBlockers v_currentFailures v_watermarks
6. Steer.
     monitor.status_reset("HR", "HR_DAILY", "2026-04-10")     # do a day again
     monitor.get_active_watermark("HR", "HR_DAILY", "LoadEmployees")
     monitor.advance_watermark("HR", "HR_DAILY", "LoadEmployees", new_datetime_value="2026-04-01")
     monitor.set_processing_mode("HR", "HR_DAILY", is_bulk_mode=True)
     monitor.set_processing_mode("HR", "HR_DAILY", is_historic_mode=True, processing_date="2026-01-01")
     monitor.set_processing_mode("HR", "HR_DAILY")            # live again
Times are UTC. `monitor.monitor` is the ETLMonitor below: it can do more, such as join_run() and failures().
"""
