"""Tables that the Spark edition made and filled: this edition reads them and continues from there."""

from __future__ import annotations

from datetime import UTC, date

import pytest
from etl_monitor.framework import ETLMonitorFramework
from sqlalchemy import select as query

from etl_monitor_orm import CurrentFailure, ETLMonitor, Parameter, ProcessingStep, Watermark, migrations
from tests.interoperation.their_runs import DAY, HR, SCHEMA, SECOND, register, run_until_it_fails
from tests.warehouse import Warehouse

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture
def taken_over(nothing: None, warehouse: Warehouse, theirs: ETLMonitorFramework, ours: ETLMonitor) -> ETLMonitor:
    """This edition on the Spark edition's tables, after a run of theirs that failed."""
    theirs.setup()
    register(theirs)
    run_until_it_fails(theirs)
    ours.adopt()
    return ours


def test_given_a_run_of_the_spark_edition_then_our_queries_tell_how_it_went(taken_over: ETLMonitor) -> None:
    with taken_over.session() as session:
        steps = session.scalars(query(ProcessingStep).order_by(ProcessingStep.task_id)).all()
        failure = session.scalars(query(CurrentFailure)).one()
        watermark = session.scalars(query(Watermark)).one()

    assert [(step.task_name, step.status) for step in steps] == [
        ("Initiation", "NQUE"),
        ("Load employees", "DONE"),
        ("Build mart", "FAIL"),
    ]
    assert (failure.task_name, failure.log_message, failure.processing_date) == (
        "Build mart",
        "source is down",
        date(2026, 4, 9),
    )
    assert watermark.value_datetime == steps[1].start_time
    assert watermark.linked_task_name == "Load employees"


def test_given_a_failed_run_of_theirs_when_ours_runs_the_date_again_then_it_does_what_was_left(
    taken_over: ETLMonitor, theirs: ETLMonitorFramework
) -> None:
    run = taken_over.start_run(*HR, DAY, execution_id=SECOND, resume=True)
    assert [task.task_name for task in run.pending()] == ["Initiation", "Build mart"]
    for task in run.pending():
        with run.task(task.task_id, workflow_id=task.workflow_id):
            pass

    (summary,) = run.summary()
    assert (summary.overall_status, summary.attempts) == ("COMPLETE", 1)
    seen = theirs.get_status(*HR, DAY, execution_id=SECOND).collect()
    assert [(row["TaskName"], row["Status"]) for row in seen] == [("Initiation", "DONE"), ("Build mart", "DONE")]
    theirs.generate_execution_steps("run-3", *HR, DAY)
    assert theirs.get_status(*HR, DAY, execution_id="run-3").collect() == []


def test_given_a_watermark_that_they_moved_when_ours_loads_a_date_then_it_reads_and_moves_it(
    taken_over: ETLMonitor, theirs: ETLMonitorFramework
) -> None:
    with taken_over.session() as session:
        before = session.scalars(query(Parameter)).one().value_datetime

    run = taken_over.start_run(*HR, "2026-04-10", execution_id=SECOND)
    with run.task(1) as task:
        assert task.watermark == before

    with taken_over.session() as session:
        step = session.scalars(query(ProcessingStep).filter_by(execution_id=SECOND, task_id=1)).one()
    assert before is not None
    assert step.start_time is not None
    assert step.start_time > before
    assert theirs.get_active_watermark(*HR, "LoadEmployees").replace(tzinfo=UTC) == step.start_time


def test_given_a_step_that_they_queued_when_ours_starts_it_then_it_can_be_taken_over(
    taken_over: ETLMonitor, theirs: ETLMonitorFramework
) -> None:
    theirs.generate_execution_steps(SECOND, *HR, "2026-04-10")
    run = taken_over.start_run(*HR, "2026-04-10", execution_id=SECOND)

    assert run.ready() == []
    assert [task.task_name for task in run.pending()] == ["Initiation", "Load employees", "Build mart"]
    with run.task(1, takeover=True):
        pass
    seen = theirs.get_status(*HR, "2026-04-10", execution_id=SECOND, task_id=1).collect()
    assert [row["Status"] for row in seen] == ["DONE"]


def test_given_their_tables_when_compared_then_nothing_differs_but_comments(taken_over: ETLMonitor) -> None:
    found = migrations.compare(taken_over.engine, SCHEMA)

    assert found.differences == []
    assert found.notes
    assert [note for note in found.notes if not note.endswith("has another comment.")] == []
