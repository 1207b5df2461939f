"""The public face: what can be imported, how a monitor is made, and what its calls return."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import FrozenInstanceError, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import get_type_hints

import pytest
import sqlalchemy
from sqlalchemy import Engine, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

import etl_monitor_orm
from etl_monitor_orm import (
    Breach,
    ConfigurationError,
    CurrentFailure,
    ETLMonitor,
    Holiday,
    MandatoryBlocker,
    Metric,
    ModeChange,
    Organisation,
    Overdue,
    Parameter,
    ParameterType,
    PendingTask,
    Process,
    ProcessingStep,
    ProcessStatus,
    Project,
    Rows,
    Run,
    RunSummary,
    SequenceStage,
    Status,
    SysLog,
    Task,
    TaskDetail,
    TaskHandle,
    Watermark,
)
from etl_monitor_orm.models import StoredRequest, StoredToken

NAMES = """
    AdoptionReport AdvanceMode Baseline Breach BreachKind CatalogueChange Claim ComparedStep ConfigurationError
    ConflictError ConnectionBroken CurrentFailure DatabaseError DatabaseGone DatabaseLocked Duration ETLMonitor
    EtlLogHandler EtlMonitorError Explanation Extraction FailedTask Finding Holiday InvalidInput InvalidTransition
    Journal JournalError JournalLine JournalStatus KeyReused LoadFrequency LogEntry LogLevel LogType
    MandatoryBlocker ManualClock Metric ModeChange MonitorAway MovedTable NewToken NotFoundError Organisation
    Outcome Overdue Parameter ParameterNotFound ParameterType PastFailure PendingTask Process ProcessInactive
    ProcessNotFound ProcessStatus ProcessingStep Project PurgeReport RequestInProgress Retryable Rows Run
    RunFailed RunInProgress RunState RunStatus RunSummary RunsOfDate SchemaError SchemaMissing SchemaOutOfDate
    SequenceStage SourceType StageNotFound Status StepNotFound StepNotQueued StepSkipped SysLog Task TaskDetail
    TaskHandle TaskNotFound Termination Token TokenNotFound TokenScope Watermark
    create_engine in_task terminate_as_exit
