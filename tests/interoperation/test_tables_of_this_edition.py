"""Tables that this edition made: the Spark edition works on them."""

from __future__ import annotations

import pytest
from etl_monitor.framework import ETLMonitorFramework
from sqlalchemy import select as query

from etl_monitor_orm import ETLMonitor, ProcessingStep, SchemaOutOfDate, TaskDetail, migrations
from tests.interoperation.their_runs import DAY, FIRST, HR, SCHEMA, SECOND, register, run_until_it_fails

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture
def shared(nothing: None, ours: ETLMonitor) -> ETLMonitor:
    """This edition on its own tables, which have the Spark edition's columns too."""
    return ours.setup()


def test_given_our_tables_when_the_spark_edition_runs_on_them_then_our_queries_show_the_result(
    shared: ETLMonitor, theirs: ETLMonitorFramework
) -> None:
    theirs.setup()
    register(theirs)
    run_until_it_fails(theirs)

    with shared.session() as session:
        steps = session.scalars(query(ProcessingStep).order_by(ProcessingStep.task_id)).all()
    assert [(step.task_name, step.status) for step in steps] == [
        ("Initiation", "NQUE"),
        ("Load employees", "DONE"),
        ("Build mart", "FAIL"),
    ]
    run = shared.start_run(*HR, DAY, execution_id=SECOND, resume=True)
    assert [task.task_name for task in run.pending()] == ["Initiation", "Build mart"]


def test_given_a_run_of_ours_when_the_spark_edition_continues_it_then_it_does_what_is_left(
    shared: ETLMonitor, theirs: ETLMonitorFramework
) -> None:
    register(theirs)
    run = shared.start_run(*HR, DAY, execution_id=FIRST)
    with run.task(0):
        pass

    left = theirs.get_pending_tasks(FIRST, *HR, DAY).collect()
    assert [row["TaskName"] for row in left] == ["Load employees", "Build mart"]
    for row in left:
        with theirs.task(
            FIRST,
            *HR,
            task_id=row["TaskID"],
            workflow_id=row["WorkFlowID"],
            sequence_id=row["SequenceID"],
            processing_date=DAY,
        ):
            pass
    assert run.pending() == []
    assert [summary.overall_status for summary in run.summary()] == ["COMPLETE"]


def test_given_views_the_spark_edition_replaced_when_ours_are_restored_then_no_row_is_lost(
    shared: ETLMonitor, theirs: ETLMonitorFramework
) -> None:
    theirs.setup()
    register(theirs)
    run_until_it_fails(theirs)
    for call in (lambda: shared.get_status(*HR, DAY), shared.processes, lambda: shared.runs(FIRST)):
        with pytest.raises(SchemaOutOfDate, match=r"is not the monitor's.*`etl-monitor db repair"):
            call()

    shared.setup()

    assert migrations.check(shared.engine, SCHEMA) == []

    with shared.session() as session:
        detail = session.scalars(query(TaskDetail).order_by(TaskDetail.task_id)).all()
    assert [(step.task_name, step.sla_breached) for step in detail] == [
        ("Initiation", False),
        ("Load employees", False),
        ("Build mart", False),
    ]
