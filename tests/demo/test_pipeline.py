"""The dispatcher knows nothing of the load: it runs what the monitor says is ready, and stops when nothing is."""

from __future__ import annotations

import pytest

from etl_monitor_orm import ETLMonitor, EtlMonitorError, InvalidInput, Status, TaskHandle
from etl_monitor_orm.demo.pipeline import Job, dispatch


@pytest.fixture
def pipeline(etl_monitor: ETLMonitor) -> ETLMonitor:
    """Two loads of one stage, the second optional, and a mart after them."""
    etl_monitor.register_process("CORP", "SALES")
    for task_id, stage, job, mandatory in ((1, 2, "orders", True), (2, 2, "notes", False), (3, 6, "mart", True)):
        etl_monitor.register_task(
            "CORP", "SALES", task_id, 1, stage, f"Task {task_id}", source_identifier=job, task_mandatory=mandatory
        )
    return etl_monitor


def noting(names: list[str]) -> dict[str, Job]:
    def job(name: str) -> Job:
        def work(task: TaskHandle) -> str:
            names.append(name)
            return f"{name} done"

        return work

    return {name: job(name) for name in ("orders", "notes", "mart")}


def failing(task: TaskHandle) -> str:
    raise LookupError("no such file")


def test_given_a_run_when_dispatched_then_every_job_runs_once_in_order(pipeline: ETLMonitor) -> None:
    ran: list[str] = []
    run = pipeline.start_run("CORP", "SALES")

    failures = dispatch(run, noting(ran))

    assert (ran, failures) == (["orders", "notes", "mart"], [])
    assert [step.log_message for step in run.status()] == ["orders done", "notes done", "mart done"]


def test_given_a_mandatory_failure_when_dispatched_then_later_stages_do_not_run(pipeline: ETLMonitor) -> None:
    ran: list[str] = []
    run = pipeline.start_run("CORP", "SALES")

    (failure,) = dispatch(run, {**noting(ran), "orders": failing})

    assert ran == ["notes"]
    assert (failure.task_name, failure.mandatory, failure.message) == ("Task 1", True, "no such file")


def test_given_an_optional_failure_when_dispatched_then_later_stages_run(pipeline: ETLMonitor) -> None:
    ran: list[str] = []
    run = pipeline.start_run("CORP", "SALES")

    (failure,) = dispatch(run, {**noting(ran), "notes": failing})

    assert ran == ["orders", "mart"]
    assert (failure.task_name, failure.mandatory) == ("Task 2", False)


def test_given_a_task_that_names_no_job_when_dispatched_then_it_is_left_to_others(pipeline: ETLMonitor) -> None:
    pipeline.register_task("CORP", "SALES", 9, 1, 6, "Count the files")
    run = pipeline.start_run("CORP", "SALES")

    assert dispatch(run, noting([])) == []
    assert [step.task_name for step in run.pending()] == ["Count the files"]


def test_given_a_task_without_a_job_when_dispatched_then_it_fails_and_names_what_is_missing(
    pipeline: ETLMonitor,
) -> None:
    run = pipeline.start_run("CORP", "SALES")
    jobs = noting([])
    del jobs["mart"]

    (failure,) = dispatch(run, jobs)

    assert failure.task_name == "Task 3"
    assert "mart" in failure.message
    assert [step.status for step in run.status()] == [Status.DONE, Status.DONE, Status.FAIL]


def test_given_an_error_of_the_monitor_when_dispatched_then_it_ends_the_dispatch(pipeline: ETLMonitor) -> None:
    def misuse(task: TaskHandle) -> str:
        task.advance(1)  # its task has no watermark
        return ""

    ran: list[str] = []
    run = pipeline.start_run("CORP", "SALES")

    with pytest.raises(InvalidInput) as error:
        dispatch(run, {**noting(ran), "orders": misuse})

    assert isinstance(error.value, EtlMonitorError)
    assert ran == []


def test_given_a_step_that_another_worker_took_when_dispatched_then_it_is_left_to_that_worker(
    pipeline: ETLMonitor,
) -> None:
    ran: list[str] = []
    run = pipeline.start_run("CORP", "SALES")
    jobs = noting(ran)

    def while_the_other_starts(task: TaskHandle) -> str:
        pipeline.start_task(run.execution_id, "CORP", "SALES", 2, workflow_id=1, processing_date=run.processing_date)
        return "orders done"

    assert dispatch(run, {**jobs, "orders": while_the_other_starts}) == []
    assert ran == []  # the other's task is running, so the mart must wait
