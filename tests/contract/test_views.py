"""The views: their columns in order, and that they can only be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Executable, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm import (
    Breach,
    BreachKind,
    CurrentFailure,
    ETLMonitor,
    InvalidInput,
    MandatoryBlocker,
    ManualClock,
    Overdue,
    ProcessStatus,
    Run,
    RunSummary,
    TaskDetail,
    Watermark,
    views,
)

COLUMNS = {
    ProcessStatus: """
        ProcessingDate ProjectCode ProcessLoad ProcessName ProcessOwner LatestAttempt TotalRuns
        Done Failed Pending RunStart RunEnd WallClockSeconds OverallStatus Running RunState
    """,
    RunSummary: """
        ProcessingDate ProjectCode ProcessLoad ExecutionID Attempts TotalTasks Done Failed Pending
        RunStart RunEnd TotalDurationSeconds WallClockSeconds OverallStatus LastActivity Running
    """,
    TaskDetail: """
        ProcessingDate ProjectCode ProcessLoad ExecutionID Attempts WorkFlowID SequenceCode SequenceID TaskName TaskID
        TaskMandatory SourceSystemCode Status StartTime EndTime DurationSeconds ExpectedDurationSeconds SLABreached
        SourceType SourceRunID LogType LogMessage LastUpdatedBy IsRunning FullFileName InFilePath OutFilePath ForceSkip
    """,
    MandatoryBlocker: """
        ProcessingDate ProjectCode ProcessLoad ExecutionID WorkFlowID SequenceCode TaskName TaskID
        Attempts Status StartTime LogType LogMessage SourceType SourceSystemCode EndTime SequenceID
    """,
    CurrentFailure: """
        ProcessingDate ProjectCode ProcessLoad ExecutionID WorkFlowID SequenceCode TaskName TaskID
        TaskMandatory Attempts Status StartTime LogType LogMessage SourceType SourceRunID EndTime SequenceID
    """,
    Watermark: """
        ProjectCode ProcessLoad ParameterName ParameterType ParameterDescription ValueINT ValueDateTime ValueBIT
        ActiveValue WatermarkState LinkedTaskName LastUpdatedOn LastUpdatedBy SetOn
    """,
    Overdue: """
        BreachID Kind ProjectCode ProcessLoad ProcessOwner WorkFlowID TaskID TaskName ParameterName ProcessingDate
        ExecutionID Attempts Since Message Blocks OpenedOn NotifiedOn
    """,
}
VIEWS = pytest.mark.parametrize("view", COLUMNS, ids=[view.__tablename__ for view in COLUMNS])

Work = Callable[..., None]
Rows = Callable[..., list]


@pytest.fixture
def seen(hr: ETLMonitor, run: Run, fail: Work, clock: ManualClock) -> None:
    """Something in each view."""
    fail(run, 1)
    with hr.session() as session, session.begin():
        late = {"kind": BreachKind.NOT_DONE, "project_code": "CORP", "process_load": "HR_DAILY"}
        session.add(Breach(breach_id="1", **late, since=clock.now, opened_on=clock.now))


@VIEWS
def test_given_a_view_when_all_of_it_is_selected_then_its_columns_come_in_the_agreed_order(
    hr: ETLMonitor, view: type
) -> None:
    with hr.session() as session:
        found = session.execute(select(text("*")).select_from(view.__table__))

        assert list(found.keys()) == COLUMNS[view].split()


@VIEWS
def test_given_a_mapped_view_then_it_has_the_same_columns_in_the_same_order(view: type) -> None:
    assert [column.name for column in view.__table__.columns] == COLUMNS[view].split()


@VIEWS
def test_given_a_mapped_view_when_it_is_read_then_rows_come_as_its_objects(seen: None, rows: Rows, view: type) -> None:
    assert {type(found) for found in rows(view)} == {view}


@VIEWS
def test_given_an_object_of_a_view_when_it_is_added_then_it_is_refused(hr: ETLMonitor, view: type) -> None:
    with hr.session() as session:
        keys = [column.key for column in view.__mapper__.column_attrs]
        session.add(view(**dict.fromkeys(keys[:1], date(2026, 4, 9) if keys[0] == "processing_date" else "CORP")))

        with pytest.raises(InvalidInput, match=f"{view.__name__} is the view {view.__tablename__}"):
            session.flush()


@VIEWS
def test_given_an_object_of_a_view_when_it_is_changed_then_it_is_refused(
    hr: ETLMonitor, seen: None, view: type
) -> None:
    with hr.session() as session:
        found = session.query(view).first()
        found.project_code = "OTHER"

        with pytest.raises(InvalidInput, match="is read-only"):
            session.flush()


@VIEWS
def test_given_an_object_of_a_view_when_it_is_deleted_then_it_is_refused(
    hr: ETLMonitor, seen: None, view: type
) -> None:
    with hr.session() as session:
        session.delete(session.query(view).first())

        with pytest.raises(InvalidInput, match="is read-only"):
            session.flush()


@pytest.mark.parametrize(
    "statement",
    [
        insert(Watermark).values(project_code="CORP", process_load="HR_DAILY", parameter_name="Other"),
        update(Watermark).values(value_int=5),
        delete(Watermark),
    ],
    ids=["insert", "update", "delete"],
)
def test_given_a_view_when_a_statement_would_write_it_then_the_database_refuses_it(
    hr: ETLMonitor, statement: Executable
) -> None:
    with hr.session() as session, pytest.raises(DBAPIError):
        session.execute(statement)


def test_views_in_the_order_of_their_creation_have_the_names_that_are_known_without_mapping_them() -> None:
    assert [view.__tablename__ for view in views.VIEWS] == [name for _, name in views.HOMES.values()]
    assert [view.__name__ for view in views.VIEWS] == [*views.HOMES]
