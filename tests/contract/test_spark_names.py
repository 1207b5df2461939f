"""The Spark edition's users: their calls run here with only the import and the constructor changed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock, ProcessingStep, Run, Status, Watermark

CALLS = {
    "setup": "",
    "register_process": "project_code process_load name description owner load_frequency",
    "register_task": """project_code process_load task_id workflow_id sequence_id task_name source_type
        source_identifier source_system_code task_description load_frequency task_mandatory""",
    "register_parameter": """project_code process_load parameter_name parameter_type description value_datetime
        value_int value_bit""",
    "generate_execution_id": "",
    "generate_execution_steps": "execution_id project_code process_load processing_date",
    "get_pending_tasks": "execution_id project_code process_load processing_date sequence_id workflow_id task_id",
    "start_task": """execution_id project_code process_load task_id sequence_id workflow_id processing_date attempts
        source_type source_run_id timestamp""",
    "end_task": """execution_id project_code process_load task_id sequence_id workflow_id processing_date attempts
        status log_message log_type log_code timestamp""",
    "fail_task": """execution_id project_code process_load task_id sequence_id workflow_id processing_date attempts
        log_message log_code timestamp""",
    "task": """execution_id project_code process_load task_id sequence_id workflow_id processing_date source_type
        log_message log_type log_code""",
    "advance_watermark": "project_code process_load parameter_name new_datetime_value new_int_value",
    "get_active_watermark": "project_code process_load parameter_name",
    "get_status": """project_code process_load processing_date execution_id workflow_id sequence_id task_id attempts
        summary_mode""",
    "status_reset": """project_code process_load processing_date execution_id workflow_id sequence_id task_id attempts
        remark""",
    "set_processing_mode": """project_code process_load is_bulk_mode is_historic_mode historic_date parameter_name
        value_datetime value_int value_bit""",
}
"""What the Spark edition's users call, and how they name the arguments, in the order in which they may pass them."""


@pytest.mark.parametrize(("call", "names"), CALLS.items(), ids=CALLS)
def test_given_a_spark_edition_call_when_made_then_its_arguments_have_the_same_names_and_order(
    call: str, names: str
) -> None:
    positional = [
        parameter.name
        for parameter in inspect.signature(getattr(ETLMonitor, call)).parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.name != "self"
    ]
    assert positional[: len(names.split())] == names.split()


@pytest.fixture
def registered(monitor: ETLMonitor) -> ETLMonitor:
    """The quick start's registrations."""
    monitor.setup()
    monitor.register_process("CORP", "HR_DAILY", name="HR Daily Load", owner="HR Team", load_frequency="D")
    monitor.register_task(
        "CORP", "HR_DAILY", task_id=0, workflow_id=0, sequence_id=0, task_name="Initiation", source_type="DBX_NOTEBOOK"
    )
    monitor.register_task(
        "CORP",
        "HR_DAILY",
        task_id=1,
        workflow_id=1,
        sequence_id=2,
        task_name="Load Employees",
        source_type="DBX_NOTEBOOK",
        source_system_code="LoadEmployees",
        task_mandatory=True,
    )
    monitor.register_parameter("CORP", "HR_DAILY", "SYSDT", "SYSTEM")
    monitor.register_parameter(
        "CORP", "HR_DAILY", "LoadEmployees", "DELTA_DATE", description="Last loaded employee timestamp"
    )
    return monitor


@pytest.fixture
def exec_id(registered: ETLMonitor) -> str:
    """The quick start's run, its steps generated."""
    exec_id = ETLMonitor.generate_execution_id()
    registered.generate_execution_steps(exec_id, "CORP", "HR_DAILY", "2026-04-09")
    return exec_id


def test_given_the_quick_start_when_its_steps_are_generated_then_both_are_queued(
    exec_id: str, rows: Callable[..., list[ProcessingStep]]
) -> None:
    assert [(step.task_id, step.status) for step in rows(ProcessingStep, execution_id=exec_id)] == [
        (0, Status.NQUE),
        (1, Status.NQUE),
    ]


def test_given_the_quick_start_when_its_task_is_tracked_then_it_is_done_and_a_watermark_moved(
    registered: ETLMonitor, exec_id: str, clock: ManualClock
) -> None:
    with registered.task(
        exec_id, "CORP", "HR_DAILY", task_id=1, workflow_id=1, sequence_id=2, processing_date="2026-04-09"
    ):
        pass
    (_, load) = registered.get_status("CORP", "HR_DAILY", execution_id=exec_id)
    assert (load.task_name, load.status) == ("Load Employees", Status.DONE)
    assert registered.get_active_watermark("CORP", "HR_DAILY", "LoadEmployees") == clock.now


