"""The kit's jobs, task by task as a deployment makes them: what they leave in the monitor's tables."""

from __future__ import annotations

from etl_monitor_orm import RunState

from .jobs import FAILED, SUCCESS, UPSTREAM_FAILED, JobRun

BACKENDS = ("duckdb", "databricks")  # a job that is done; the other tests need one database


def test_given_a_database_when_the_jobs_run_then_each_task_of_the_run_is_done(job: JobRun) -> None:
    job.run()

    assert (job.result, set(job.states.values())) == ("Succeeded", {SUCCESS}), job.said
    assert job.steps == {
        "Initiation": (0, "DONE", None),
        "Extract": (0, "DONE", None),
        "Build mart": (0, "DONE", "0 rows"),
    }
    assert job.state is RunState.COMPLETE
    assert job.watermark == job.starts[0]


def test_given_work_that_fails_when_the_job_runs_then_its_step_and_the_job_have_failed(local: JobRun) -> None:
    local.run(extract=FAILED)

    assert local.result == "Failed"
    assert local.states == {
        "start_run": SUCCESS,
        "extract_started": SUCCESS,
        "extract": FAILED,
        "extract_ended": FAILED,
        "build_mart": UPSTREAM_FAILED,
    }
    steps = local.steps
    assert steps["Extract"] == (0, "FAIL", "failed: RunExecutionError")
    assert steps["Build mart"] == (0, "NQUE", None)
    assert "The work did not succeed: failed: RunExecutionError" in local.said["extract_ended"]
    assert (local.state, local.watermark) == (RunState.FAILED, None)


def test_given_an_end_that_was_reported_already_when_rerun_then_it_succeeds(local: JobRun) -> None:
    local.run()
    del local.states["extract_ended"]  # it was stopped after its last statement

    assert (local.run().result, local.steps["Extract"][0]) == ("Succeeded", 0), local.said


def test_given_a_run_that_is_done_when_another_fails_then_nothing_of_the_first_changes(local: JobRun) -> None:
    local.run()
    before = local.steps

    other = JobRun(local.url, local.key, job_run="4712").run(extract=FAILED)

    assert other.steps["Extract"] == (1, "FAIL", "failed: RunExecutionError")
    assert local.steps == before


def test_given_tables_when_the_migration_runs_again_then_nothing_changes(local: JobRun) -> None:
    before = local.run().steps

    assert JobRun(local.url, "etl_monitor_migration").run().result == "Succeeded"
    assert local.steps == before
