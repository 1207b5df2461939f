"""Each dataset of the dashboard runs on the warehouse, and says what the library's calls say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlglot
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, ManualClock, ProcessStatus, Run

from .conftest import HR, MESSAGE, OPS, Past, Rows
from .kit import Kit

SEVERITY = {"COMPLETE": 0, "WAITING": 1, "RUNNING": 2, "FAILED": 3}


def process(row: object) -> str:
    return f"{row.project_code}/{row.process_load}"  # type: ignore[attr-defined]


def test_given_days_of_two_processes_when_shown_then_each_stands_as_processes_says(
    monitor: ETLMonitor, shown: Callable[..., Rows]
) -> None:
    rows = shown("processes")

    columns = ("Process", "ProcessName", "ProcessOwner", "ProcessingDate", "RunState", "Done", "Failed", "Running")
    columns = (*columns, "Pending", "WallClockSeconds")
    expected = [
        (
            *(process(one), one.process_name, one.process_owner, one.processing_date, one.run_state),
            *(one.done, one.failed, one.running, one.pending, one.wall_clock_seconds),
        )
        for one in monitor.processes()
    ]
    assert sorted(tuple(row[name] for name in columns) for row in rows) == sorted(expected)
    assert [row["RunState"] for row in rows] == ["FAILED", "RUNNING"]


def test_given_days_of_two_processes_when_shown_by_day_then_each_has_its_state(
    monitor: ETLMonitor, shown: Callable[..., Rows]
) -> None:
    with monitor.session() as session:
        every = list(session.scalars(select(ProcessStatus)))

    rows = shown("days")
    assert {(row["Process"], row["Day"], row["RunState"], row["Severity"]) for row in rows} == {
        (process(one), str(one.processing_date), one.run_state, SEVERITY[one.run_state]) for one in every
    }
    assert len(rows) == 5


def test_given_runs_when_they_can_be_chosen_then_the_latest_is_first(past: Past, shown: Callable[..., Rows]) -> None:
    assert [row["Run"] for row in shown("runs")] == [
        "latest",
        f"{past.day(0)} CORP/OPS_DAILY ops-0",
        f"{past.day(0)} CORP/HR_DAILY hr-0",
        *(f"{past.day(back)} CORP/HR_DAILY hr-{back}" for back in (1, 2, 3)),
    ]


def test_given_a_chosen_run_when_its_steps_are_shown_then_each_attempt_has_its_bar(
    monitor: ETLMonitor, past: Past, shown: Callable[..., Rows]
) -> None:
    rows = shown("steps", run=f"{past.day(0)} CORP/HR_DAILY hr-0")

    assert [(row["Step"], row["BeforeSeconds"], row["DoneSeconds"], row["FailedSeconds"]) for row in rows] == [
        ("001 Load", 0.0, 100.0, None),
        ("002 Extras", 100.0, None, 30.0),
        ("003 Load", 130.0, None, 0.5),
        ("004 Load (attempt 1)", 130.5, None, 0.5),
        ("005 Initiation", None, None, None),  # the failure put it back
        ("006 Initiation (attempt 1)", None, None, None),
    ]
    steps = monitor.get_status(*HR, past.day(0), "hr-0", attempts="all")
    assert sorted((row["WorkFlowID"], row["TaskID"], row["Attempts"], row["Status"]) for row in rows) == sorted(
        (one.workflow_id, one.task_id, one.attempts, one.status) for one in steps
    )
    assert {row["LogMessage"] for row in rows if row["WorkFlowID"] == 2} == {f"ValueError: {MESSAGE}"}


def test_given_no_chosen_run_when_its_steps_are_shown_then_they_are_the_latest_runs(
    past: Past, shown: Callable[..., Rows]
) -> None:
    rows = shown("steps", run="latest")

    assert {(row["Process"], row["ExecutionID"]) for row in rows} == {("CORP/HR_DAILY", "hr-0")}


def test_given_running_steps_when_shown_then_their_bars_end_now(past: Past, shown: Callable[..., Rows]) -> None:
    before = datetime.now(UTC)
    rows = {
        (row["WorkFlowID"], row["TaskID"]): row["RunningSeconds"]
        for row in shown("steps", run=f"{past.day(0)} CORP/OPS_DAILY ops-0")
    }
    after = datetime.now(UTC)

    started = {(1, 1): past.now - timedelta(hours=3), (1, 2): past.now - timedelta(minutes=5)}
    assert {step for step, seconds in rows.items() if seconds is not None} == set(started)
    for step, start in started.items():
        assert (before - start).total_seconds() <= rows[step] <= (after - start).total_seconds()


def test_given_a_run_of_another_process_when_chosen_then_no_namesakes_step_is_shown(
    past: Past, shown: Callable[..., Rows]
) -> None:
    assert shown("steps", run=f"{past.day(0)} CORP/HR_DAILY ops-0") == []
    assert {row["ExecutionID"] for row in shown("steps", run=f"{past.day(2)} CORP/HR_DAILY hr-2")} == {"hr-2"}


def test_given_failures_when_shown_then_they_are_those_of_the_calls_and_blockers_first(
    monitor: ETLMonitor, shown: Callable[..., Rows]
) -> None:
    blocking = {(process(one), one.workflow_id, one.task_id) for one in monitor.failures(mandatory=True)}
    expected = {
        (process(one), one.workflow_id, one.task_id): (one.attempts, one.log_message) for one in monitor.failures()
    }

    rows = shown("failures")
    assert {
        (row["Process"], row["WorkFlowID"], row["TaskID"]): (row["Attempts"], row["LogMessage"]) for row in rows
    } == expected
    assert {(row["Process"], row["WorkFlowID"], row["TaskID"]) for row in rows if row["Blocks"]} == blocking
    assert [row["Blocks"] for row in rows] == [True, False]
    assert rows[0]["LogMessage"] == f"ValueError: {MESSAGE}"


def test_given_watermarks_when_shown_then_they_are_those_of_the_call_with_their_ages(
    monitor: ETLMonitor, past: Past, shown: Callable[..., Rows]
) -> None:
    before = datetime.now(UTC)
    rows = shown("watermarks")
    after = datetime.now(UTC)

    kinds = ("DELTA_DATE", "DELTA_ID")
    marks = [one for one in monitor.watermarks() if one.parameter_type in kinds]
    assert {(row["Process"], row["ParameterName"], row["ActiveValue"], row["WatermarkState"]) for row in rows} == {
        (process(one), one.parameter_name, one.active_value, one.watermark_state) for one in marks
    }
    assert len(rows) == len(marks)
    moved = {process(one): one.value_datetime for one in marks if one.value_datetime is not None}
    assert set(moved) == {"CORP/HR_DAILY"}
    (behind,) = (row["HoursBehind"] for row in rows if row["HoursBehind"] is not None)
    least, most = ((moment - moved["CORP/HR_DAILY"]) / timedelta(hours=1) for moment in (before, after))
    assert least - 0.05 <= behind <= most + 0.05


def test_given_days_when_durations_are_shown_then_the_latest_stands_beside_the_median_of_the_others(
    shown: Callable[..., Rows],
) -> None:
    rows = {(row["Process"], row["WorkFlowID"], row["TaskID"]): row for row in shown("durations")}

    load = rows["CORP/HR_DAILY", 1, 1]
    assert (load["LatestSeconds"], load["UsualSeconds"], load["TimesUsual"], load["TimesDone"]) == (100, 20.0, 5.0, 4)
    assert (load["ExpectedSeconds"], load["Task"]) == (3600, "CORP/HR_DAILY 1.1 Load")
    namesake = rows["CORP/HR_DAILY", 2, 1]
    assert (namesake["LatestSeconds"], namesake["UsualSeconds"], namesake["TimesDone"]) == (5, 5.0, 3)
    first = rows["CORP/OPS_DAILY", 0, 0]
    assert (first["UsualSeconds"], first["TimesUsual"], first["TimesDone"]) == (None, None, 1)
    assert ("CORP/OPS_DAILY", 1, 1) not in rows  # it is still at work


def test_given_dates_before_the_last_35_days_when_shown_then_they_are_left_out(
    monitor: ETLMonitor, past: Past, clock: ManualClock, shown: Callable[..., Rows]
) -> None:
    clock.set(past.now - timedelta(days=36))
    run = monitor.start_run(*OPS, past.day(37), execution_id="old")
    monitor.fail_task("old", *OPS, 1, processing_date=past.day(37))

    assert isinstance(run, Run)
    assert past.day(37) not in {row["Day"] for row in shown("days")}
    assert past.day(37) not in {str(row["ProcessingDate"]) for row in shown("failures")}
    assert not [row for row in shown("runs") if row["Run"].endswith(" old")]
    assert shown("steps", run=f"{past.day(37)} CORP/OPS_DAILY old") == []


def test_given_each_dataset_when_run_then_its_columns_are_those_that_widgets_were_checked_against(
    warehouse, past: Past
) -> None:
    engine = warehouse.engine("etl")
    with engine.connect() as connection:
        for name, sql in Kit().datasets.items():
            columns = list(connection.exec_driver_sql(sql.replace(":run", "'latest'")).keys())
            assert columns == sqlglot.parse_one(sql, read="databricks").named_selects, name
    engine.dispose()