"""

AUDIT = "CreatedOn=created_on CreatedBy=created_by LastUpdatedOn=last_updated_on LastUpdatedBy=last_updated_by"
DATED = """DueBy=due_by LateAfterSeconds=late_after_seconds Calendar=calendar DeadlineSetOn=deadline_set_on
    ActiveSetOn=active_set_on"""

ATTRIBUTES = {
    SequenceStage: f"""SequenceID=sequence_id SequenceCode=sequence_code SequenceName=sequence_name
        SequenceDescription=sequence_description SortOrder=sort_order IsActive=is_active {AUDIT}""",
    Process: f"""ProjectCode=project_code ProcessLoad=process_load ProcessName=process_name
        ProcessDescription=process_description ProcessOwner=process_owner LoadFrequency=load_frequency
        IsActive=is_active {AUDIT} {DATED}""",
    Task: f"""TaskID=task_id ProjectCode=project_code ProcessLoad=process_load WorkFlowID=workflow_id
        SequenceID=sequence_id TaskName=task_name TaskDescription=task_description SourceType=source_type
        SourceIdentifier=source_identifier SourceSystemCode=source_system_code LoadFrequency=load_frequency
        TaskMandatory=task_mandatory ExpectedDurationSeconds=expected_duration_seconds IsActive=is_active {AUDIT}
        FileNameMask=file_name_mask FileExtension=file_extension InFilePath=in_file_path OutFilePath=out_file_path
        {DATED}""",
    Organisation: f"""OrganisationCode=organisation_code OrganisationName=organisation_name
        OrganisationDescription=organisation_description IsActive=is_active {AUDIT}""",
    Project: f"""ProjectCode=project_code OrganisationCode=organisation_code ProjectName=project_name
        ProjectDescription=project_description IsActive=is_active {AUDIT}""",
    Parameter: f"""ProjectCode=project_code ProcessLoad=process_load ParameterName=parameter_name
        ParameterDescription=parameter_description ParameterType=parameter_type ValueINT=value_int
        ValueDateTime=value_datetime ValueBIT=value_bit {AUDIT} SetOn=set_on
        AutomaticValue=automatic_value AdvanceMode=advance_mode LagSeconds=lag_seconds""",
    ProcessingStep: """ProcessingDate=processing_date ProjectCode=project_code ProcessLoad=process_load
        ExecutionID=execution_id WorkFlowID=workflow_id TaskID=task_id SequenceID=sequence_id Attempts=attempts
        Status=status TaskName=task_name SequenceCode=sequence_code TaskMandatory=task_mandatory
        SourceSystemCode=source_system_code StartTime=start_time EndTime=end_time DurationSeconds=duration_seconds
        LogMessage=log_message LogType=log_type LogCode=log_code SourceType=source_type SourceRunID=source_run_id
        ClusterID=cluster_id LastUpdatedOn=last_updated_on LastUpdatedBy=last_updated_by
        ExpectedDurationSeconds=expected_duration_seconds FullFileName=full_file_name InFilePath=in_file_path
        OutFilePath=out_file_path ForceSkip=force_skip""",
    SysLog: """_ID=id ProcessingDate=processing_date ProjectCode=project_code ProcessLoad=process_load
        SourceType=source_type RunID=run_id ExecutionID=execution_id CorrelationID=correlation_id
        PipelineName=pipeline_name ActivityName=activity_name OperationName=operation_name Level=level
        LogTimeUTC=log_time_utc Message=message""",
    StoredToken: f"""TokenID=token_id TokenName=token_name SecretHash=secret_hash Scope=scope ProjectCode=project_code
        ExpiresOn=expires_on RevokedOn=revoked_on LastUsedOn=last_used_on {AUDIT}""",
    StoredRequest: """TokenID=token_id RequestKey=request_key RequestDigest=request_digest CreatedOn=created_on
        Claim=claim ClaimedOn=claimed_on Status=status Answer=answer""",
    Holiday: f"""CalendarName=calendar_name Day=day HolidayName=holiday_name IsActive=is_active {AUDIT}""",
    Breach: """BreachID=breach_id Kind=kind ProjectCode=project_code ProcessLoad=process_load WorkFlowID=workflow_id
        TaskID=task_id ParameterName=parameter_name ProcessingDate=processing_date ExecutionID=execution_id
        Attempts=attempts Since=since Until=until OpenedOn=opened_on ClosedOn=closed_on Outcome=outcome Message=message
        Blocks=blocks NotifiedOn=notified_on ClosureNotifiedOn=closure_notified_on NotifyClaim=notify_claim
        NotifyClaimedOn=notify_claimed_on NotifiedTargets=notified_targets LastUpdatedOn=last_updated_on
        LastUpdatedBy=last_updated_by""",
    Metric: """ProcessingDate=processing_date ProjectCode=project_code ProcessLoad=process_load
        ExecutionID=execution_id WorkFlowID=workflow_id TaskID=task_id SequenceID=sequence_id Attempts=attempts
        MetricName=metric_name MetricValue=metric_value SetOn=set_on LastUpdatedBy=last_updated_by""",
    ProcessStatus: """ProcessingDate=processing_date ProjectCode=project_code ProcessLoad=process_load
        ProcessName=process_name ProcessOwner=process_owner LatestAttempt=latest_attempt TotalRuns=total_runs
        Done=done Failed=failed Pending=pending RunStart=run_start RunEnd=run_end
        WallClockSeconds=wall_clock_seconds OverallStatus=overall_status Running=running
        RunState=run_state""",
    RunSummary: """ProcessingDate=processing_date ProjectCode=project_code ProcessLoad=process_load
        ExecutionID=execution_id Attempts=attempts TotalTasks=total_tasks Done=done Failed=failed Pending=pending
        RunStart=run_start RunEnd=run_end TotalDurationSeconds=total_duration_seconds
        WallClockSeconds=wall_clock_seconds OverallStatus=overall_status LastActivity=last_activity
        Running=running""",
    TaskDetail: """ProcessingDate=processing_date ProjectCode=project_code ProcessLoad=process_load
        ExecutionID=execution_id Attempts=attempts WorkFlowID=workflow_id SequenceCode=sequence_code
        SequenceID=sequence_id TaskName=task_name TaskID=task_id TaskMandatory=task_mandatory
        SourceSystemCode=source_system_code Status=status StartTime=start_time EndTime=end_time
        DurationSeconds=duration_seconds ExpectedDurationSeconds=expected_duration_seconds
        SLABreached=sla_breached SourceType=source_type SourceRunID=source_run_id LogType=log_type
        LogMessage=log_message LastUpdatedBy=last_updated_by IsRunning=is_running FullFileName=full_file_name
        InFilePath=in_file_path OutFilePath=out_file_path ForceSkip=force_skip""",
    MandatoryBlocker: """ProcessingDate=processing_date ProjectCode=project_code ProcessLoad=process_load
        ExecutionID=execution_id WorkFlowID=workflow_id SequenceCode=sequence_code TaskName=task_name TaskID=task_id
        Attempts=attempts Status=status StartTime=start_time LogType=log_type LogMessage=log_message
        SourceType=source_type SourceSystemCode=source_system_code EndTime=end_time SequenceID=sequence_id""",
    CurrentFailure: """ProcessingDate=processing_date ProjectCode=project_code ProcessLoad=process_load
        ExecutionID=execution_id WorkFlowID=workflow_id SequenceCode=sequence_code TaskName=task_name TaskID=task_id
        TaskMandatory=task_mandatory Attempts=attempts Status=status StartTime=start_time LogType=log_type
        LogMessage=log_message SourceType=source_type SourceRunID=source_run_id EndTime=end_time
        SequenceID=sequence_id""",
    Watermark: """ProjectCode=project_code ProcessLoad=process_load ParameterName=parameter_name
        ParameterType=parameter_type ParameterDescription=parameter_description ValueINT=value_int
        ValueDateTime=value_datetime ValueBIT=value_bit ActiveValue=active_value WatermarkState=watermark_state
        LinkedTaskName=linked_task_name LastUpdatedOn=last_updated_on LastUpdatedBy=last_updated_by
        SetOn=set_on""",
    Overdue: """BreachID=breach_id Kind=kind ProjectCode=project_code ProcessLoad=process_load
        ProcessOwner=process_owner WorkFlowID=workflow_id TaskID=task_id TaskName=task_name
        ParameterName=parameter_name ProcessingDate=processing_date ExecutionID=execution_id Attempts=attempts
        Since=since Message=message Blocks=blocks OpenedOn=opened_on NotifiedOn=notified_on""",
}

HEAVY = ("duckdb", "duckdb_engine", "alembic", "pandas", "pyarrow", "typer", "click", "rich", "databricks")
SELDOM = ("tenacity", "tornado", "packaging", "psycopg", "pytz", "sqlalchemy.dialects.postgresql")
"""What most programs need late or never, and what that would load with it."""


def test_given_the_package_when_asked_for_its_names_then_exactly_these_are_public() -> None:
    assert sorted(etl_monitor_orm.__all__) == sorted(NAMES.split())


@pytest.mark.parametrize("name", NAMES.split())
def test_given_a_public_name_when_taken_from_the_package_then_it_is_there(name: str) -> None:
    assert getattr(etl_monitor_orm, name).__name__ == name


def test_given_an_unknown_name_when_taken_from_the_package_then_it_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        _ = etl_monitor_orm.Nothing


@pytest.mark.parametrize("statement", ["import etl_monitor_orm", "from etl_monitor_orm import *"])
def test_given_a_fresh_interpreter_when_the_package_is_imported_then_no_heavy_library_is(statement: str) -> None:
    script = f"{statement}\nimport sys\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "etl_monitor_orm" in loaded.stdout.split()
    assert not set(HEAVY) & set(loaded.stdout.split())


def test_package_when_imported_loads_no_migrations_no_views_and_no_library_for_trouble() -> None:
    script = "import etl_monitor_orm, sys\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    ours = [name for name in loaded if name.startswith(("etl_monitor_orm.migrations", "etl_monitor_orm.views."))]
    assert (ours, set(SELDOM) & set(loaded)) == ([], set())


@pytest.mark.parametrize("name", ["CurrentFailure", "Watermark"])
def test_view_when_taken_from_the_package_is_listed_typed_and_always_the_same_class(name: str) -> None:
    assert name in dir(etl_monitor_orm)
    assert getattr(etl_monitor_orm, name) is getattr(etl_monitor_orm.views, name)


def test_call_that_returns_a_view_when_its_types_are_read_at_run_time_names_the_class() -> None:
    assert get_type_hints(ETLMonitor.watermarks)["return"] == Rows[Watermark]
    assert get_type_hints(etl_monitor_orm.Run.status)["return"] == Rows[TaskDetail]


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (Status, ["NQUE", "RQUE", "DONE", "FAIL"]),
        (ParameterType, ["DELTA_DATE", "DELTA_ID", "FLAG", "SYSTEM"]),
        (etl_monitor_orm.SourceType, ["ADF_PIPELINE", "DBX_JOB", "DBX_NOTEBOOK", "DATAFLOW"]),
        (etl_monitor_orm.LoadFrequency, ["D", "W", "M", "Y", "A"]),
        (etl_monitor_orm.LogType, ["INFO", "WARN", "ERROR"]),
        (etl_monitor_orm.RunState, ["FAILED", "RUNNING", "WAITING", "COMPLETE"]),
        (etl_monitor_orm.AdvanceMode, ["AUTOMATIC", "MANUAL"]),
        (etl_monitor_orm.Outcome, ["RESOLVED", "WITHDRAWN", "EXPIRED"]),
        (
            etl_monitor_orm.BreachKind,
            [
                *("NOT_STARTED", "NOT_DONE", "RUNNING_TOO_LONG", "GONE_QUIET", "NO_SUCCESS", "WATERMARK_STILL"),
                "FAILED",
            ],
        ),
        (etl_monitor_orm.TokenScope, ["read", "report"]),
        (etl_monitor_orm.RunStatus, ["RUNNING", "FAILED", "COMPLETE"]),
    ],
)
def test_given_an_enum_when_its_members_are_compared_then_they_are_their_text(
    words: type[StrEnum], values: list[str]
) -> None:
    assert list(words) == values


@pytest.mark.parametrize(("kind", "pairs"), ATTRIBUTES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_given_a_mapped_class_when_its_columns_are_read_then_each_attribute_is_in_snake_case(
    kind: type, pairs: str
) -> None:
    mapper = inspect(kind)
    found = [f"{column.name}={mapper.get_property_by_column(column).key}" for column in kind.__table__.columns]
    assert found == pairs.split()


# Making a monitor


def test_given_a_url_when_a_monitor_is_made_then_it_works_on_that_database(tmp_path: Path) -> None:
    file = tmp_path / "named.duckdb"
    ETLMonitor(f"duckdb:///{file}").setup().close()
    assert file.exists()


def test_given_a_url_object_when_a_monitor_is_made_then_it_works_on_that_database(tmp_path: Path) -> None:
    file = tmp_path / "object.duckdb"
    ETLMonitor(make_url(f"duckdb:///{file}")).setup().close()
    assert file.exists()


def test_given_an_engine_when_a_monitor_is_made_then_it_works_on_the_database_of_the_engine(
    monitor: ETLMonitor,
) -> None:
    other = ETLMonitor(monitor.engine)
    other.register_process("CORP", "HR_DAILY")
    with monitor.session() as session:
        assert session.get(Process, ("CORP", "HR_DAILY")) is not None


def test_given_a_plain_sqlalchemy_engine_when_a_monitor_is_made_then_it_works_on_it(tmp_path: Path) -> None:
    engine = sqlalchemy.create_engine(f"duckdb:///{tmp_path / 'plain.duckdb'}")
    monitor = ETLMonitor(engine).setup()
    monitor.register_process("CORP", "HR_DAILY")
    with Session(engine) as session:
        assert [found.process_load for found in session.scalars(select(Process))] == ["HR_DAILY"]
    engine.dispose()


def test_given_the_variable_when_a_monitor_is_made_of_nothing_then_it_works_on_that_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "variable.duckdb"
    monkeypatch.setenv("ETL_MONITOR_URL", f"duckdb:///{file}")
    ETLMonitor().setup().close()
    assert file.exists()


def test_given_the_variable_when_a_monitor_is_made_with_a_url_then_the_argument_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", f"duckdb:///{tmp_path / 'variable.duckdb'}")
    ETLMonitor(f"duckdb:///{tmp_path / 'argument.duckdb'}").setup().close()
    assert [file.name for file in tmp_path.iterdir()] == ["argument.duckdb"]


def test_given_neither_when_a_monitor_is_made_then_it_works_on_a_file_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ETLMonitor().setup().close()
    assert os.listdir() == ["etl_monitor.duckdb"]


def test_given_an_unknown_database_when_a_monitor_is_made_then_the_error_lists_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"oracle.*duckdb://"):
        ETLMonitor("oracle://db")


def test_given_duckdb_when_a_catalog_is_named_then_it_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"catalog='main'.*Leave out"):
        ETLMonitor("duckdb:///:memory:", catalog="main")


def test_given_an_engine_when_a_catalog_is_named_then_it_is_refused(monitor: ETLMonitor) -> None:
    with pytest.raises(ConfigurationError, match="catalog= only with a URL"):
        ETLMonitor(monitor.engine, catalog="main")


# setup()


def test_given_an_empty_database_when_set_up_then_the_seven_stages_are_there(
    rows: Callable[..., list[SequenceStage]],
) -> None:
    assert [(stage.sequence_id, stage.sequence_code, stage.is_active) for stage in rows(SequenceStage)] == [
        (0, "LOAD_GO", True),
        (1, "LOAD_DB_CONFIG", True),
        (2, "LOAD_DB_TRAN", True),
        (3, "LOAD_DIM", True),
        (4, "LOAD_TRAN", True),
        (5, "PRE_PROCESS", True),
        (6, "PROCESS_DATA", True),
    ]


def test_given_a_monitor_in_use_when_set_up_again_then_nothing_changes(
    hr: ETLMonitor, run: Run, unchanged: Callable[[], AbstractContextManager[None]]
) -> None:
    with unchanged():
        hr.setup()


def test_given_a_monitor_when_set_up_then_the_call_can_be_chained(monitor: ETLMonitor) -> None:
    assert monitor.setup() is monitor


# Schemas


def test_given_a_separate_schema_when_used_then_its_rows_are_apart_from_the_default(
    is_apart: Callable[[str], None],
) -> None:
    is_apart("monitoring")


def test_given_no_schema_when_set_up_then_tables_and_views_lie_in_etl(monitor: ETLMonitor) -> None:
    found = inspect(monitor.engine)
    names = {*found.get_table_names(schema="etl"), *found.get_view_names(schema="etl")}
    expected = {kind.__table__.name for kind in ATTRIBUTES}
    if monitor._runtime.units.backend.capabilities.folds_names:
        expected = {name.lower() for name in expected}
    assert expected <= names


# What the monitor returns


def test_given_a_monitor_when_asked_for_its_engine_then_it_is_a_sqlalchemy_engine(monitor: ETLMonitor) -> None:
    assert isinstance(monitor.engine, Engine)


def test_given_a_session_when_queried_ad_hoc_then_it_gives_mapped_objects(hr: ETLMonitor) -> None:
    with hr.session() as session:
        tasks = session.scalars(select(Task).where(Task.task_mandatory.is_(True)).order_by(Task.task_id)).all()
    assert [task.task_name for task in tasks] == ["Initiation", "Load employees", "Build mart"]


def test_given_a_session_when_used_as_a_unit_of_work_then_what_is_committed_is_seen_by_others(
    hr: ETLMonitor, row: Callable[..., Process]
) -> None:
    with hr.session() as session:
        session.get_one(Process, ("CORP", "HR_DAILY")).process_owner = "Someone else"
        session.commit()
    assert row(Process, process_load="HR_DAILY").process_owner == "Someone else"


def test_given_a_run_when_asked_then_it_tells_which_one_it_is(hr: ETLMonitor) -> None:
    run = hr.start_run("CORP", "HR_DAILY", "2026-04-09", execution_id="adf-7")
    assert (run.project_code, run.process_load, run.execution_id, run.processing_date) == (
        "CORP",
        "HR_DAILY",
        "adf-7",
        date(2026, 4, 9),
    )


def test_given_the_calls_that_answer_when_made_then_the_answers_are_typed_objects(hr: ETLMonitor, run: Run) -> None:
    hr.fail_task("run-1", "CORP", "HR_DAILY", 1)
    with run.task(2) as task:
        stale = hr.stale_steps(0)
    assert isinstance(run, Run)
    assert isinstance(task, TaskHandle)
    assert {type(one) for one in stale} == {ProcessingStep}
    assert {type(one) for one in [*run.pending(), *hr.get_pending_tasks("run-1", "CORP", "HR_DAILY")]} == {PendingTask}
    assert {type(one) for one in [*run.status(), *hr.get_status("CORP", "HR_DAILY", "2026-04-09")]} == {TaskDetail}
    assert {type(one) for one in run.summary()} == {RunSummary}
    assert {type(one) for one in hr.status_reset("CORP", "HR_DAILY", "2026-04-09")} == {ProcessingStep}
    assert {type(one) for one in hr.set_processing_mode("CORP", "HR_DAILY", True, True, "2026-01-01")} == {ModeChange}


def test_given_typed_answers_when_read_then_words_times_and_flags_have_their_types(hr: ETLMonitor, run: Run) -> None:
    with run.task(1):
        pass
    done = run.status()[1]
    assert isinstance(done.status, Status)
    assert isinstance(done.processing_date, date)
    assert isinstance(done.start_time, datetime)
    assert done.start_time.tzinfo is UTC
    assert (done.sla_breached, done.is_running, done.task_mandatory) == (False, False, True)


@pytest.mark.parametrize(
    "name", [name for name in etl_monitor_orm.__all__ if is_dataclass(getattr(etl_monitor_orm, name))]
)
def test_values_that_calls_take_and_return_cannot_be_changed(name: str) -> None:
    kind = getattr(etl_monitor_orm, name)
    value = object.__new__(kind)
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(kind)[0].name, None)
