"""What an adoption makes of the Spark edition's rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, select

from etl_monitor_orm import ETLMonitor, Parameter, ProcessingStep, SequenceStage, SysLog, Task, migrations
from etl_monitor_orm.adoption import adopting, running
from tests.adoption.theirs import HR, LIVE, NOON, NOW, REPLAYED, Theirs, later
from tests.migrations.looking import execute, run_script

NEEDS = ("transactional_ddl",)
Place = tuple[Engine, str]
KINDS = pytest.mark.parametrize("kind", ["A", "B", "C"])


def monitor_of(place: Place) -> ETLMonitor:
    return ETLMonitor(place[0], schema=place[1], clock=lambda: NOW, actor="pytest")


def steps_of(monitor: ETLMonitor) -> dict[tuple[Any, ...], ProcessingStep]:
    with monitor.session() as session:
        rows = session.scalars(select(ProcessingStep)).all()
    return {(s.processing_date, s.execution_id, s.workflow_id, s.task_id, s.attempts): s for s in rows}


def plain(monitor: ETLMonitor) -> list[tuple[Any, ...]]:
    return sorted(
        (*key, s.status, s.start_time, s.end_time, s.log_message or "", s.source_type or "")
        for key, s in steps_of(monitor).items()
    )


@KINDS
def test_given_a_history_when_adopted_then_the_tables_are_as_this_version_expects(place: Place, kind: str) -> None:
    Theirs(*place, kind).history()

    report = monitor_of(place).adopt()

    assert (report.kind, report.done) == (kind, True)
    assert migrations.check(*place) == []


def test_given_steps_that_wait_when_adopted_then_they_have_no_start_and_nothing_else_changes(place: Place) -> None:
    Theirs(*place, "C").history()
    monitor = monitor_of(place)
    monitor.adopt()

    waiting = steps_of(monitor)[(LIVE, "run-4", 1, 1, 0)]
    assert (waiting.status, waiting.start_time, waiting.last_updated_on) == ("NQUE", None, NOON)
    skipped = steps_of(monitor)[(LIVE, "run-4", 1, 2, 0)]
    assert (skipped.force_skip, skipped.start_time) == (True, None)


def test_given_steps_that_wait_when_adopted_then_a_sweep_fails_none_of_them(place: Place) -> None:
    Theirs(*place, "C").history()
    monitor = monitor_of(place)
    monitor.adopt()

    assert list(monitor.fail_stale(timedelta(hours=1))) == []


def test_given_a_replayed_date_when_adopted_then_each_step_is_the_try_that_ended_and_a_queued_one(
    place: Place,
) -> None:
    Theirs(*place, "C").history()
    monitor = monitor_of(place)
    report = monitor.adopt()

    steps = steps_of(monitor)
    ended, queued = steps[(REPLAYED, "run-3", 1, 1, 0)], steps[(REPLAYED, "run-3", 1, 1, 1)]
    assert (ended.status, ended.start_time, ended.end_time, ended.duration_seconds) == ("DONE", NOON, later(60), 60)
    assert (queued.status, queued.start_time, queued.end_time, queued.log_message) == ("RQUE", None, None, "replay")
    assert {old.task_id: [new.attempts for new in became] for old, became in report.moved.items()} == {
        0: [0, 1],
        1: [0, 1],
    }
    run = monitor.start_run(*HR, REPLAYED, execution_id="run-3")
    assert [task.task_id for task in run.pending()] == [0, 1]
    with run.task(0):
        pass
    with run.task(1):
        pass
    assert run.pending() == []


def test_given_a_step_started_again_in_place_when_adopted_then_the_failed_try_and_the_running_one_are_apart(
    place: Place,
) -> None:
    theirs = Theirs(*place, "C")
    theirs.register()
    theirs.failed(Status="NQUE", StartTime=later(900), LastUpdatedOn=later(900))
    monitor = monitor_of(place)
    monitor.adopt()

    failed, running_one = (step for _, step in sorted(steps_of(monitor).items()))
    assert (failed.status, failed.start_time, failed.end_time) == ("FAIL", None, later(30))
    assert failed.log_message == "source is down"
    assert (running_one.status, running_one.start_time, running_one.end_time) == ("RQUE", later(900), None)
    assert running_one.source_run_id == "17"


def test_given_an_initiation_put_back_by_a_failure_when_adopted_then_it_waits_in_place(place: Place) -> None:
    Theirs(*place, "C").history()
    monitor = monitor_of(place)
    monitor.adopt()

    (marker,) = (s for s in steps_of(monitor).values() if s.execution_id == "run-1" and s.task_id == 0)
    assert (marker.status, marker.attempts) == ("NQUE", 0)
    assert (marker.start_time, marker.end_time, marker.duration_seconds) == (None, None, None)


def test_given_kind_a_when_adopted_then_the_runs_of_a_date_are_numbered_in_their_order(place: Place) -> None:
    theirs = Theirs(*place, "A")
    theirs.register()
    for name, seconds in (("late", 500), ("early", 100), ("middle", 300)):
        theirs.done(ExecutionID=name, LastUpdatedOn=later(seconds))
    theirs.done(ProcessLoad="OTHER", ExecutionID="other", LastUpdatedOn=later(900))
    monitor = monitor_of(place)
    report = monitor.adopt()

    found = {step.execution_id: step.attempts for step in steps_of(monitor).values()}
    assert found == {"early": 0, "middle": 1, "late": 2, "other": 0}
    assert {(old.execution_id, became[0].attempts) for old, became in report.moved.items()} == {
        ("middle", 1),
        ("late", 2),
    }


def test_given_kinds_with_numbers_when_adopted_then_they_are_kept(place: Place) -> None:
    theirs = Theirs(*place, "B")
    theirs.register()
    theirs.done(ExecutionID="early")
    theirs.done(ExecutionID="late", LastUpdatedOn=later(500))
    monitor = monitor_of(place)
    monitor.adopt()

    assert {step.attempts for step in steps_of(monitor).values()} == {0}


@KINDS
def test_given_keys_outside_the_map_when_adopted_then_they_and_their_states_are_the_same(
    place: Place, kind: str
) -> None:
    theirs = Theirs(*place, kind)
    theirs.history()
    table = theirs.tables["ETLProcessingSteps"]
    with place[0].connect() as connection:
        before = connection.execute(select(table)).all()
    monitor = monitor_of(place)
    report = monitor.adopt()

    after = {(d, "CORP", "HR_DAILY", e, w, t, s.sequence_id, a): s for (d, e, w, t, a), s in steps_of(monitor).items()}
    expected = {key for row in before for key in report.moved.get(tuple(row[:8]), (tuple(row[:8]),))}
    assert set(after) == {tuple(key) for key in expected}
    for row in before:
        (first, *_) = report.moved.get(tuple(row[:8]), (tuple(row[:8]),))
        assert after[tuple(first)].status in (row.Status, "DONE")
        assert after[tuple(first)].log_message == row.LogMessage


def test_given_empty_texts_when_adopted_then_they_are_null_and_no_watermark_moves(place: Place) -> None:
    Theirs(*place, "C").history()
    monitor = monitor_of(place)
    report = monitor.adopt()

    with monitor.session() as session:
        tasks = session.scalars(select(Task).order_by(Task.task_id)).all()
        mark = session.scalars(select(Parameter)).one()
        stages = session.scalars(select(SequenceStage.sequence_id).order_by(SequenceStage.sequence_id)).all()
    assert [task.source_system_code for task in tasks] == [None, "LoadEmployees", None, None]
    assert {task.source_type for task in tasks} == {None}
    assert mark.value_datetime == NOON
    assert list(stages) == list(range(7))
    (text,) = report.watermarks
    assert text.after == "2026-04-09 12:00:00"
    assert text.before is not None
    assert text.before.startswith("2026-04-09 12:00:00")


@KINDS
def test_given_a_stop_after_each_statement_when_adopted_again_then_the_rows_are_as_undisturbed(
    place: Place, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, schema = place
    Theirs(*place, kind).history()
    captured: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(
            running, "execute", lambda connection, place, all_of: captured.extend(s.sql for s in all_of) or []
        )
        monitor_of(place).adopt()
    undisturbed = monitor_of(place).adopt()
    wanted = plain(monitor_of(place))

    for stop in range(1, len(captured), 3):
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
        Theirs(*place, kind).history()
        for sql in captured[:stop]:
            with engine.begin() as connection:
                connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
        again = monitor_of(place).adopt()
        assert plain(monitor_of(place)) == wanted, captured[stop - 1]
        if again.kind is not None:
            assert again.moved == undisturbed.moved, captured[stop - 1]


def test_given_adopted_tables_when_adopted_again_then_nothing_changes(place: Place) -> None:
    Theirs(*place, "A").history()
    monitor = monitor_of(place)
    monitor.adopt()
    before = plain(monitor)
    with monitor.session() as session:
        receipts = len(session.scalars(select(SysLog)).all())

    report = monitor.adopt()

    assert (report.kind, report.changes) == (None, ())
    assert plain(monitor) == before
    with monitor.session() as session:
        assert len(session.scalars(select(SysLog)).all()) == receipts


def test_given_changed_rows_when_adopted_then_receipts_count_them(place: Place) -> None:
    Theirs(*place, "A").history()
    monitor = monitor_of(place)
    monitor.adopt()

    with monitor.session() as session:
        notes = session.scalars(select(SysLog).where(SysLog.operation_name == "adopt")).all()
    counted = {note.activity_name: note.message.splitlines()[0].rpartition(": ")[2] for note in notes if note.message}
    assert (counted["numbered"], counted["split"], counted["reopened"], counted["unstarted"]) == (
        "3.",
        "2.",
        "1.",
        "3.",
    )


def test_given_another_schema_for_views_when_adopted_then_theirs_stay_and_ours_answer(place: Place) -> None:
    engine, schema = place
    theirs = Theirs(*place, "C")
    theirs.history()
    apart = f"{schema}_views"
    monitor = ETLMonitor(engine, schema=schema, views_schema=apart, clock=lambda: NOW, actor="pytest")
    before = {name: definition(engine, schema, name) for name in inspect(engine).get_view_names(schema=schema)}

    report = monitor.adopt(keep_their_views=True)

    assert {name: definition(engine, schema, name) for name in before} == before
    (note,) = [note for note in report.notes if "views stay in schema" in note]
    assert note.endswith(f"ETL_MONITOR_VIEWS_SCHEMA={apart}.")
    assert migrations.check(monitor.engine, schema) == []
    assert monitor.processes()
    execute(engine, f"DROP SCHEMA {apart} CASCADE")


def test_given_views_apart_when_an_adoption_is_written_then_its_statements_do_the_same(place: Place) -> None:
    engine, schema = place
    Theirs(*place, "C").history()
    apart = f"{schema}_views"
    monitor = ETLMonitor(engine, schema=schema, views_schema=apart)
    script = adopting.adoption_script(monitor.engine, schema, now=NOW, keep_their_views=True)

    run_script(engine, script)

    assert migrations.check(monitor.engine, schema) == []
    execute(engine, f"DROP SCHEMA {apart} CASCADE")


def definition(engine: Engine, schema: str, name: str) -> str:
    return inspect(engine).get_view_definition(name, schema=schema)
