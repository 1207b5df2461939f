"""Stamp records a revision and does nothing else; current reads it."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from etl_monitor_orm import InvalidInput, migrations
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.migrations.looking import VERSION, execute, objects, schemas


def test_given_an_empty_database_when_current_is_asked_then_there_is_none_and_nothing_is_made(engine: Engine) -> None:
    assert migrations.current(engine, "etl") is None
    assert "etl" not in schemas(engine)


def test_given_an_empty_database_when_it_is_stamped_then_only_the_version_is_noted(engine: Engine) -> None:
    migrations.stamp(engine, "etl")
    assert objects(engine) == VERSION
    assert migrations.current(engine, "etl") == SCHEMA_REVISION


def test_given_a_stamp_when_base_is_stamped_then_there_is_no_revision_and_the_tables_stay(engine: Engine) -> None:
    migrations.upgrade(engine, "etl")
    before = objects(engine)
    migrations.stamp(engine, "etl", "base")
    assert migrations.current(engine, "etl") is None
    assert objects(engine) == before


def test_given_a_revision_that_nobody_knows_when_stamped_over_then_the_database_works_again(
    engine: Engine,
) -> None:
    migrations.upgrade(engine, "etl")
    execute(engine, "UPDATE etl.etl_monitor_version SET version_num = 'lost'")
    migrations.stamp(engine, "etl", SCHEMA_REVISION)
    assert migrations.check(engine, "etl") == []


def test_given_an_unknown_revision_when_stamped_then_it_is_refused_and_the_noted_one_stays(
    engine: Engine,
) -> None:
    migrations.upgrade(engine, "etl")
    with pytest.raises(InvalidInput, match="'nope'"):
        migrations.stamp(engine, "etl", "nope")
    assert migrations.current(engine, "etl") == SCHEMA_REVISION
