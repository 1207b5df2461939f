"""What an adoption refuses: it says what is wrong and what to do, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, select, text

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    InvalidTransition,
    ProcessingStep,
    SchemaError,
    SchemaMissing,
    migrations,
)
from etl_monitor_orm.adoption import receipts
from etl_monitor_orm.adoption.rows import table_in
from etl_monitor_orm.migrations.recognising import Kind
from tests.adoption.theirs import DAY, NOW, Theirs, later
from tests.migrations.looking import objects, run_script

NEEDS = ("transactional_ddl",)
Place = tuple[Engine, str]


def monitor_of(place: Place) -> ETLMonitor:
    return ETLMonitor(place[0], schema=place[1], clock=lambda: NOW, actor="pytest")


def unchanged(theirs: Theirs) -> bool:
    """No column, row or object is new."""
    with theirs.engine.connect() as connection:
        logs = connection.execute(select(theirs.tables["ETLsysLogs"])).all()
    return not logs and migrations.current(theirs.engine, theirs.schema) is None


@pytest.mark.parametrize("kind", ["A", "B", "C"])
def test_given_their_rows_when_upgraded_then_it_names_the_adoption_and_changes_nothing(place: Place, kind: str) -> None:
    theirs = Theirs(*place, kind)
    theirs.history()
    before = objects(*place)

    with pytest.raises(SchemaError, match=rf"kind {kind}\).*`etl-monitor adopt"):
        monitor_of(place).setup()

    assert objects(*place) == before
    assert unchanged(theirs)


def test_given_no_tables_when_adopted_then_it_says_so(place: Place) -> None:
    with place[0].begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {place[1]}"))
    with pytest.raises(SchemaMissing, match=r"no tables of the Spark edition.*`etl-monitor db upgrade"):
        monitor_of(place).adopt()


def test_given_a_mixture_of_kinds_when_adopted_then_it_says_what_is_odd(place: Place) -> None:
    theirs = Theirs(*place, "C")
    with place[0].begin() as connection:
        connection.execute(text(f'ALTER TABLE {theirs.of("ETLconfigTasks")} ADD COLUMN "ExpectedDurationSeconds" INT'))
    with pytest.raises(
        SchemaError, match=r"ETLconfigTasks has ExpectedDurationSeconds.*ETLconfigTasks has File.*adopt"
    ):
        monitor_of(place).adopt()
    assert unchanged(theirs)


def test_given_tables_that_lack_one_when_adopted_then_it_says_which(place: Place) -> None:
    theirs = Theirs(*place, "C")
    with place[0].begin() as connection:
        connection.execute(text(f"DROP TABLE {theirs.of('ETLconfigProcess')}"))
    with pytest.raises(SchemaError, match="lacks ETLconfigProcess"):
        monitor_of(place).adopt()


def test_given_rows_with_one_key_when_adopted_then_they_are_named_and_kept_latest_only_if_told(place: Place) -> None:
    theirs = Theirs(*place, "C")
    theirs.register()
    theirs.done(LogMessage="first")
    theirs.done(LogMessage="last", LastUpdatedOn=later(99))
    theirs.done(LogMessage="first", TaskID=2)
    theirs.done(LogMessage="first", TaskID=2)
    monitor = monitor_of(place)

    with pytest.raises(SchemaError, match=r"ETLProcessingSteps has several rows.*TaskID=1.*keep_latest=True"):
        monitor.adopt()
    assert unchanged(theirs)

    report = monitor.adopt(keep_latest=True)

    with monitor.session() as session:
        rows = session.scalars(select(ProcessingStep).order_by(ProcessingStep.task_id)).all()
    assert [(row.task_id, row.log_message) for row in rows] == [(1, "last"), (2, "first")]
    assert [(one.about, one.rows) for one in report.changes if one.about == "duplicates"] == [("duplicates", 2)]


def test_given_a_running_step_when_adopted_then_it_is_named_unless_told_to_go_on(place: Place) -> None:
    theirs = Theirs(*place, "C")
    theirs.register()
    theirs.step(StartTime=NOW, SourceType="DBX_NOTEBOOK")
    monitor = monitor_of(place)

    with pytest.raises(InvalidTransition, match=rf"{DAY}.*TaskID=1.*anyway=True"):
        monitor.adopt()
    assert unchanged(theirs)

    monitor.adopt(anyway=True)
    with monitor.session() as session:
        assert session.scalars(select(ProcessingStep.start_time)).one() == NOW


def test_given_odd_registrations_when_looked_at_then_they_are_found_and_do_not_stop_it(place: Place) -> None:
    theirs = Theirs(*place, "C")
    theirs.register()
    task = {"TaskID": 9, "ProjectCode": "CORP", "ProcessLoad": "GONE", "WorkFlowID": 1, "TaskName": "lost"}
    theirs.add("ETLconfigTasks", {**task, "SequenceID": 77, "LoadFrequency": "Q"})
    report = monitor_of(place).adopt(dry_run=True)

    assert {one.about for one in report.findings} == {"unknown_process", "unknown_stage", "word"}
    assert not report.done
    assert unchanged(theirs)
    assert monitor_of(place).adopt().done


def test_given_a_backup_when_adopted_then_it_holds_their_views_and_is_never_overwritten(
    place: Place, tmp_path: Path
) -> None:
    theirs = Theirs(*place, "C")
    file = tmp_path / "views.sql"
    file.write_text("mine")
    with pytest.raises(InvalidInput, match="exists"):
        monitor_of(place).adopt(backup=file)
    assert unchanged(theirs)
    file.unlink()

    monitor_of(place).adopt(backup=file)

    assert all(name in file.read_text() for name in ("v_processStatus", "v_watermarks", "SELECT"))


def test_given_no_other_schema_for_views_when_theirs_must_stay_then_it_names_the_argument(place: Place) -> None:
    theirs = Theirs(*place, "C")
    theirs.history()

    with pytest.raises(InvalidInput, match="views_schema="):
        monitor_of(place).adopt(keep_their_views=True)

    assert unchanged(theirs)


def test_given_the_backup_of_a_run_that_was_stopped_when_it_goes_on_then_the_file_is_kept(
    place: Place, tmp_path: Path
) -> None:
    theirs, file = Theirs(*place, "C"), tmp_path / "views.sql"
    theirs.history()
    file.write_text("-- as they were", "utf-8")
    with place[0].begin() as connection:
        connection.execute(receipts.begun(table_in(place[1], "ETLsysLogs"), DAY, Kind.C))

    assert monitor_of(place).adopt(backup=str(file)).done
    assert file.read_text("utf-8") == "-- as they were"


def test_given_somebody_elses_view_in_the_schema_for_views_when_adopted_then_it_is_refused(place: Place) -> None:
    engine, schema = place
    theirs, other = Theirs(*place, "C"), f"{schema}_other"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {other}"))
        connection.execute(text(f'CREATE VIEW {other}."v_watermarks" AS SELECT 1 AS mine'))

    with pytest.raises(SchemaError, match=f"Schema {other} has a v_watermarks already"):
        ETLMonitor(engine, schema=schema, views_schema=other).adopt()

    assert unchanged(theirs)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {other} CASCADE"))


def test_given_views_that_were_kept_when_a_program_does_not_know_it_then_it_does_not_replace_them(place: Place) -> None:
    engine, schema = place
    Theirs(*place, "C").history()
    apart = f"{schema}_views"
    ETLMonitor(engine, schema=schema, views_schema=apart, clock=lambda: NOW).adopt(keep_their_views=True)

    with pytest.raises(SchemaError, match=f"the monitor's are in schema {apart}"):
        monitor_of(place).setup()

    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {apart} CASCADE"))


@pytest.mark.parametrize("kind", ["B", "C"])
def test_given_their_tables_when_a_revision_is_recorded_then_it_names_the_adoption(place: Place, kind: str) -> None:
    theirs = Theirs(*place, kind)

    with pytest.raises(SchemaError, match="`etl-monitor adopt"):
        migrations.stamp(*place)

    assert unchanged(theirs)


@pytest.mark.parametrize("wrong", [5, True, "", "  "])
def test_given_no_path_for_the_backup_when_adopted_then_it_is_refused(place: Place, wrong: object) -> None:
    theirs = Theirs(*place, "C")

    with pytest.raises(InvalidInput, match="backup"):
        monitor_of(place).adopt(backup=wrong)

    assert unchanged(theirs)


def test_given_a_backup_when_it_is_run_after_the_adoption_then_their_views_are_back(
    place: Place, tmp_path: Path
) -> None:
    engine, schema = place
    Theirs(*place, "C").history()
    file = tmp_path / "views.sql"
    before = inspect(engine).get_columns("v_watermarks", schema=schema)
    monitor_of(place).adopt(backup=file)

    run_script(engine, file.read_text())

    after = inspect(engine).get_columns("v_watermarks", schema=schema)
    assert [column["name"] for column in after] == [column["name"] for column in before]
