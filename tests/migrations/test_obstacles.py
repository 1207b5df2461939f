"""Tables and views of other make under our names: a clear error that names the way out, and nothing is changed."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from etl_monitor_orm import ETLMonitor, SchemaError, SchemaOutOfDate, migrations
from etl_monitor_orm.backends import backend_of
from tests.migrations.looking import execute, objects

Place = tuple[Engine, str]


def quoted(place: Place, name: str) -> str:
    return ".".join([place[1], place[0].dialect.identifier_preparer.quote(name)])


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (("TABLE", "ETLsysLogs", "(mine INT)"), "has a table ETLsysLogs that is not the monitor's: it lacks _ID"),
        (("TABLE", "v_watermarks", "(mine INT)"), "has a table v_watermarks where the monitor needs a view"),
        (("VIEW", "ETLconfigTasks", "AS SELECT 1 AS mine"), "a view ETLconfigTasks where the monitor needs a table"),
        (
            ("VIEW", "etl_monitor_version", "AS SELECT 1 AS mine"),
            "a etl_monitor_version that is not the monitor's: it lacks version_num",
        ),
    ],
)
def test_given_something_of_our_name_when_set_up_then_the_error_says_what_and_nothing_is_made(
    place: Place, made: tuple[str, str, str], words: str
) -> None:
    engine, schema = place
    kind, name, body = made
    execute(engine, f"CREATE SCHEMA {schema}")
    execute(engine, f"CREATE {kind} {quoted(place, name)} {body}")
    before = objects(*place)

    with pytest.raises(SchemaError, match=rf"{words}.*Rename it, or.*--schema.*Nothing was changed"):
        ETLMonitor(engine, schema=schema).setup()

    assert objects(*place) == before


def test_given_our_tables_without_a_noted_revision_when_set_up_then_the_way_out_works(place: Place) -> None:
    engine, schema = place
    migrations.upgrade(*place)
    migrations.stamp(*place, "base")
    if not backend_of(engine).capabilities.transactional_ddl:
        # There each statement can be executed again, so the upgrade itself is the way out.
        migrations.upgrade(*place)
        assert migrations.check(*place) == []
        return

    with pytest.raises(SchemaError, match=rf"no revision is recorded.*`etl-monitor db stamp .*--schema {schema}`"):
        migrations.upgrade(*place)

    migrations.stamp(*place)
    assert migrations.check(*place) == []


def test_given_a_revision_of_nobodys_when_used_then_the_error_names_the_way_out_and_it_works(place: Place) -> None:
    engine, schema = place
    migrations.upgrade(*place)
    execute(engine, f"UPDATE {schema}.etl_monitor_version SET version_num = 'lost'")

    for call in (
        lambda: migrations.upgrade(*place),
        lambda: migrations.downgrade(*place, "base"),
        lambda: ETLMonitor(engine, schema=schema).get_status("CORP", "HR"),
    ):
        with pytest.raises(SchemaOutOfDate, match=r"'lost'.*etl-monitor db stamp"):
            call()

    migrations.stamp(*place)
    assert migrations.check(*place) == []


def test_given_several_noted_revisions_when_used_then_the_error_names_them_and_a_way_out(place: Place) -> None:
    engine, schema = place
    migrations.upgrade(*place)
    execute(engine, f"INSERT INTO {schema}.etl_monitor_version VALUES ('9998', NULL)")

    for call in (lambda: migrations.upgrade(*place), lambda: ETLMonitor(engine, schema=schema).log("at work")):
        with pytest.raises(SchemaOutOfDate, match=r"several revisions.*9998.*etl-monitor db stamp"):
            call()

    migrations.stamp(*place)
    assert migrations.check(*place) == []
