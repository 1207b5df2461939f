"""Status, resets, watermarks and modes, in the Spark edition's sense."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from etl_monitor_orm import InvalidInput, ManualClock
from etl_monitor_orm.spark_edition import ETLMonitorFramework
from tests.spark_edition.conftest import DAY, EVENTS, FIRST, HR, INITIATION, LOAD, MART, SECOND

DETAIL = [
    "ProcessingDate",
    "ProjectCode",
    "ProcessLoad",
    "ExecutionID",
    "Attempts",
    "TaskName",
    "Status",
    "WorkFlowID",
    "SequenceID",
    "TaskID",
    "TaskMandatory",
    "SourceSystemCode",
    "SourceType",
    "StartTime",
    "EndTime",
    "DurationSeconds",
    "LogMessage",
    "LogType",
    "LogCode",
    "LastUpdatedOn",
]
SUMMARY = [
    "ProjectCode",
    "ProcessLoad",
    "ProcessingDate",
    "Attempts",
    "StartTime",
    "EndTime",
    "DurationSeconds",
    "OverallStatus",
    "Remark",
]


def parameters(edition: ETLMonitorFramework, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was printed of the parameters: name and values."""
    printed = capsys.readouterr().out.splitlines()
    names, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in printed if line.startswith("|")]
    wanted = [names.index(name) for name in ("ParameterName", "ValueINT", "ValueDateTime", "ValueBIT")]
    return [" ".join(row[place] for place in wanted) for row in rows]


def test_given_two_runs_when_the_dates_status_is_asked_for_then_all_attempts_come_latest_first(
    run: ETLMonitorFramework, work: Callable[..., None], fail: Callable[..., None]
) -> None:
    work(INITIATION, EVENTS)
    fail(LOAD)
    run.generate_execution_steps(SECOND, *HR, DAY)
    found = run.get_status(*HR, DAY)

    assert found.columns == DETAIL
    assert [(row.Attempts, row.TaskID, row.Status) for row in found] == [
        (1, 0, "NQUE"),
        (1, 1, "NQUE"),
        (1, 3, "NQUE"),
        (0, 0, "NQUE"),
        (0, 1, "FAIL"),
        (0, 2, "DONE"),
        (0, 3, "NQUE"),
    ]


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({"execution_id": FIRST}, [0, 1, 2, 3]),
        ({"workflow_id": 1}, [1, 2, 3]),
        ({"sequence_id": 2}, [1, 2]),
        ({"task_id": 3}, [3]),
        ({"attempts": 0}, [0, 1, 2, 3]),
        ({"attempts": 1}, []),
    ],
)
def test_given_a_narrower_question_then_only_its_steps_come(
    run: ETLMonitorFramework, narrowed: dict[str, object], expected: list[int]
) -> None:
    assert [row.TaskID for row in run.get_status(*HR, DAY, **narrowed)] == expected


def test_given_a_run_and_no_date_then_the_runs_date_is_meant(run: ETLMonitorFramework) -> None:
    run.generate_execution_steps(SECOND, *HR, "2025-12-01")

    assert {str(row.ProcessingDate) for row in run.get_status(*HR, execution_id=SECOND)} == {"2025-12-01"}
    assert {str(row.ProcessingDate) for row in run.get_status(*HR)} == {DAY}


def test_given_an_unknown_process_then_its_status_is_empty(edition: ETLMonitorFramework) -> None:
    assert edition.get_status("CORP", "NOBODY").columns == DETAIL
    assert edition.get_status("CORP", "NOBODY").count() == 0
    assert edition.get_status("CORP", "NOBODY", summary_mode=True).collect() == []


def test_given_a_summary_then_each_attempt_of_the_date_has_its_times_and_the_initiations_status(
    run: ETLMonitorFramework, work: Callable[..., None], clock: ManualClock
) -> None:
    work(INITIATION, LOAD)
    run.generate_execution_steps(SECOND, *HR, DAY)
    clock.advance(30)
    found = run.get_status(*HR, DAY, summary_mode=True)

    assert found.columns == SUMMARY
    later, first = found
    assert [str(value) for value in later][3:] == ["1", "None", "None", "None", "None", later["Remark"]]
    assert "No step has ended yet" in str(later["Remark"])
    assert [str(value) for value in first] == [
        *("CORP", "HR_DAILY", DAY, "0", "2026-01-01 06:00:00", "2026-01-01 06:00:20", "50", "DONE", "None")
    ]


