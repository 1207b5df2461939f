"""Watermarks of the first revision, which does not know who set them: they keep their value, and move on as before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import TIMESTAMP, BigInteger, Boolean, Engine, String, column, select, table

from etl_monitor_orm import ETLMonitor, ManualClock, Parameter, migrations
from tests.migrations.conftest import CHECKOUT

Place = tuple[Engine, str]

HR = ("CORP", "HR_DAILY")
FIRST = ScriptDirectory(str(CHECKOUT / "alembic")).get_base()
THEN = datetime(2026, 1, 1, 6, tzinfo=UTC)
INSTANT = TIMESTAMP(timezone=True)


@pytest.fixture
def upgraded(place: Place) -> ETLMonitor:
    """The tables of the first revision with a watermark of each kind, upgraded to the newest."""
    engine, schema = place
    migrations.upgrade(engine, schema, FIRST)
    parameters = table(
        "ETLconfigParameters",
        column("ProjectCode", String),
        column("ProcessLoad", String),
        column("ParameterName", String),
        column("ParameterType", String),
        column("ValueDateTime", INSTANT),
        column("ValueINT", BigInteger),
        column("ValueBIT", Boolean),
        column("LastUpdatedOn", INSTANT),
        schema=schema,
    )
    rows = (
        ("Moved", "DELTA_DATE", THEN - timedelta(hours=1), None, None, THEN),
        ("Empty", "DELTA_DATE", None, None, None, THEN),
        ("Number", "DELTA_ID", None, 7, None, THEN),
        ("Off", "FLAG", None, None, False, THEN),
        ("Undated", "DELTA_DATE", THEN, None, None, None),
    )
    with engine.begin() as connection:
        connection.execute(
            parameters.insert().values([dict(zip(parameters.c.keys(), (*HR, *row), strict=True)) for row in rows])
        )
    migrations.upgrade(engine, schema)
    return ETLMonitor(engine, schema=schema, clock=ManualClock(THEN + timedelta(days=1)))


def test_existing_values_count_as_set_when_their_row_last_changed(upgraded: ETLMonitor) -> None:
    with upgraded.session() as session:
        found = session.execute(
            select(Parameter.parameter_name, Parameter.set_on, Parameter.automatic_value).order_by("ParameterName")
        ).all()

    assert [tuple(row) for row in found] == [
        ("Empty", None, None),
        ("Moved", THEN, None),
        ("Number", THEN, None),
        ("Off", THEN, None),
        ("Undated", None, None),
    ]


@pytest.mark.parametrize("name", ["Moved", "Empty", "Undated"])
def test_existing_watermarks_move_when_the_next_step_is_done(upgraded: ETLMonitor, name: str) -> None:
    upgraded.register_process(*HR).register_task(*HR, 1, 1, 2, "Load", source_system_code=name)
    with upgraded.start_run(*HR, "2026-01-02").task(1):
        pass

    assert upgraded.get_active_watermark(*HR, name) == THEN + timedelta(days=1)


def test_existing_watermark_stays_when_it_changed_after_the_start_of_the_step(upgraded: ETLMonitor) -> None:
    upgraded.register_process(*HR).register_task(*HR, 1, 1, 2, "Load", source_system_code="Moved")
    run = upgraded.start_run(*HR, "2026-01-02")
    upgraded.start_task(run.execution_id, *HR, 1, timestamp=THEN)
    upgraded.end_task(run.execution_id, *HR, 1)

    assert upgraded.get_active_watermark(*HR, "Moved") == THEN - timedelta(hours=1)
