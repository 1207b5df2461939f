"""Nothing rolls back on Databricks: a migration that was stopped after any statement is completed by the next run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from databricks.sql.client import Cursor
from sqlalchemy import Engine, event
from urllib3.exceptions import ProtocolError

from etl_monitor_orm import ConnectionBroken, migrations
from etl_monitor_orm.backends import RetryPolicy
from etl_monitor_orm.backends.databricks.dialect import WarehouseDialect
from tests.migrations.looking import TABLES, VERSION, VIEWS, execute, lower, objects, rows
from tests.warehouse import Warehouse

SCHEMA = "stopped"
# What an upgrade writes: the schema, the version table, six tables, six views, the stages, the version.
UPGRADE = 16
# What a downgrade writes: six views, six tables, the version.
DOWNGRADE = 13
# What a stamp writes: the schema, the version table, nothing noted any more, the version.
STAMP = 4


class Stopped(Exception):
    """The process was stopped."""


@contextmanager
def after_each_write(engine: Engine, act: Callable[[int], None]) -> Iterator[None]:
    """Act after each statement of the block that writes; it gets their number."""
    written: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        if statement.split()[0] in ("CREATE", "DROP", "INSERT", "UPDATE", "DELETE", "ALTER"):
            written.append(statement)
            act(len(written))

    event.listen(engine, "after_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(engine, "after_cursor_execute", note)


def stop_at(most: int) -> Callable[[int], None]:
    def act(number: int) -> None:
        if number == most:
            raise Stopped

    return act


@pytest.fixture(scope="module")
def left(lakehouse: Engine, warehouse: Warehouse) -> Iterator[Callable[[str, int], None]]:
    """Put the warehouse into the state in which a process would leave it that is killed after so many writes."""
    most: dict[str, int] = {}

    def remember(what: str) -> Callable[[int], None]:
        def act(number: int) -> None:
            most[what] = number
            warehouse.save(f"{what} {number}")

        return act

    with after_each_write(lakehouse, remember("stamp")):
        migrations.stamp(lakehouse, SCHEMA)
    execute(lakehouse, f"DROP SCHEMA {SCHEMA} CASCADE")
    with after_each_write(lakehouse, remember("upgrade")):
        migrations.upgrade(lakehouse, SCHEMA)
    with after_each_write(lakehouse, remember("downgrade")):
        migrations.downgrade(lakehouse, SCHEMA, "base")
    assert most == {"stamp": STAMP, "upgrade": UPGRADE, "downgrade": DOWNGRADE}
    yield lambda what, number: warehouse.restore(f"{what} {number}")
    execute(lakehouse, f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def assert_complete(engine: Engine, schema: str) -> None:
    assert objects(engine, schema) == lower(TABLES | VIEWS | VERSION)
    assert rows(engine, f"SELECT * FROM {schema}.alembic_version") == [("0001",)]
    assert rows(engine, f"SELECT count(*), count(DISTINCT SequenceID) FROM {schema}.ETLconfigSequence") == [(7, 7)]


@pytest.mark.parametrize("number", range(1, UPGRADE + 1))
def test_given_an_upgrade_stopped_after_any_statement_when_it_is_run_again_then_it_is_complete(
    lakehouse: Engine, left: Callable[[str, int], None], number: int
) -> None:
    left("upgrade", number)
    assert migrations.current(lakehouse, SCHEMA) == ("0001" if number == UPGRADE else None)
    migrations.upgrade(lakehouse, SCHEMA)
    assert_complete(lakehouse, SCHEMA)


@pytest.mark.parametrize("number", range(1, DOWNGRADE))
def test_given_a_downgrade_stopped_after_any_statement_when_it_is_run_again_then_nothing_of_ours_is_left(
    lakehouse: Engine, left: Callable[[str, int], None], number: int
) -> None:
    left("downgrade", number)
    assert migrations.current(lakehouse, SCHEMA) == "0001"
    migrations.downgrade(lakehouse, SCHEMA, "base")
    assert objects(lakehouse, SCHEMA) == VERSION
    assert migrations.current(lakehouse, SCHEMA) is None


@pytest.mark.parametrize("number", range(1, STAMP + 1))
def test_given_a_stamp_stopped_after_any_statement_when_it_is_run_again_then_the_revision_is_noted_once(
    lakehouse: Engine, left: Callable[[str, int], None], number: int
) -> None:
    left("stamp", number)
    migrations.stamp(lakehouse, SCHEMA)
    assert rows(lakehouse, f"SELECT * FROM {SCHEMA}.alembic_version") == [("0001",)]


def test_given_an_unfinished_downgrade_when_it_is_stamped_and_upgraded_instead_then_all_is_there_again(
    lakehouse: Engine, left: Callable[[str, int], None]
) -> None:
    left("downgrade", 8)
    migrations.stamp(lakehouse, SCHEMA, "base")
    migrations.upgrade(lakehouse, SCHEMA)
    assert_complete(lakehouse, SCHEMA)


def test_given_an_upgrade_stopped_between_the_results_tables_when_it_goes_on_then_it_keeps_to_the_layout_it_began_with(
    lakehouse: Engine, schema: str
) -> None:
    with pytest.raises(Stopped), after_each_write(lakehouse, stop_at(7)):
        migrations.upgrade(lakehouse, schema, layout="clustered")
    assert "etlprocessingsteps" in objects(lakehouse, schema)
    assert "etlsyslogs" not in objects(lakehouse, schema)
    migrations.upgrade(lakehouse, schema)
    assert migrations.check(lakehouse, schema, layout="clustered") == []


def test_given_a_network_that_loses_each_reply_once_when_it_is_migrated_up_and_down_then_nothing_of_it_is_seen(
    lakehouse: Engine, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []
    execute_once = Cursor.execute

    def lose(cursor: Cursor, operation: str, *arguments: object, **more: object) -> Cursor:
        done = execute_once(cursor, operation, *arguments, **more)
        if operation not in lost:
            lost.append(operation)
            raise ProtocolError("Connection aborted")
        return done

    monkeypatch.setattr(WarehouseDialect, "breaks", RetryPolicy(first=0.01, longest=0.01, patience=20.0))
    with monkeypatch.context() as patch:
        patch.setattr(Cursor, "execute", lose)
        migrations.upgrade(lakehouse, schema)
    assert_complete(lakehouse, schema)
    with monkeypatch.context() as patch:
        patch.setattr(Cursor, "execute", lose)
        migrations.downgrade(lakehouse, schema, "base")
    words = [statement.split()[0] for statement in lost]
    assert (words.count("CREATE") + words.count("INSERT"), words.count("DROP") + words.count("DELETE")) == (
        UPGRADE,
        DOWNGRADE,
    )
    assert objects(lakehouse, schema) == VERSION
    assert migrations.current(lakehouse, schema) is None


def test_given_a_network_that_is_gone_when_an_upgrade_meets_it_then_the_same_call_completes_it_later(
    lakehouse: Engine, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute_once = Cursor.execute

    def break_off(cursor: Cursor, operation: str, *arguments: object, **more: object) -> Cursor:
        done = execute_once(cursor, operation, *arguments, **more)
        if "v_taskDetail" in operation:
            raise ProtocolError("Connection aborted")
        return done

    with monkeypatch.context() as patch:
        patch.setattr(WarehouseDialect, "breaks", RetryPolicy(first=0.01, longest=0.01, patience=0.1))
        patch.setattr(Cursor, "execute", break_off)
        with pytest.raises(ConnectionBroken, match="make the call again"):
            migrations.upgrade(lakehouse, schema)
    migrations.upgrade(lakehouse, schema)
    assert_complete(lakehouse, schema)
