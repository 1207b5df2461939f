"""Tables of the first revision with rows, upgraded past all others: the rows stay, and new columns are filled."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Table, insert, inspect, select
from sqlalchemy import table as light

from etl_monitor_orm import migrations
from etl_monitor_orm.migrations import scripts
from etl_monitor_orm.models import Base
from tests.migrations.conftest import CHECKOUT
from tests.migrations.later import make_later

Place = tuple[Engine, str]
FIRST = ScriptDirectory(str(CHECKOUT / "alembic")).get_base()
THEN = datetime(2026, 1, 1, 6, tzinfo=UTC)
TASK = {"ProjectCode": "CORP", "ProcessLoad": "HR_DAILY", "WorkFlowID": 1, "TaskID": 1}
STEP = {**TASK, "ProcessingDate": date(2026, 1, 1), "ExecutionID": "run-1", "Attempts": 0, "SequenceID": 2}
ROWS = {
    "ETLconfigTasks": {**TASK, "SequenceID": 2, "TaskName": "Load", "ExpectedDurationSeconds": 60},
    "ETLconfigParameters": {
        "ProjectCode": "CORP",
        "ProcessLoad": "HR_DAILY",
        "ParameterName": "LoadEvents",
        "ParameterType": "DELTA_ID",
        "ValueINT": 7,
        "LastUpdatedOn": THEN,
    },
    "ETLProcessingSteps": {**STEP, "Status": "FAIL", "LogMessage": "late rows"},
}


def table(place: Place, name: str) -> Table:
    """A mapped table with the columns that are there now."""
    engine, schema = place
    kept = next(one for one in inspect(engine).get_table_names(schema=schema) if one.lower() == name.lower())
    there = {column["name"].lower() for column in inspect(engine).get_columns(kept, schema=schema)}
    mapped = Base.metadata.tables[f"etl.{name}"]
    columns = [column._copy() for column in mapped.c if column.name.lower() in there]
    return light(name, *columns, schema=schema)


@pytest.fixture
def first(place: Place) -> Place:
    """Tables of the first revision, each with a row."""
    engine, schema = place
    migrations.upgrade(engine, schema, FIRST)
    with engine.begin() as connection:
        for name, row in ROWS.items():
            connection.execute(insert(table(place, name)).values(row))
    return place


def rows_stay(place: Place) -> None:
    for name, row in ROWS.items():
        with place[0].connect() as connection:
            (found,) = connection.execute(select(table(place, name))).mappings().all()
        assert {column: found[column] for column in row} == row, name


def test_rows_stay_and_new_columns_are_filled(first: Place) -> None:
    migrations.upgrade(*first)

    rows_stay(first)
    with first[0].connect() as connection:
        assert connection.scalar(select(table(first, "ETLProcessingSteps").c.ExpectedDurationSeconds)) == 60
        assert connection.scalar(select(table(first, "ETLconfigParameters").c.SetOn)) == THEN
    assert migrations.check(*first) == []


def test_rows_stay_when_later_revisions_alter_the_tables_that_were_filled(
    first: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = make_later(tmp_path / "scripts")
    monkeypatch.setattr(scripts, "script_location", lambda: later.folder)

    migrations.upgrade(*first, later.third)

    rows_stay(first)
    assert migrations.current(*first) == later.third


def test_tables_are_made_when_a_later_revision_alters_what_the_first_one_seeds(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = make_later(tmp_path / "scripts")
    monkeypatch.setattr(scripts, "script_location", lambda: later.folder)

    migrations.upgrade(*place, later.third)

    assert migrations.current(*place) == later.third