def test_given_the_quick_start_when_an_orchestrator_reports_then_the_calls_take_its_arguments(
    registered: ETLMonitor, exec_id: str, rows: Callable[..., list[ProcessingStep]]
) -> None:
    registered.start_task(exec_id, "CORP", "HR_DAILY", 0, 0, 0, "2026-04-09", None, "ADF_PIPELINE", "adf-7")
    registered.end_task(exec_id, "CORP", "HR_DAILY", 0, 0, 0, "2026-04-09", None, "DONE", "went well", "INFO", "0")
    registered.fail_task(exec_id, "CORP", "HR_DAILY", 1, 2, 1, "2026-04-09", None, "no source", "E-1")
    first, second = rows(ProcessingStep)
    # The failure of the load queued the initiation again.
    assert (first.status, first.source_run_id, first.log_message, first.log_code) == (
        Status.NQUE,
        "adf-7",
        "went well",
        "0",
    )
    assert (second.status, second.log_message, second.log_code) == (Status.FAIL, "no source", "E-1")


def test_given_the_quick_start_when_getting_its_pending_tasks_then_they_are_there_to_dispatch(
    registered: ETLMonitor,
) -> None:
    pending = registered.get_pending_tasks("adf-run", "CORP", "HR_DAILY", "2026-04-09", sequence_id=2)
    assert [(task.task_id, task.source_type, task.source_system_code) for task in pending] == [
        (1, "DBX_NOTEBOOK", "LoadEmployees")
    ]


def test_given_the_quick_start_when_its_status_is_asked_then_it_is_the_detail_or_the_rollup(
    registered: ETLMonitor, exec_id: str, clock: ManualClock
) -> None:
    clock.set("2026-04-09 10:00")
    detail = registered.get_status("CORP", "HR_DAILY", execution_id=exec_id)
    (rollup,) = registered.get_status("CORP", "HR_DAILY", summary_mode=True)
    assert [step.task_id for step in detail] == [0, 1]
    assert (rollup.execution_id, rollup.total_tasks, rollup.pending) == (exec_id, 2, 2)


def test_given_the_quick_start_when_its_failures_are_reset_then_they_are_queued_again(
    registered: ETLMonitor, exec_id: str
) -> None:
    registered.fail_task(
        exec_id,
        "CORP",
        "HR_DAILY",
        task_id=1,
        sequence_id=2,
        workflow_id=1,
        processing_date="2026-04-09",
        log_message="no source",
    )
    reset = registered.status_reset("CORP", "HR_DAILY", execution_id=exec_id, task_id=1, workflow_id=1)
    assert [(step.task_id, step.status, step.attempts) for step in reset] == [
        (0, Status.RQUE, 1),
        (1, Status.RQUE, 1),
    ]
    assert registered.status_reset("CORP", "HR_DAILY", execution_id=exec_id) == []


def test_given_the_quick_start_when_modes_are_set_then_they_are_bulk_historic_and_live(
    registered: ETLMonitor, row: Callable[..., Watermark]
) -> None:
    registered.advance_watermark("CORP", "HR_DAILY", "LoadEmployees", new_datetime_value="2026-04-08")
    registered.set_processing_mode("CORP", "HR_DAILY", is_bulk_mode=True)
    assert registered.get_active_watermark("CORP", "HR_DAILY", "LoadEmployees") is None
    registered.set_processing_mode("CORP", "HR_DAILY", is_historic_mode=True, historic_date="2026-01-01")
    assert registered.get_active_watermark("CORP", "HR_DAILY", "SYSDT") == datetime(2026, 1, 1, tzinfo=UTC)
    run = registered.start_run("CORP", "HR_DAILY")
    assert isinstance(run, Run)
    assert run.processing_date == date(2026, 1, 1)
    registered.set_processing_mode("CORP", "HR_DAILY")
    assert row(Watermark, parameter_name="SYSDT").active_value is None


def test_given_a_number_watermark_when_advanced_as_in_the_spark_edition_then_it_moves(registered: ETLMonitor) -> None:
    registered.register_parameter("CORP", "HR_DAILY", "LoadEmployeesByID", "DELTA_ID")
    registered.advance_watermark("CORP", "HR_DAILY", "LoadEmployeesByID", new_int_value=4711)
    assert registered.get_active_watermark("CORP", "HR_DAILY", "LoadEmployeesByID") == 4711


def test_given_empty_text_when_passed_as_a_spark_edition_default_then_it_means_nothing_given(
    registered: ETLMonitor, rows: Callable[..., list[ProcessingStep]]
) -> None:
    registered.register_task("CORP", "HR_DAILY", 2, 1, 2, "Load", "", "", "", "", "D", True)
    run = registered.start_run("CORP", "HR_DAILY", "2026-04-09")
    (load,) = run.pending(task_id=2)
    assert (load.source_type, load.source_identifier, load.source_system_code) == (None, None, None)