def test_given_a_done_day_when_it_is_reset_then_every_step_waits_again_with_the_remark(
    run: ETLMonitorFramework, work: Callable[..., None], states: Callable[..., dict[int, str]]
) -> None:
    work(INITIATION, LOAD, EVENTS, MART)
    run.status_reset(*HR, processing_date=DAY, remark="bad source")

    assert states() == {0: "RQUE", 1: "RQUE", 2: "RQUE", 3: "RQUE"}
    assert {row.LogMessage for row in run.get_status(*HR, DAY, execution_id=FIRST)} == {"bad source"}
    assert len(run.get_pending_tasks(FIRST, *HR, DAY)) == 4


def test_given_one_task_of_a_run_when_it_is_reset_then_it_and_the_initiation_wait_again(
    run: ETLMonitorFramework, work: Callable[..., None], states: Callable[..., dict[int, str]]
) -> None:
    work(INITIATION, LOAD, EVENTS)
    run.status_reset(*HR, execution_id=FIRST, task_id=1, workflow_id=1)

    assert states() == {0: "RQUE", 1: "RQUE", 2: "DONE", 3: "NQUE"}


def test_given_a_skipped_step_when_its_day_is_reset_then_it_takes_part_again(run: ETLMonitorFramework) -> None:
    run.skip_task(FIRST, *HR, **LOAD, processing_date=DAY)
    run.status_reset(*HR, DAY)

    assert run.task_status(FIRST, *HR, DAY, **LOAD) == "RQUE"


def test_given_a_watermark_when_it_is_set_back_then_it_is(run: ETLMonitorFramework) -> None:
    run.advance_watermark(*HR, "LoadEmployees", "2025-12-31")
    run.advance_watermark(*HR, "LoadEmployees", "2025-12-01T08:00:00")
    run.advance_watermark(*HR, "LoadEvents", new_int_value=10)
    run.advance_watermark(*HR, "LoadEvents", new_int_value=7)

    assert run.get_active_watermark(*HR, "LoadEmployees") == datetime(2025, 12, 1, 8)
    assert run.get_active_watermark(*HR, "LoadEvents") == 7


def test_given_an_unknown_parameter_then_its_watermark_is_none(hr: ETLMonitorFramework) -> None:
    assert hr.get_active_watermark(*HR, "Nothing") is None


def test_given_bulk_mode_then_all_watermarks_begin_anew_and_the_process_is_live(
    hr: ETLMonitorFramework, capsys: pytest.CaptureFixture[str]
) -> None:
    hr.advance_watermark(*HR, "LoadEmployees", "2025-12-31")
    hr.advance_watermark(*HR, "LoadEvents", new_int_value=10)
    hr.set_processing_mode(*HR, is_historic_mode=True, processing_date="2025-12-01")
    capsys.readouterr()
    hr.set_processing_mode(*HR, is_bulk_mode=True)

    assert parameters(hr, capsys) == ["LoadEmployees NULL NULL NULL", "LoadEvents 0 NULL NULL", "SYSDT NULL NULL NULL"]


def test_given_historic_mode_then_the_process_works_on_that_date_until_it_is_live(
    hr: ETLMonitorFramework, capsys: pytest.CaptureFixture[str]
) -> None:
    hr.set_processing_mode(*HR, is_historic_mode=True, processing_date="2025-12-01")
    assert parameters(hr, capsys)[-1] == "SYSDT NULL 2025-12-01 00:00:00 NULL"
    assert hr.monitor.start_run(*HR).processing_date.isoformat() == "2025-12-01"

    hr.set_processing_mode(*HR)
    assert parameters(hr, capsys)[-1] == "SYSDT NULL NULL NULL"


def test_given_one_parameter_then_it_changes_and_the_process_is_live(
    hr: ETLMonitorFramework, capsys: pytest.CaptureFixture[str]
) -> None:
    hr.set_processing_mode(*HR, is_historic_mode=True, processing_date="2025-12-01")
    capsys.readouterr()
    hr.set_processing_mode(*HR, parameter_name="LoadEvents", value_int=42)

    assert parameters(hr, capsys) == ["LoadEmployees NULL NULL NULL", "LoadEvents 42 NULL NULL", "SYSDT NULL NULL NULL"]


def test_given_historic_mode_without_a_date_then_the_error_names_this_classs_argument(hr: ETLMonitorFramework) -> None:
    with pytest.raises(InvalidInput, match="Pass processing_date= too"):
        hr.set_processing_mode(*HR, is_historic_mode=True)
