"""Repair: views and the framework's stages are right again, and rows stay; a refusal gives the way out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, delete, event, select, update

from etl_monitor_orm import ETLMonitor, SchemaError, SchemaMissing, SchemaOutOfDate, SequenceStage, migrations
from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.models.revision import SCHEMA_REVISION, VERSION_TABLE
from etl_monitor_orm.schemas import in_schema
from etl_monitor_orm.vocabulary import BUILT_IN_STAGES
from tests.migrations.looking import VIEWS, execute, quoted

Place = tuple[Engine, str]
HR = ("CORP", "HR_DAILY")


@pytest.fixture
def monitor(place: Place) -> ETLMonitor:
    """A monitor with a run, on tables that were just made."""
    engine, schema = place
    monitor = ETLMonitor(engine, schema=schema).setup().register_process(*HR).register_sequence(12, "EXPORT")
    monitor.register_task(*HR, 1, 1, 2, "Load employees").start_run(*HR, "2026-04-09", execution_id="run-1")
    return monitor


def named(place: Place, name: str) -> str:
    engine, schema = place
    return f"{schema}.{quoted(engine, name)}"


def stages(monitor: ETLMonitor) -> list[tuple[object, ...]]:
    with monitor.session() as session:
        rows = session.scalars(select(SequenceStage).order_by(SequenceStage.sequence_id)).all()
    columns = ("sequence_id", "sequence_code", "sequence_name", "sequence_description", "sort_order", "is_active")
    return [tuple(getattr(row, column) for column in columns) for row in rows]


@contextmanager
def writes(engine: Engine) -> Iterator[list[str]]:
    """The statements that change something, as they happen."""
    changing: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        if statement.lstrip().upper().startswith(("CREATE", "DROP", "INSERT", "UPDATE", "DELETE", "ALTER", "MERGE")):
            changing.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield changing
    event.remove(engine, "before_cursor_execute", note)


def test_repair_of_what_is_right_writes_nothing_and_says_so(place: Place, monitor: ETLMonitor) -> None:
    engine, schema = place

    with writes(engine) as changing:
        assert migrations.repair(engine, schema) == []

    assert [words for words in changing if "TEMP" not in words] == []


def test_repair_restores_views_and_stages_and_keeps_rows(place: Place, monitor: ETLMonitor) -> None:
    engine, schema = place
    before = stages(monitor)
    execute(engine, f"DROP VIEW {named(place, 'v_watermarks')}")
    execute(engine, f"DROP VIEW {named(place, 'v_taskDetail')}")
    execute(engine, f"CREATE VIEW {named(place, 'v_taskDetail')} AS SELECT 1 AS x")
    with monitor.session() as session:
        session.execute(delete(SequenceStage).where(SequenceStage.sequence_id == 0))
        session.execute(update(SequenceStage).where(SequenceStage.sequence_id == 3).values(sequence_code="X"))
        session.execute(update(SequenceStage).where(SequenceStage.sequence_id == 4).values(is_active=None))
        session.commit()

    found = migrations.check(engine, schema)
    said = migrations.repair(engine, schema)

    assert [words.split()[1] for words in found] == ["v_taskDetail", "v_watermarks", "0", "3", "4"]
    assert [words.split()[1] for words in said] == ["v_taskDetail", "v_watermarks", "0", "3", "4"]
    assert migrations.check(engine, schema) == migrations.repair(engine, schema) == []
    assert stages(monitor) == before
    assert before[:7] == [(*stage, stage.sequence_id, True) for stage in BUILT_IN_STAGES]
    assert [step.execution_id for step in monitor.get_status(*HR)] == ["run-1"]


def test_repair_restores_all_six_views(place: Place, monitor: ETLMonitor) -> None:
    engine, schema = place
    for view in VIEWS:
        execute(engine, f"DROP VIEW {named(place, view)}")

    assert len(migrations.repair(engine, schema)) == len(VIEWS)
    assert migrations.check(engine, schema) == []


def test_repair_without_tables_names_the_command_that_makes_them(place: Place) -> None:
    with pytest.raises(SchemaMissing, match=r"`etl-monitor db upgrade|Call .monitor\.setup"):
        migrations.repair(*place)


def test_repair_with_a_missing_table_is_refused_and_changes_nothing(place: Place, monitor: ETLMonitor) -> None:
    engine, schema = place
    execute(engine, f"DROP VIEW {named(place, 'v_watermarks')}")
    execute(engine, f"DROP TABLE {named(place, 'ETLsysLogs')}")

    with pytest.raises(SchemaMissing, match=r"lacks ETLsysLogs: .*backup.*`etl-monitor db check"):
        migrations.repair(engine, schema)

    assert "View v_watermarks is missing." in migrations.check(engine, schema)


@pytest.mark.parametrize(
    ("recorded", "way"),
    [("0000", r"`etl-monitor db upgrade|[Cc]all monitor\.setup"), ("9999", "pip install --upgrade")],
)
def test_repair_of_another_revision_names_the_command(
    place: Place, monitor: ETLMonitor, recorded: str, way: str
) -> None:
    engine, schema = place
    with in_schema(engine, schema).begin() as connection:
        connection.execute(update(VERSION_TABLE).values(version_num=recorded, readable_from=None))
        connection.commit()

    with pytest.raises(SchemaOutOfDate, match=way):
        migrations.repair(engine, schema)

    migrations.stamp(engine, schema, SCHEMA_REVISION)


def test_repair_with_a_table_in_a_views_place_is_refused_by_its_name(place: Place, monitor: ETLMonitor) -> None:
    engine, schema = place
    execute(engine, f"DROP VIEW {named(place, 'v_watermarks')}")
    execute(engine, f"CREATE TABLE {named(place, 'v_watermarks')} (x INTEGER)")

    with pytest.raises(SchemaError, match="has a table v_watermarks where the monitor needs a view"):
        migrations.repair(engine, schema)


@pytest.mark.parametrize("change", ["DROP VIEW IF EXISTS {}", "CREATE OR REPLACE VIEW {} AS SELECT 1 AS x"])
def test_repair_where_a_view_needs_a_missing_column_is_refused_with_the_check(engine: Engine, change: str) -> None:
    migrations.upgrade(engine, "own")
    execute(engine, change.format('own."v_taskDetail"'))
    execute(engine, 'ALTER TABLE own."ETLProcessingSteps" DROP COLUMN "LogMessage"')

    with pytest.raises(SchemaError, match=r"Nothing was repaired\. Run"):
        migrations.repair(engine, "own")


def test_repair_where_your_view_depends_on_one_is_refused_with_the_way_on(on_server: Engine) -> None:
    migrations.upgrade(on_server, "depended")
    execute(on_server, 'CREATE OR REPLACE VIEW depended.mine AS SELECT * FROM depended."v_watermarks"')
    execute(on_server, 'ALTER VIEW depended."v_watermarks" RENAME COLUMN "ActiveValue" TO other')

    with pytest.raises(SchemaError, match="Drop your views that depend on them"):
        migrations.repair(on_server, "depended")

    execute(on_server, "DROP VIEW depended.mine")
    assert len(migrations.repair(on_server, "depended")) == 1
    execute(on_server, "DROP SCHEMA depended CASCADE")


def test_equal_rows_of_the_version_table_are_found_and_become_one(place: Place, monitor: ETLMonitor) -> None:
    engine, schema = place
    version = named(place, VERSION_TABLE.name)
    if backend_of(engine).capabilities.transactions:  # elsewhere no key is enforced
        execute(engine, f"CREATE TABLE {schema}.keyless AS SELECT * FROM {version}")
        execute(engine, f"DROP TABLE {version}")
        execute(engine, f"ALTER TABLE {schema}.keyless RENAME TO {VERSION_TABLE.name}")
    execute(engine, f"INSERT INTO {version} SELECT * FROM {version}")
    said = f"Table etl_monitor_version records revision {SCHEMA_REVISION} 2 times."

    assert migrations.check(engine, schema) == [said]
    assert migrations.repair(engine, schema) == [f"{said.replace('records', 'recorded')} It has one row again."]
    assert migrations.check(engine, schema) == []
    assert migrations.repair(engine, schema) == []
    assert monitor.processes() != []
