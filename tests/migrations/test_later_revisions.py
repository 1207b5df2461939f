"""The next revision, and the one after it: up, down, offline, stopped anywhere, and beside older programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, inspect

from etl_monitor_orm import ETLMonitor, EtlMonitorError, SchemaOutOfDate, migrations
from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.migrations import scripts
from etl_monitor_orm.models import revision as revisions
from tests.migrations.later import COLUMN, MORE, TABLES, VIEWS, Later, make_later
from tests.migrations.looking import VIEWS as ALL_VIEWS
from tests.migrations.looking import execute, quoted

Place = tuple[Engine, str]
WRITES = ("CREATE", "DROP", "INSERT", "UPDATE", "DELETE", "ALTER", "COMMENT")


class Stopped(Exception):
    """The process was stopped."""


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Later:
    """The scripts with two revisions more, which migrations now find."""
    made = make_later(tmp_path / "scripts")
    monkeypatch.setattr(scripts, "script_location", lambda: made.folder)
    return made


def columns(place: Place, name: str) -> list[str]:
    engine, schema = place
    can = backend_of(engine).capabilities
    name = name.lower() if can.folds_names else name
    return [column["name"] for column in inspect(engine).get_columns(name, schema=schema)]


def rolls_back(place: Place) -> bool:
    return backend_of(place[0]).capabilities.transactional_ddl


def with_column(place: Place, column: str = COLUMN) -> set[str]:
    return {name for name in (*TABLES, *VIEWS) if columns(place, name)[-1] == column}


@contextmanager
def known(monkeypatch: pytest.MonkeyPatch, later: Later, revision: str) -> Iterator[None]:
    """As if this package shipped the revisions up to another one."""
    newer = [file for file in (later.folder / "versions").glob("*.py") if file.name[: len(revision)] > revision]
    with monkeypatch.context() as patch:
        patch.setattr(revisions, "SCHEMA_REVISION", revision)
        for file in newer:
            file.rename(file.with_suffix(".later"))
        try:
            yield
        finally:
            for file in newer:
                file.with_suffix(".later").rename(file)


def test_given_the_next_revision_when_upgraded_then_columns_come_last_and_views_name_them(
    place: Place, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.upgrade(*place, later.head)

    migrations.upgrade(*place, later.second)

    assert migrations.current(*place) == later.second
    assert with_column(place) == {*TABLES, *VIEWS}
    with known(monkeypatch, later, later.second):
        found = migrations.compare(*place)
    assert sorted(found.notes) == sorted(f"Column {table}.{COLUMN} is not one of the monitor's." for table in TABLES)
    assert sorted(found.differences) == sorted(f"View {view} has another definition." for view in VIEWS)


def test_given_the_next_revision_when_downgraded_then_the_older_version_finds_its_own(
    place: Place, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.upgrade(*place, later.second)

    with known(monkeypatch, later, later.second):
        migrations.downgrade(*place, later.head)

    with known(monkeypatch, later, later.head):
        found = migrations.compare(*place)
    assert found.differences == []
    # Where nothing rolls back, no column is dropped: an older version works beside it.
    assert len(found.notes) == (0 if rolls_back(place) else len(TABLES))
    migrations.upgrade(*place, later.second)
    assert with_column(place) == {*TABLES, *VIEWS}


def test_given_the_third_revision_when_going_one_back_then_the_view_is_the_seconds(
    place: Place, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.upgrade(*place, later.third)
    assert with_column(place, MORE) == {"ETLProcessingSteps", "v_taskDetail"}

    with known(monkeypatch, later, later.third):
        migrations.downgrade(*place, "-1")
        assert migrations.current(*place) == later.second
        assert columns(place, "v_taskDetail")[-1] == COLUMN
        migrations.downgrade(*place, "base")
    assert migrations.current(*place) is None


def test_given_the_next_revisions_when_stopped_anywhere_then_the_next_run_completes_them(
    place: Place, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.upgrade(*place, later.head)
    seen: set[str] = set()

    def stop(connection, cursor, statement, parameters, context, executemany) -> None:
        if statement.split(maxsplit=1)[0] in WRITES and statement not in seen:
            seen.add(statement)
            raise Stopped

    event.listen(place[0], "after_cursor_execute", stop)
    try:
        for _ in range(100):
            try:
                with known(monkeypatch, later, later.third):
                    migrations.upgrade(*place)
                break
            except Stopped:
                if rolls_back(place):
                    assert migrations.current(*place) == later.head
                    assert with_column(place) == set()
    finally:
        event.remove(place[0], "after_cursor_execute", stop)

    assert len(seen) > len(TABLES) + len(VIEWS)
    assert migrations.current(*place) == later.third
    assert with_column(place, MORE) == {"ETLProcessingSteps", "v_taskDetail"}
    assert columns(place, "v_watermarks")[-1] == COLUMN


def test_given_views_of_which_one_cannot_be_made_when_upgraded_then_none_is_replaced(
    place: Place, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.upgrade(*place, later.head)
    for dialect in later.dialects():
        file = later.file(later.second, dialect, "v_watermarks")
        file.write_text(file.read_text("utf-8").replace(COLUMN, "Nobody"), "utf-8")

    with pytest.raises(EtlMonitorError, match="Nobody"):
        migrations.upgrade(*place, later.second)

    assert columns(place, "v_taskDetail")[-1] != COLUMN
    assert migrations.current(*place) == later.head
    with known(monkeypatch, later, later.head):
        assert migrations.check(*place) == []


def test_given_the_script_of_the_next_revisions_when_run_then_it_makes_what_an_upgrade_makes(
    place: Place, later: Later
) -> None:
    engine, schema = place
    migrations.upgrade(*place, later.head)

    script = migrations.upgrade_script(engine, schema, f"{later.head}:{later.third}")
    with engine.begin() as connection:
        for statement in script.split(";\n"):
            text = "\n".join(line for line in statement.splitlines() if not line.startswith("--")).strip()
            if text and text not in ("BEGIN", "COMMIT"):
                connection.exec_driver_sql(text)

    assert f"A run against the database adds to {TABLES[0]} only the columns that are not there yet." in script
    assert migrations.current(*place) == later.third
    assert with_column(place, MORE) == {"ETLProcessingSteps", "v_taskDetail"}
    assert columns(place, "v_watermarks")[-1] == COLUMN


def test_given_a_newer_revision_that_says_so_when_an_older_version_works_then_it_goes_on(
    place: Place, later: Later
) -> None:
    engine, schema = place
    migrations.upgrade(*place, later.second)
    monitor = ETLMonitor(engine, schema=schema, actor="pytest").setup()

    monitor.register_process("CORP", "HR").register_task("CORP", "HR", 1, 1, 2, "Load")
    with monitor.start_run("CORP", "HR", "2026-04-09").task(1):
        pass

    assert [step.status for step in monitor.get_status("CORP", "HR", "2026-04-09")] == ["DONE"]
    assert migrations.usable(*place)
    assert migrations.current(*place) == later.second
    with pytest.raises(SchemaOutOfDate, match="from a newer version"):
        migrations.check(*place)
    with pytest.raises(SchemaOutOfDate, match="from a newer version"):
        migrations.downgrade(*place, "base")


def test_given_a_newer_revision_for_later_releases_when_an_older_one_works_then_it_is_refused(
    place: Place, later: Later
) -> None:
    engine, schema = place
    migrations.upgrade(*place, later.third)
    monitor = ETLMonitor(engine, schema=schema)

    for call in (monitor.setup, lambda: monitor.get_status("CORP", "HR")):
        with pytest.raises(SchemaOutOfDate, match=rf"revision {later.third}.*pip install --upgrade.*99\.0 or later"):
            call()
    assert not migrations.usable(*place)


def test_given_an_upgrade_stopped_before_it_said_who_can_read_when_repeated_then_it_says_so(
    place: Place,
) -> None:
    engine, schema = place
    migrations.upgrade(*place)
    execute(engine, f"UPDATE {quoted(engine, schema)}.etl_monitor_version SET readable_from = NULL")

    migrations.upgrade(*place)

    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            f"SELECT version_num, readable_from FROM {quoted(engine, schema)}.etl_monitor_version"
        ).all()
    assert [row[0] for row in found] == [revisions.SCHEMA_REVISION]
    assert found[0][1] is not None


def test_given_a_database_that_joins_later_when_upgraded_then_it_gets_all_views_where_it_joins(
    place: Place, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, _ = place
    dialect = backend_of(engine).name
    for view in ALL_VIEWS - set(VIEWS):
        later.file(later.second, dialect, view).write_text(later.newest(dialect, view), "utf-8")
    for file in (later.folder / "views").glob(f"*/{dialect}/*.sql"):
        if file.parts[-3] < later.second:
            file.unlink()
    for folder in (later.folder / "views").glob(f"*/{dialect}"):
        if not list(folder.iterdir()):
            folder.rmdir()

    migrations.upgrade(*place, later.head)
    assert set(inspect(engine).get_view_names(schema=place[1])) == set()
    migrations.upgrade(*place, later.second)
    there = {name.lower() for name in inspect(engine).get_view_names(schema=place[1])}
    assert there == {name.lower() for name in ALL_VIEWS}
    with known(monkeypatch, later, later.second):
        migrations.downgrade(*place, later.head)
    assert set(inspect(engine).get_view_names(schema=place[1])) == set()


def test_given_a_missing_frozen_view_when_upgraded_then_the_error_names_revision_and_database(
    place: Place, later: Later
) -> None:
    dialect = backend_of(place[0]).name
    migrations.upgrade(*place, later.head)
    later.file(later.second, dialect, "v_watermarks").unlink()

    words = rf"{later.second} has no v_watermarks for {dialect}.*freeze_views\.py {later.second} v_watermarks"
    with pytest.raises(FileNotFoundError, match=words):
        migrations.upgrade(*place, later.second)

    assert migrations.current(*place) == later.head


def test_given_a_revision_that_does_not_say_who_can_read_it_when_upgraded_then_it_is_refused(
    place: Place, later: Later
) -> None:
    migrations.upgrade(*place, later.head)
    file = next((later.folder / "versions").glob(f"{later.second}*.py"))
    file.write_text(file.read_text("utf-8").replace('readable_from = "0.1.0"\n', ""), "utf-8")

    with pytest.raises(EtlMonitorError, match=f"Revision {later.second} has no readable_from"):
        migrations.upgrade(*place, later.second)
