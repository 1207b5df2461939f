"""Upgrade on Databricks: the same tables, views and stages, laid out on Delta as they are asked for."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from etl_monitor_orm import (
    ConfigurationError,
    ETLMonitor,
    SchemaMissing,
    SequenceStage,
    create_engine,
    migrations,
)
from etl_monitor_orm.backends import Storage, backend_for
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from etl_monitor_orm.vocabulary import BUILT_IN_STAGES
from tests.migrations.looking import TABLES, VERSION, VIEWS, execute, lower, objects, rows
from tests.warehouse import Warehouse

CLUSTER_KEYS = ("ProcessingDate", "ProjectCode", "ProcessLoad")
ROW_BY_ROW = {"delta.enableDeletionVectors": "true", "delta.enableRowTracking": "true"}


def storage(engine: Engine, schema: str, table: str) -> Storage | None:
    with engine.connect() as connection:
        return backend_for("databricks").storage(connection, table, schema)


def properties(engine: Engine, schema: str, table: str) -> dict[object, object]:
    return dict(rows(engine, f"SHOW TBLPROPERTIES {schema}.{table}"))


def test_given_an_empty_catalog_when_the_monitor_is_set_up_then_all_is_there_and_in_step(
    lakehouse: Engine, schema: str
) -> None:
    monitor = ETLMonitor(lakehouse, schema=schema).setup()
    assert objects(lakehouse, schema) == lower(TABLES | VIEWS | VERSION)
    assert rows(lakehouse, f"SELECT version_num FROM {schema}.etl_monitor_version") == [(SCHEMA_REVISION,)]
    assert migrations.compare(lakehouse, schema) == migrations.Comparison()
    with monitor.session() as session:
        stages = session.scalars(select(SequenceStage).order_by(SequenceStage.sequence_id)).all()
    assert [
        (stage.sequence_id, stage.sequence_code, stage.sequence_name, stage.sequence_description) for stage in stages
    ] == [tuple(stage) for stage in BUILT_IN_STAGES]


def test_given_a_current_database_when_it_is_set_up_again_then_it_costs_one_statement(
    lakehouse: Engine, schema: str, warehouse: Warehouse
) -> None:
    migrations.upgrade(lakehouse, schema)
    warehouse.log.clear()
    ETLMonitor(lakehouse, schema=schema).setup(layout="clustered")
    assert len(warehouse.log) == 1


def test_given_no_layout_when_upgraded_then_results_are_partitioned_as_in_the_spark_edition(
    lakehouse: Engine, schema: str
) -> None:
    migrations.upgrade(lakehouse, schema)
    assert storage(lakehouse, schema, "ETLProcessingSteps") == Storage(("ProcessingDate",), (), False)
    assert storage(lakehouse, schema, "ETLsysLogs") == Storage(("ProcessingDate",), (), True)
    assert storage(lakehouse, schema, "ETLmetrics") == Storage(("ProcessingDate",), (), False)
    assert storage(lakehouse, schema, "ETLconfigTasks") == Storage((), (), False)
    for table in TABLES:
        assert not ROW_BY_ROW.keys() & properties(lakehouse, schema, table).keys()


def test_given_the_clustered_layout_when_upgraded_then_writers_of_different_rows_can_pass(
    lakehouse: Engine, schema: str
) -> None:
    ETLMonitor(lakehouse, schema=schema).setup(layout="clustered")
    assert storage(lakehouse, schema, "ETLProcessingSteps") == Storage((), CLUSTER_KEYS, False)
    assert storage(lakehouse, schema, "ETLsysLogs") == Storage((), CLUSTER_KEYS, True)
    assert storage(lakehouse, schema, "ETLmetrics") == Storage((), CLUSTER_KEYS, False)
    assert storage(lakehouse, schema, "ETLconfigTasks") == Storage((), (), False)
    for table in TABLES:
        assert properties(lakehouse, schema, table).items() >= ROW_BY_ROW.items()
    assert migrations.check(lakehouse, schema) == []


def test_given_a_layout_in_the_environment_when_it_is_set_up_then_it_counts(
    lakehouse: Engine, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_LAYOUT", "clustered")
    ETLMonitor(lakehouse, schema=schema).setup()
    found = storage(lakehouse, schema, "ETLsysLogs")
    assert found is not None
    assert found.clustered_by == CLUSTER_KEYS


def test_given_a_schema_that_is_there_when_it_is_upgraded_then_nobody_tries_to_make_it(
    lakehouse: Engine, schema: str, warehouse: Warehouse
) -> None:
    # Unity Catalog refuses CREATE SCHEMA IF NOT EXISTS to whom may not make one, even when it is there.
    execute(lakehouse, f"CREATE SCHEMA {schema}")
    warehouse.log.clear()
    migrations.upgrade(lakehouse, schema.upper())
    assert [text for text in warehouse.log.texts if "CREATE SCHEMA" in text] == []
    assert migrations.check(lakehouse, schema) == []


@pytest.mark.parametrize("name", ["Mixed_Case", "order"])
def test_given_a_schema_name_when_it_is_migrated_up_and_down_then_all_lives_there(lakehouse: Engine, name: str) -> None:
    monitor = ETLMonitor(lakehouse, schema=name).setup()
    assert migrations.check(lakehouse, name) == []
    assert monitor.log("at work") == 1
    migrations.downgrade(lakehouse, name, "base")
    assert objects(lakehouse, name) == VERSION
    execute(lakehouse, f"DROP SCHEMA `{name}` CASCADE")


def test_given_tables_of_others_in_the_schema_when_it_is_downgraded_then_theirs_stay(
    lakehouse: Engine, schema: str
) -> None:
    migrations.upgrade(lakehouse, schema)
    execute(lakehouse, f"CREATE TABLE {schema}.mine AS SELECT 42 AS answer")
    execute(lakehouse, f"CREATE VIEW {schema}.my_view AS SELECT answer FROM {schema}.mine")
    assert migrations.check(lakehouse, schema) == []
    migrations.downgrade(lakehouse, schema, "base")
    assert objects(lakehouse, schema) == {"mine", "my_view"} | VERSION
    assert migrations.current(lakehouse, schema) is None


def test_given_no_tables_when_the_monitor_is_used_then_the_error_names_the_command(lakehouse: Engine) -> None:
    with pytest.raises(SchemaMissing, match="etl-monitor db upgrade"):
        ETLMonitor(lakehouse, schema="nowhere").get_status("CORP", "HR_DAILY")
    with pytest.raises(SchemaMissing, match="etl-monitor db upgrade"):
        migrations.check(lakehouse, "nowhere")


def test_given_an_emptied_version_table_when_the_monitor_is_used_then_the_tables_are_missing(
    lakehouse: Engine, schema: str
) -> None:
    migrations.stamp(lakehouse, schema)
    migrations.stamp(lakehouse, schema, "base")
    with pytest.raises(SchemaMissing, match="etl-monitor db upgrade"):
        ETLMonitor(lakehouse, schema=schema).get_status("CORP", "HR_DAILY")


def test_given_an_unknown_layout_when_it_is_asked_for_then_the_known_ones_are_named(lakehouse: Engine) -> None:
    with pytest.raises(ConfigurationError, match=r"'diagonal'.*partitioned or clustered"):
        ETLMonitor(lakehouse, schema="nowhere").setup(layout="diagonal")


def test_given_duckdb_when_another_layout_than_the_default_is_asked_for_then_it_is_refused(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for call in (
        lambda: ETLMonitor(engine).setup(layout="clustered"),
        lambda: migrations.check(engine, "etl", layout="clustered"),
        lambda: migrations.upgrade_script(engine, "etl", layout="clustered"),
    ):
        with pytest.raises(ConfigurationError, match=r"clustered was requested.*ETL_MONITOR_LAYOUT"):
            call()
    monkeypatch.setenv("ETL_MONITOR_LAYOUT", "partitioned")
    ETLMonitor(engine).setup()
    assert migrations.check(engine, "etl") == []


def test_given_a_databricks_url_without_a_catalog_when_it_is_used_then_the_error_says_so() -> None:
    with pytest.raises(ConfigurationError, match="catalog"):
        create_engine("databricks://host?http_path=/sql/1.0/warehouses/abc")
