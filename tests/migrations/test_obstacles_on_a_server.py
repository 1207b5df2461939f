"""Other kinds of objects with the monitor's names on PostgreSQL, where names that differ in case are different."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from etl_monitor_orm import SchemaError, create_engine, migrations
from tests.migrations.looking import execute
from tests.postgres import Server


@pytest.fixture
def server(postgres: Server) -> Iterator[Engine]:
    """An empty database with the schema `etl`."""
    name = postgres.new_database()
    engine = create_engine(postgres.url(name))
    execute(engine, "CREATE SCHEMA etl")
    yield engine
    engine.dispose()
    postgres.drop_database(name)


@pytest.mark.parametrize(
    "made",
    ["TABLE etl.etlconfigtasks (mine int)", 'VIEW etl."V_WATERMARKS" AS SELECT 1 AS mine'],
    ids=["table", "view"],
)
def test_given_one_of_our_names_in_another_case_when_set_up_then_both_exist(server: Engine, made: str) -> None:
    execute(server, f"CREATE {made}")
    migrations.upgrade(server, "etl")
    assert migrations.check(server, "etl") == []


OTHERS = {
    'MATERIALIZED VIEW etl."ETLsysLogs" AS SELECT 1 AS mine': "a materialized view ETLsysLogs",
    'SEQUENCE etl."ETLconfigTasks"': "a sequence ETLconfigTasks",
    "TYPE etl.\"ETLconfigTasks\" AS ENUM ('mine')": "a type ETLconfigTasks",
    'TYPE etl."v_watermarks" AS (mine int)': "a type v_watermarks",
    'INDEX "v_watermarks" ON etl.mine (mine)': "an index v_watermarks",
    'INDEX "pk_ETLsysLogs" ON etl.mine (mine)': "an index pk_ETLsysLogs",
}


@pytest.mark.parametrize(("made", "words"), OTHERS.items(), ids=list(OTHERS.values()))
def test_given_something_else_of_our_name_when_set_up_then_the_error_says_what(
    server: Engine, made: str, words: str
) -> None:
    execute(server, "CREATE TABLE etl.mine (mine int)")
    execute(server, f"CREATE {made}")
    with pytest.raises(SchemaError, match=rf"Schema etl has {words}, .*Rename it, or.*Nothing was changed"):
        migrations.upgrade(server, "etl")


def test_given_a_downgrade_to_nothing_when_set_up_again_then_nothing_is_in_the_way(server: Engine) -> None:
    migrations.upgrade(server, "etl")
    migrations.downgrade(server, "etl", migrations.BASE)
    migrations.upgrade(server, "etl")
    assert migrations.check(server, "etl") == []
