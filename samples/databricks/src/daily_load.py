"""The tasks of the job that report. Put your own processes, tasks and work in the place of these.

A repair of the job's run reruns what did not succeed, and not what came before it. So each task here opens the run by
itself, and starts its step again if an earlier try failed or was stopped.
"""

import sys
from datetime import datetime

from etl_monitor_orm import ETLMonitor, Run, Status

task, url, project_code, process_load, processing_date, execution_id, *result = sys.argv[1:]
process = project_code, process_load
monitor = ETLMonitor(url)


def register() -> None:
    """Describe the process; where nothing has changed, nothing is written."""
    monitor.register_process(*process, name="Daily load")
    monitor.register_parameter(*process, "Extract", "DELTA_DATE")  # the watermark of `extract`
    monitor.register_task(*process, task_id=0, workflow_id=0, sequence_id=0, task_name="Initiation")
    monitor.register_task(
        *process, 1, 1, 2, "Extract", source_type="DBX_JOB", source_system_code="Extract", expected_duration_seconds=900
    )
    monitor.register_task(*process, 2, 1, 6, "Build mart", source_type="DBX_JOB", expected_duration_seconds=600)


def initiate(run: Run) -> None:
    """Mark the run as initiated: at its start, and again after a failure, which takes the mark away."""
    with run.task(0, on_not_runnable="skip"):
        pass


def start(run: Run, task_id: int, timestamp: datetime | None = None) -> None:
    """Start a step for work that is done elsewhere."""
    run_id, day = run.execution_id, run.processing_date
    monitor.status_reset(*process, day, run_id, workflow_id=1, task_id=task_id)  # does something if it has failed
    # Only this job works on its run, so whoever has the step was stopped.
    monitor.start_task(
        run_id, *process, task_id, workflow_id=1, processing_date=day, timestamp=timestamp, takeover=True
    )
    initiate(run)


def end(run: Run, task_id: int, state: str, code: str = "") -> None:
    """End the step of work that was done elsewhere, as the work ended."""
    step = {"workflow_id": 1, "processing_date": run.processing_date}
    attempts = [one for one in run.status(attempts="all") if (one.workflow_id, one.task_id) == (1, task_id)]
    latest = max(attempts, key=lambda one: one.attempts)
    if latest.status is Status.DONE and state == "success":
        return  # this task was stopped after it had reported
    begun = [one.start_time for one in attempts if one.start_time]
    if begun and not latest.is_running:
        # A repair has rerun the work, but not the task before it, so nobody knows when the work began. The start of an
        # earlier try is too early for sure: the watermark may lag behind, but it may not run ahead.
        start(run, task_id, timestamp=max(begun))
    if state == "success":
        monitor.end_task(run.execution_id, *process, task_id, **step)
        initiate(run)
        return
    message = f"{state}: {code}" if code else state
    monitor.fail_task(run.execution_id, *process, task_id, **step, log_message=message)
    raise RuntimeError(f"The work did not succeed: {message}")  # so that a repair reruns this task too


if task == "start_run":
    register()
run = monitor.start_run(*process, processing_date, execution_id=execution_id)  # the same one, however often
if task == "start_run":
    initiate(run)
elif task == "extract_started":
    start(run, 1)
elif task == "extract_ended":
    end(run, 1, *result)
elif task == "build_mart":
    # DONE at the end of the block, else FAIL with the exception's message.
    with run.task(2, retry_failed=True, takeover=True, heartbeat=60) as work:
        initiate(run)
        work.log_message = "0 rows"  # your work
monitor.close()
