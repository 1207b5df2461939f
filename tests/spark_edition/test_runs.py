"""Which steps a run queues and which are pending, in the Spark edition's sense."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl_monitor_orm import ProcessInactive, ProcessNotFound
from etl_monitor_orm.spark_edition import ETLMonitorFramework
from tests.spark_edition.conftest import DAY, EVENTS, FIRST, HR, INITIATION, LOAD, MART, SECOND

COLUMNS = [
    "Status",
    "ExecutionID",
    "ProjectCode",
    "ProcessLoad",
    "WorkFlowID",
    "SequenceID",
    "TaskID",
    "TaskName",
    "SequenceCode",
    "TaskMandatory",
    "SourceSystemCode",
    "SourceType",
    "Attempts",
    "StartTime",
    "ForceSkip",
    "FullFileName",
    "InFilePath",
    "OutFilePath",
    "WatermarkType",
    "WatermarkValue",
]


def queued(edition: ETLMonitorFramework, execution_id: str, day: str = DAY) -> list[object]:
    return [row.TaskID for row in edition.get_pending_tasks(execution_id, *HR, day)]


def test_given_a_failed_run_when_a_new_id_is_queued_on_the_date_then_it_leaves_out_what_is_done(
    run: ETLMonitorFramework, work: Callable[..., None], fail: Callable[..., None]
) -> None:
    work(INITIATION, EVENTS)
    fail(LOAD)
    run.generate_execution_steps(SECOND, *HR, DAY)

    pending = run.get_pending_tasks(SECOND, *HR, DAY)
    assert [(row.TaskID, row.Attempts, row.Status) for row in pending] == [
        (0, 1, "NQUE"),
        (1, 1, "NQUE"),
        (3, 1, "NQUE"),
    ]


def test_given_a_queued_run_when_the_same_id_is_queued_again_then_nothing_is_added(
    run: ETLMonitorFramework, work: Callable[..., None]
) -> None:
    work(INITIATION)
    run.generate_execution_steps(FIRST, *HR, DAY)

    assert len(run.get_status(*HR, DAY)) == 4


def test_given_a_step_left_running_by_a_crash_when_a_new_id_is_queued_then_it_is_queued_again(
    run: ETLMonitorFramework,
) -> None:
    run.start_task(FIRST, *HR, **LOAD, processing_date=DAY)
    run.generate_execution_steps(SECOND, *HR, DAY)

    assert queued(run, SECOND) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("frequency", "later", "is_queued"),
    [
        ("D", "2026-01-02", True),
        ("A", "2026-01-02", True),
        ("W", "2026-01-02", True),
        ("M", "2026-01-31", False),
        ("M", "2026-02-01", True),
        ("Y", "2026-12-31", False),
        ("Y", "2027-01-01", True),
    ],
)
def test_given_a_task_done_once_when_a_later_date_is_queued_then_its_frequency_decides(
    hr: ETLMonitorFramework, work: Callable[..., None], frequency: str, later: str, is_queued: bool
) -> None:
    hr.register_task(*HR, **MART, task_name="Build mart", load_frequency=frequency)
    hr.generate_execution_steps(FIRST, *HR, DAY)
    work(MART)
    hr.generate_execution_steps(SECOND, *HR, later)

    assert (3 in queued(hr, SECOND, later)) is is_queued


def test_given_a_monthly_task_done_when_its_day_is_reset_then_another_day_of_the_month_queues_it(
    hr: ETLMonitorFramework, work: Callable[..., None]
) -> None:
    hr.register_task(*HR, **MART, task_name="Build mart", load_frequency="M")
    hr.generate_execution_steps(FIRST, *HR, DAY)
    work(MART)
    hr.status_reset(*HR, DAY)
    hr.generate_execution_steps(SECOND, *HR, "2026-01-02")

    assert 3 in queued(hr, SECOND, "2026-01-02")


def test_given_a_run_without_steps_when_pending_tasks_are_asked_for_then_they_are_queued_by_the_same_rule(
    run: ETLMonitorFramework, work: Callable[..., None]
) -> None:
    work(INITIATION, LOAD)

    assert queued(run, SECOND) == [2, 3]


def test_given_pending_tasks_then_the_rows_have_the_spark_editions_columns_and_plain_values(
    run: ETLMonitorFramework,
) -> None:
    run.register_task(
        *HR,
        **LOAD,
        task_name="Load employees",
        source_type="ADF_PIPELINE",
        source_system_code="LoadEmployees",
        file_name_mask="people",
        file_extension=".csv",
        in_file_path="in/",
    )
    run.advance_watermark(*HR, "LoadEmployees", new_datetime_value="2025-12-31 08:00:00.5")
    pending = run.get_pending_tasks(SECOND, *HR, DAY, sequence_id=2, workflow_id=1)

    assert pending.columns == COLUMNS
    load, events = pending
    assert load.asDict() == {
        "Status": "NQUE",
        "ExecutionID": SECOND,
        "ProjectCode": "CORP",
        "ProcessLoad": "HR_DAILY",
        "WorkFlowID": 1,
        "SequenceID": 2,
        "TaskID": 1,
        "TaskName": "Load employees",
        "SequenceCode": "LOAD_DB_TRAN",
        "TaskMandatory": True,
        "SourceSystemCode": "LoadEmployees",
        "SourceType": "ADF_PIPELINE",
        "Attempts": 1,
        "StartTime": None,
        "ForceSkip": False,
        "FullFileName": "people_20260101.csv",
        "InFilePath": "in/",
        "OutFilePath": None,
        "WatermarkType": "DELTA_DATE",
        "WatermarkValue": "2025-12-31 08:00:00.5",
    }
    assert type(load["Status"]) is str
    assert (events["WatermarkType"], events["WatermarkValue"]) == ("DELTA_ID", "0")


def test_given_a_running_step_then_it_is_pending_and_its_start_has_no_zone(run: ETLMonitorFramework) -> None:
    run.start_task(FIRST, *HR, **LOAD, processing_date=DAY)
    (row,) = run.get_pending_tasks(FIRST, *HR, DAY, task_id=1)

    assert (row.Status, str(row.StartTime)) == ("NQUE", "2026-01-01 06:00:00")


@pytest.mark.parametrize("why", ["done", "skipped", "deactivated", "unknown", "other stage", "process deactivated"])
def test_given_a_task_with_nothing_to_do_then_asking_for_it_gives_one_row_whose_status_is_null(
    run: ETLMonitorFramework, work: Callable[..., None], why: str
) -> None:
    task, execution_id = dict(LOAD), FIRST
    if why == "done":
        work(LOAD)
    elif why == "skipped":
        run.skip_task(FIRST, *HR, **LOAD, processing_date=DAY)
    elif why == "deactivated":
        run.monitor.deactivate_task(*HR, 1, 1)
    elif why == "unknown":
        task["task_id"] = 99
    elif why == "other stage":
        task["sequence_id"] = 3
    else:
        run.monitor.deactivate_process(*HR)
        execution_id = SECOND

    (row,) = run.get_pending_tasks(execution_id, *HR, DAY, **task)
    nothing = dict.fromkeys(COLUMNS)
    ids = {"ExecutionID": execution_id, "ProjectCode": "CORP", "ProcessLoad": "HR_DAILY"}
    assert row.asDict() == {**nothing, **ids, "Status": "NULL"}
    assert run.task_status(execution_id, *HR, DAY, **task) == "NULL"
    with run.task(execution_id, *HR, **task, processing_date=DAY) as guard:
        assert (guard.active, guard.status) == (False, "NULL")


def test_given_a_failed_step_then_its_status_says_so(run: ETLMonitorFramework, fail: Callable[..., None]) -> None:
    fail(LOAD)

    assert run.task_status(FIRST, *HR, DAY, **LOAD) == "FAIL"
    assert run.task_status(FIRST, *HR, DAY, **MART) == "NQUE"


def test_given_a_skipped_step_then_this_run_does_not_offer_it_until_it_is_included_again(
    run: ETLMonitorFramework,
) -> None:
    run.skip_task(FIRST, *HR, **LOAD)
    assert queued(run, FIRST) == [0, 2, 3]
    assert queued(run, SECOND) == [0, 1, 2, 3]

    run.unskip_task(FIRST, *HR, **LOAD)
    assert queued(run, FIRST) == [0, 1, 2, 3]


def test_given_an_unknown_process_then_every_call_of_a_run_says_so(edition: ETLMonitorFramework) -> None:
    with pytest.raises(ProcessNotFound):
        edition.generate_execution_steps(FIRST, *HR, DAY)
    with pytest.raises(ProcessNotFound):
        edition.get_pending_tasks(FIRST, *HR, DAY)
    with pytest.raises(ProcessNotFound), edition.task(FIRST, *HR, **LOAD, processing_date=DAY):
        pass


def test_given_a_deactivated_process_when_a_run_is_queued_then_it_is_refused(hr: ETLMonitorFramework) -> None:
    hr.monitor.deactivate_process(*HR)

    with pytest.raises(ProcessInactive):
        hr.generate_execution_steps(FIRST, *HR, DAY)
    with pytest.raises(ProcessInactive):
        hr.get_pending_tasks(FIRST, *HR, DAY)


def test_generated_ids_differ(edition: ETLMonitorFramework) -> None:
    assert edition.generate_execution_id() != ETLMonitorFramework.generate_execution_id()
