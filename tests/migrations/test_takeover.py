"""The revision moves from `alembic_version` to our own table where it is ours; somebody else's stays as it is."""

from __future__ import annotations

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event

from etl_monitor_orm import ETLMonitor, SchemaError, SchemaMissing, SchemaOutOfDate, migrations
from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.migrations.conftest import CHECKOUT
from tests.migrations.looking import TABLES, VERSION, VIEWS, execute, lower, objects, rows

Place = tuple[Engine, str]
FIRST = ScriptDirectory(str(CHECKOUT / "alembic")).get_base()
WRITES = ("CREATE", "DROP", "INSERT", "UPDATE", "DELETE", "ALTER")


class Stopped(Exception):
    """The process was stopped."""


def noted(place: Place, *revisions: str) -> None:
    """Make everybody's version table, with these rows."""
    engine, schema = place
    kind = "VARCHAR(32)" if backend_of(engine).capabilities.transactional_ddl else "STRING"
    execute(engine, f"CREATE TABLE {schema}.alembic_version (version_num {kind} NOT NULL)")
    for revision in revisions:
        execute(engine, f"INSERT INTO {schema}.alembic_version VALUES ('{revision}')")


def as_before(place: Place, *revisions: str) -> None:
    """Leave the tables as a version before 0.1.0 left them: their revision is recorded in alembic_version."""
    engine, schema = place
    migrations.upgrade(engine, schema, FIRST)
    execute(engine, f"DROP TABLE {schema}.etl_monitor_version")
    noted(place, *(revisions or (FIRST,)))


def old_rows(place: Place) -> list[str]:
    return sorted(str(row[0]) for row in rows(place[0], f"SELECT version_num FROM {place[1]}.alembic_version"))


def names(place: Place) -> set[str]:
    return lower(objects(*place))


def test_given_earlier_tables_when_upgraded_then_their_revision_moves_to_the_new_table(place: Place) -> None:
    as_before(place)
    assert migrations.current(*place) == FIRST
    assert not migrations.usable(*place)

    migrations.upgrade(*place)

    assert migrations.current(*place) == SCHEMA_REVISION
    assert migrations.usable(*place)
    assert names(place) >= lower(TABLES | VIEWS | VERSION)
    assert "alembic_version" not in names(place)
    assert migrations.check(*place) == []


def test_given_earlier_tables_when_checked_then_the_error_names_the_upgrade(
    place: Place,
) -> None:
    as_before(place)

    with pytest.raises(SchemaOutOfDate, match=r"alembic_version.*etl-monitor db upgrade"):
        migrations.check(*place)
    with pytest.raises(SchemaMissing, match="etl-monitor db upgrade"):
        ETLMonitor(place[0], schema=place[1]).get_status("CORP", "HR")

    assert old_rows(place) == [FIRST]


def test_given_tables_from_before_when_downgraded_then_they_are_ours_to_drop(place: Place) -> None:
    as_before(place)

    migrations.downgrade(*place, "base")

    assert names(place) == VERSION


def test_given_tables_from_before_and_rows_of_others_when_upgraded_then_theirs_stay(place: Place) -> None:
    as_before(place, FIRST, "5f2c")

    migrations.upgrade(*place)

    assert migrations.usable(*place)
    assert old_rows(place) == [FIRST, "5f2c"]
    assert migrations.check(*place) == []


def test_given_tables_of_others_in_the_schema_when_taken_over_then_their_version_table_stays(place: Place) -> None:
    as_before(place)
    execute(place[0], f"CREATE TABLE {place[1]}.orders (id INT)")

    migrations.upgrade(*place)

    assert migrations.usable(*place)
    assert old_rows(place) == [FIRST]


@pytest.mark.parametrize("revisions", [(FIRST,), (FIRST, "5f2c"), ()])
def test_given_only_somebody_elses_version_table_when_set_up_then_theirs_stays_as_it_is(
    place: Place, revisions: tuple[str, ...]
) -> None:
    engine, schema = place
    execute(engine, f"CREATE SCHEMA {schema}")
    noted(place, *revisions)
    assert migrations.current(*place) is None
    with pytest.raises(SchemaMissing, match="db upgrade"):
        migrations.check(*place)
    with pytest.raises(SchemaMissing, match="db upgrade"):
        migrations.downgrade(*place, "base")

    monitor = ETLMonitor(engine, schema=schema).setup()

    monitor.register_process("CORP", "HR")
    assert migrations.check(*place) == []
    migrations.downgrade(*place, "base")
    assert old_rows(place) == sorted(revisions)
    assert names(place) == VERSION | {"alembic_version"}


def test_given_somebody_elses_version_table_when_stamped_then_ours_is_made_beside_it(place: Place) -> None:
    execute(place[0], f"CREATE SCHEMA {place[1]}")
    noted(place, "5f2c")

    migrations.stamp(*place)

    assert migrations.current(*place) == SCHEMA_REVISION
    assert old_rows(place) == ["5f2c"]


def test_given_tables_that_are_not_all_ours_when_upgraded_then_nothing_is_taken_over(place: Place) -> None:
    engine, schema = place
    as_before(place)
    execute(engine, f"DROP VIEW {schema}.{quoted_view(engine)}")
    assert migrations.current(*place) is None

    if backend_of(engine).capabilities.transactional_ddl:
        with pytest.raises(SchemaError, match="no revision is recorded"):
            migrations.upgrade(*place)
    else:
        migrations.upgrade(*place)

    assert old_rows(place) == [FIRST]


def quoted_view(engine: Engine) -> str:
    return engine.dialect.identifier_preparer.quote("v_processStatus")


def test_given_a_takeover_stopped_after_any_statement_when_repeated_then_it_is_complete(place: Place) -> None:
    as_before(place)
    seen: set[str] = set()

    def stop(connection, cursor, statement, parameters, context, executemany) -> None:
        if statement.split(maxsplit=1)[0] in WRITES and statement not in seen:
            seen.add(statement)
            raise Stopped

    event.listen(place[0], "after_cursor_execute", stop)
    try:
        for _ in range(100):
            try:
                migrations.upgrade(*place)
                break
            except Stopped:
                assert migrations.current(*place) is not None
    finally:
        event.remove(place[0], "after_cursor_execute", stop)

    assert len(seen) >= 3
    assert migrations.usable(*place)
    assert "alembic_version" not in names(place)


def test_given_the_script_of_an_upgrade_when_read_then_it_says_that_it_takes_nothing_over(place: Place) -> None:
    script = migrations.upgrade_script(*place)

    assert "-- The revision is noted in etl_monitor_version. What alembic_version notes is not taken over" in script
    assert "alembic_version" not in "\n".join(line for line in script.splitlines() if not line.startswith("--"))
