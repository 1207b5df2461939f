"""`views_schema=`: the views are in another schema than the tables, beside another tool's views of the same names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event, inspect, select

from etl_monitor_orm import (
    ConfigurationError,
    ETLMonitor,
    SchemaError,
    SchemaOutOfDate,
    Task,
    TaskDetail,
    create_engine,
    migrations,
)
from tests.migrations.looking import VIEWS, execute, quoted

Place = tuple[Engine, str]
HR = ("CORP", "HR_DAILY")


@pytest.fixture
def apart(place: Place) -> Iterator[str]:
    """The name of a schema for the views that does not exist yet."""
    engine, schema = place
    yield f"{schema}_views"
    execute(engine, f"DROP SCHEMA IF EXISTS {schema}_views CASCADE")


@pytest.fixture
def monitor(place: Place, apart: str) -> ETLMonitor:
    engine, schema = place
    return ETLMonitor(engine, schema=schema, views_schema=apart).setup()


def with_a_run(monitor: ETLMonitor) -> ETLMonitor:
    monitor.register_process(*HR).register_task(*HR, 1, 1, 2, "Load employees")
    monitor.start_run(*HR, "2026-04-09", execution_id="run-1")
    return monitor


def views(engine: Engine, schema: str) -> set[str]:
    return {name.lower() for name in inspect(engine).get_view_names(schema=schema)}


def their_view(engine: Engine, schema: str, name: str) -> None:
    execute(engine, f"CREATE OR REPLACE VIEW {schema}.{quoted(engine, name)} AS SELECT 1 AS theirs")


def test_views_are_made_in_their_schema_and_none_beside_the_tables(
    place: Place, monitor: ETLMonitor, apart: str
) -> None:
    engine, schema = place

    assert views(engine, apart) == {name.lower() for name in VIEWS}
    assert views(engine, schema) == set()
    assert (monitor.schema, monitor.views_schema) == (schema, apart)


def test_calls_and_queries_read_tables_and_views_from_both(place: Place, monitor: ETLMonitor) -> None:
    with_a_run(monitor)

    assert [row.task_name for row in monitor.get_status(*HR, "2026-04-09")] == ["Load employees"]
    with monitor.session() as session:
        both = select(Task.task_name, TaskDetail.status).join(TaskDetail, Task.task_id == TaskDetail.task_id)
        assert session.execute(both).all() == [("Load employees", "NQUE")]


def test_views_of_another_tool_beside_the_tables_stay_and_do_not_matter(
    place: Place, monitor: ETLMonitor, apart: str
) -> None:
    engine, schema = place
    for name in VIEWS:
        their_view(engine, schema, name)

    with_a_run(monitor.setup())
    assert len(monitor.get_status(*HR, "2026-04-09")) == 1
    assert migrations.check(monitor.engine, schema) == []
    assert migrations.repair(monitor.engine, schema) == []
    with engine.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT * FROM {schema}.{quoted(engine, 'v_taskDetail')}").scalar() == 1


def test_view_that_another_tool_replaced_in_that_schema_is_restored_by_setup(
    place: Place, monitor: ETLMonitor, apart: str
) -> None:
    engine, schema = place
    execute(engine, f"DROP VIEW {apart}.{quoted(engine, 'v_taskDetail')}")
    their_view(engine, apart, "v_taskDetail")
    assert migrations.check(monitor.engine, schema) == ["View v_taskDetail has another definition."]

    assert len(with_a_run(monitor.setup()).get_status(*HR, "2026-04-09")) == 1
    assert migrations.check(monitor.engine, schema) == []


def test_setup_of_what_is_current_costs_one_statement(place: Place, monitor: ETLMonitor) -> None:
    executed: list[str] = []
    event.listen(monitor.engine, "before_cursor_execute", lambda *given: executed.append(given[2]))
    monitor.setup()
    assert len(executed) == 1


def test_tables_whose_views_were_beside_them_get_views_there_too(place: Place, apart: str) -> None:
    engine, schema = place
    ETLMonitor(engine, schema=schema).setup()

    monitor = with_a_run(ETLMonitor(engine, schema=schema, views_schema=apart).setup())
    assert len(monitor.get_status(*HR, "2026-04-09")) == 1
    assert views(engine, schema) == views(engine, apart) == {name.lower() for name in VIEWS}


def test_downgrade_drops_the_views_where_they_are(place: Place, monitor: ETLMonitor, apart: str) -> None:
    engine, schema = place
    their_view(engine, schema, "v_taskDetail")

    migrations.downgrade(monitor.engine, schema, migrations.BASE)
    assert views(engine, apart) == set()
    assert views(engine, schema) == {"v_taskdetail"}


def test_table_with_the_name_of_a_view_is_in_the_way_in_that_schema_only(place: Place, apart: str) -> None:
    engine, schema = place
    for where in (schema, apart):
        execute(engine, f"CREATE SCHEMA {where}")
    execute(engine, f"CREATE TABLE {apart}.{quoted(engine, 'v_taskDetail')} (x INT)")

    with pytest.raises(SchemaError, match=f"Schema {apart} has a table v_taskDetail where the monitor needs a view"):
        ETLMonitor(engine, schema=schema, views_schema=apart).setup()

    execute(engine, f"DROP TABLE {apart}.{quoted(engine, 'v_taskDetail')}")
    execute(engine, f"CREATE TABLE {schema}.{quoted(engine, 'v_taskDetail')} (x INT)")
    ETLMonitor(engine, schema=schema, views_schema=apart).setup()


def test_table_beside_the_tables_with_the_name_of_a_view_is_in_no_way_of_views_that_move(
    place: Place, monitor: ETLMonitor, apart: str
) -> None:
    engine, schema = place
    execute(engine, f"CREATE TABLE {schema}.{quoted(engine, 'v_taskDetail')} (x INT)")
    execute(engine, f"DROP SCHEMA {apart} CASCADE")

    assert len(migrations.repair(monitor.engine, schema)) == len(VIEWS)
    assert views(engine, apart) == {name.lower() for name in VIEWS}


def test_engine_that_has_views_apart_keeps_them_unless_another_schema_is_named(
    place: Place, monitor: ETLMonitor, apart: str
) -> None:
    _, schema = place

    assert ETLMonitor(monitor.engine, schema=schema).views_schema == apart
    assert ETLMonitor(monitor.engine, schema=schema, views_schema=schema).views_schema == schema


def test_script_makes_the_views_in_their_schema(place: Place, monitor: ETLMonitor, apart: str) -> None:
    _, schema = place
    lines = migrations.upgrade_script(monitor.engine, schema).splitlines()

    made = [line for line in lines if line.startswith("CREATE") and " VIEW " in line]
    assert made
    assert all(f" {apart}." in line for line in made)
    assert any(line.startswith("CREATE SCHEMA") and apart in line for line in lines)


def test_error_about_a_view_there_names_the_command_with_both_schemas(
    place: Place, monitor: ETLMonitor, apart: str
) -> None:
    engine, schema = place
    execute(engine, f"DROP VIEW {apart}.{quoted(engine, 'v_taskDetail')}")
    their_view(engine, apart, "v_taskDetail")

    with pytest.raises(SchemaOutOfDate, match=f"--schema {schema} --views-schema {apart}"):
        monitor.get_status(*HR, "2026-04-09")


@pytest.mark.parametrize("wrong", ["", " ", "a[b]", 5, "a\nb"])
def test_what_is_no_name_of_a_schema_is_refused(wrong: object) -> None:
    with pytest.raises(ConfigurationError, match="schema's name"):
        ETLMonitor("duckdb://", views_schema=wrong)  # type: ignore[arg-type]


def test_variable_names_the_schema_and_an_argument_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_MONITOR_VIEWS_SCHEMA", "from_a_variable")

    assert ETLMonitor("duckdb://").views_schema == "from_a_variable"
    assert ETLMonitor("duckdb://", views_schema="given").views_schema == "given"


def test_file_called_like_the_schema_of_the_views_is_read(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ETLMonitor("duckdb:///mine.duckdb", views_schema="mine") as monitor:
        assert len(with_a_run(monitor.setup()).get_status(*HR, "2026-04-09")) == 1

    engine = create_engine("duckdb:///mine.duckdb", views_schema="mine")
    with ETLMonitor(engine) as monitor:
        assert migrations.check(monitor.engine, "etl") == []
    engine.dispose()


def test_view_of_somebody_else_in_that_schema_is_not_replaced_when_views_move(place: Place, apart: str) -> None:
    engine, schema = place
    ETLMonitor(engine, schema=schema).setup()
    execute(engine, f"CREATE SCHEMA {apart}")
    their_view(engine, apart, "v_watermarks")

    with pytest.raises(SchemaError, match=f"Schema {apart} has a v_watermarks already.*--views-schema"):
        ETLMonitor(engine, schema=schema, views_schema=apart).setup()
    assert views(engine, apart) == {"v_watermarks"}


def test_schema_of_the_views_in_another_case_is_the_one_of_the_tables() -> None:
    with ETLMonitor("duckdb://", views_schema="ETL") as monitor:
        assert len(with_a_run(monitor.setup()).get_status(*HR, "2026-04-09")) == 1
        assert migrations.check(monitor.engine, "etl") == []
