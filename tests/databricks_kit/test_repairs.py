"""Runs of the kit's job that failed or were stopped, and are repaired: nothing is left open, and no row is missed."""

from __future__ import annotations

from datetime import UTC, datetime

from etl_monitor_orm import ETLMonitor, RunState

from .jobs import CANCELED, DAILY, DAY, FAILED, JOB_RUN, JobRun

BACKENDS = ("duckdb", "databricks")  # a failure of each kind of task; the other tests need one database
FULL_DISK = ('work.log_message = "0 rows"', 'raise OSError("full disk")')


def _repaired(job: JobRun, *, dependents: bool) -> None:
    """Repair a run whose extract failed, and compare what is left with a run that went well at once."""
    (first,) = (start for start in job.starts.values() if start)
    before = datetime.now(UTC)
    job.repair(dependents=dependents)

    assert (job.result, job.state) == ("Succeeded", RunState.COMPLETE), job.said
    steps = job.steps
    assert {name: status for name, (_, status, _) in steps.items()} == dict.fromkeys(steps, "DONE")
    assert steps["Extract"][0] == 1
    assert first <= job.starts[1] == job.watermark <= before  # the work that succeeded began later


def test_given_a_failed_extract_when_repaired_then_run_and_watermark_are_complete(job: JobRun) -> None:
    _repaired(job.run(extract=FAILED), dependents=True)


def test_given_a_failed_extract_when_only_failed_tasks_are_repaired_then_it_is_complete_too(local: JobRun) -> None:
    _repaired(local.run(extract=FAILED), dependents=False)


def test_given_a_failed_extract_when_reset_before_the_repair_then_it_is_complete_too(local: JobRun) -> None:
    local.run(extract=FAILED)
    with ETLMonitor(local.url) as monitor:
        monitor.status_reset(*DAILY, DAY, execution_id=JOB_RUN)

    _repaired(local, dependents=True)


def test_given_a_repair_that_fails_too_when_repaired_again_then_each_try_has_its_attempt(local: JobRun) -> None:
    local.run(extract=FAILED).repair(dependents=False, extract="timedout")
    assert (local.steps["Extract"], local.state) == ((1, "FAIL", "timedout"), RunState.FAILED)

    local.repair(dependents=False)

    assert (local.steps["Extract"], local.state) == ((2, "DONE", None), RunState.COMPLETE)
    assert local.watermark == local.starts[0]


def test_given_a_mart_that_fails_when_repaired_then_it_alone_has_a_new_attempt(job: JobRun) -> None:
    job.run(build_mart=FULL_DISK)
    assert (job.result, job.state) == ("Failed", RunState.FAILED)
    assert job.steps["Build mart"] == (0, "FAIL", "OSError: full disk")
    watermark = job.watermark

    job.repair(dependents=True)

    assert (job.result, job.state) == ("Succeeded", RunState.COMPLETE), job.said
    steps = job.steps
    assert (steps["Extract"][0], steps["Build mart"], steps["Initiation"][1]) == (0, (1, "DONE", "0 rows"), "DONE")
    assert job.watermark == watermark


def test_given_a_job_that_was_stopped_at_work_when_repaired_then_the_step_is_taken_over(local: JobRun) -> None:
    local.run(extract=CANCELED, extract_ended=CANCELED)
    first = local.starts[0]
    assert local.state is RunState.RUNNING

    local.repair(dependents=True, build_mart=CANCELED)
    assert local.steps["Extract"] == (0, "DONE", None)
    with ETLMonitor(local.url) as monitor:  # the mart's process is killed
        monitor.start_task(JOB_RUN, *DAILY, 2, processing_date=DAY)
    local.repair(dependents=True)

    assert (local.result, local.state) == ("Succeeded", RunState.COMPLETE), local.said
    assert local.watermark == first


def test_given_a_stopped_step_that_is_swept_during_the_repair_then_the_watermark_is_not_late(local: JobRun) -> None:
    local.run(extract=CANCELED, extract_ended=CANCELED)
    began = datetime.now(UTC)  # of the work that the repair reruns
    with ETLMonitor(local.url) as monitor:
        monitor.fail_stale(0, *DAILY, since=DAY)
    assert local.steps["Extract"][1] == "FAIL"

    local.repair(dependents=True)

    assert local.state is RunState.COMPLETE
    assert local.watermark <= began


def test_given_a_start_that_cannot_be_reported_when_repaired_then_the_step_has_a_real_start(local: JobRun) -> None:
    local.run(extract_started=FAILED)
    assert local.steps["Extract"] == (0, "FAIL", "upstream_failed")
    before = datetime.now(UTC)

    local.repair(dependents=True)

    assert (local.result, local.state) == ("Succeeded", RunState.COMPLETE), local.said
    assert before <= local.starts[1] == local.watermark
