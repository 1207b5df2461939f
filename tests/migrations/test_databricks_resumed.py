"""Nothing rolls back on Databricks: a migration that was stopped after any statement is completed by the next run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from etl_monitor_orm import ConnectionBroken, DatabaseError, SchemaMissing, migrations
from etl_monitor_orm.backends import RetryPolicy
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.migrations.looking import TABLES, VERSION, VIEWS, execute, lower, objects, rows
from tests.warehouse import Warehouse
from tests.warehouse.faults import ERROR_AFTER, REPLY_LOST, Faults

SCHEMA = "stopped"
# What an upgrade writes: the schema, the version table, six tables, six views, the stages, the version, and from
# which release on it can be read; then five columns, what they hold for old rows, six views, and the version again;
# then eight columns, two tables, six views, and the version again; then two tables, and the version again; then ten
# columns, three tables, a view, and the version again.
UPGRADE = 17 + 15 + 18 + 4 + 16
# What a downgrade writes: a view, three tables, the version and its release; then two tables, the version and its
# release; then six views, two tables, the version and its release; then six views, the version and its release; then
# six views, six tables, the version.
DOWNGRADE = 6 + 4 + 10 + 8 + 13
# A stamp's statements: the schema, the version table, deleting the old version, the version, readable_from.
STAMP = 5
WRITES = ("CREATE", "DROP", "INSERT", "UPDATE", "DELETE", "ALTER", "MERGE")


class Stopped(Exception):
    """The process was stopped."""


@contextmanager
def after_each_write(engine: Engine, act: Callable[[int], None]) -> Iterator[None]:
    """Act after each statement of the block that writes; it gets their number."""
    written: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        if writes(statement):
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
    assert rows(engine, f"SELECT version_num FROM {schema}.etl_monitor_version") == [(SCHEMA_REVISION,)]
    assert rows(engine, f"SELECT count(*), count(DISTINCT SequenceID) FROM {schema}.ETLconfigSequence") == [(7, 7)]


@pytest.mark.parametrize("number", range(1, UPGRADE + 1))
def test_given_an_upgrade_stopped_after_any_statement_when_it_is_run_again_then_it_is_complete(
    lakehouse: Engine, left: Callable[[str, int], None], number: int
) -> None:
    left("upgrade", number)
    assert (migrations.current(lakehouse, SCHEMA) == SCHEMA_REVISION) == (number >= UPGRADE - 1)
    migrations.upgrade(lakehouse, SCHEMA)
    assert_complete(lakehouse, SCHEMA)


@pytest.mark.parametrize("number", range(1, DOWNGRADE))
def test_given_a_downgrade_stopped_after_any_statement_when_run_again_then_nothing_is_left(
    lakehouse: Engine, left: Callable[[str, int], None], number: int
) -> None:
    left("downgrade", number)
    assert migrations.current(lakehouse, SCHEMA) is not None
    migrations.downgrade(lakehouse, SCHEMA, "base")
    assert objects(lakehouse, SCHEMA) == VERSION
    assert migrations.current(lakehouse, SCHEMA) is None


@pytest.mark.parametrize("number", range(1, STAMP + 1))
def test_given_a_stamp_stopped_after_any_statement_when_run_again_then_it_is_noted_once(
    lakehouse: Engine, left: Callable[[str, int], None], number: int
) -> None:
    left("stamp", number)
    migrations.stamp(lakehouse, SCHEMA)
    assert rows(lakehouse, f"SELECT version_num FROM {SCHEMA}.etl_monitor_version") == [(SCHEMA_REVISION,)]


def test_given_an_unfinished_downgrade_when_stamped_and_upgraded_instead_then_all_is_back(
    lakehouse: Engine, left: Callable[[str, int], None]
) -> None:
    left("downgrade", DOWNGRADE - 5)
    migrations.stamp(lakehouse, SCHEMA, "base")
    migrations.upgrade(lakehouse, SCHEMA)
    assert_complete(lakehouse, SCHEMA)


def test_given_an_upgrade_stopped_between_results_tables_when_it_goes_on_then_its_layout_stays(
    lakehouse: Engine, schema: str
) -> None:
    with pytest.raises(Stopped), after_each_write(lakehouse, stop_at(7)):
        migrations.upgrade(lakehouse, schema, layout="clustered")
    assert "etlprocessingsteps" in objects(lakehouse, schema)
    assert "etlsyslogs" not in objects(lakehouse, schema)
    migrations.upgrade(lakehouse, schema)
    assert migrations.check(lakehouse, schema, layout="clustered") == []


@pytest.fixture
def faults(lakehouse: Engine, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """What goes wrong on the way to the warehouse; the driver's pauses are short."""
    monkeypatch.setattr(lakehouse.dialect, "breaks", RetryPolicy(first=0.01, longest=0.01, patience=20.0))
    yield warehouse.faults
    warehouse.faults.clear()


def writes(statement: str) -> bool:
    return statement.split(maxsplit=1)[0] in WRITES


class FirstTime:
    """Says of each statement whether it comes for the first time."""

    def __init__(self, kind: Callable[[str], bool]) -> None:
        self._kind = kind
        self.seen: set[str] = set()

    def __call__(self, statement: str) -> bool:
        if not self._kind(statement) or statement in self.seen:
            return False
        self.seen.add(statement)
        return True


def accidents(call: Callable[[], object]) -> int:
    """Make a call until it succeeds; return how many accidents it met."""
    for met in range(1_000):
        try:
            call()
        except DatabaseError as error:
            if "accident" not in str(error):
                raise
        else:
            return met
    raise AssertionError("it never succeeds")


def test_given_an_error_after_each_statement_when_an_upgrade_is_repeated_then_it_is_complete(
    lakehouse: Engine, schema: str, faults: Faults
) -> None:
    first = FirstTime(writes)
    faults.at(first, ERROR_AFTER, times=1_000)

    met = accidents(lambda: migrations.upgrade(lakehouse, schema))
    # A column that is there although its statement failed is no accident.
    assert met == len([text for text in first.seen if not text.startswith("ALTER")]) > len(TABLES | VIEWS)
    assert_complete(lakehouse, schema)


def test_given_an_error_after_each_statement_when_a_downgrade_is_repeated_then_nothing_is_left(
    lakehouse: Engine, schema: str, faults: Faults
) -> None:
    migrations.upgrade(lakehouse, schema)
    first = FirstTime(writes)
    faults.at(first, ERROR_AFTER, times=1_000)

    with pytest.raises(SchemaMissing):
        accidents(lambda: migrations.downgrade(lakehouse, schema, "base"))
    assert len(first.seen) > len(TABLES | VIEWS)
    assert objects(lakehouse, schema) == VERSION


def test_given_a_network_that_loses_each_reply_once_when_migrated_then_nothing_of_it_is_seen(
    lakehouse: Engine, schema: str, faults: Faults
) -> None:
    lost = FirstTime(lambda statement: True)
    faults.at(lost, REPLY_LOST, times=1_000)
    migrations.upgrade(lakehouse, schema)
    faults.clear()
    assert_complete(lakehouse, schema)
    faults.at(lost, REPLY_LOST, times=1_000)
    migrations.downgrade(lakehouse, schema, "base")
    faults.clear()
    assert len([statement for statement in lost.seen if writes(statement)]) > len(TABLES | VIEWS) * 2
    assert objects(lakehouse, schema) == VERSION
    assert migrations.current(lakehouse, schema) is None


def test_given_a_network_that_is_gone_when_an_upgrade_meets_it_then_a_later_call_completes_it(
    lakehouse: Engine, schema: str, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lakehouse.dialect, "breaks", RetryPolicy(first=0.01, longest=0.01, patience=0.1))
    faults.at(lambda statement: "v_taskDetail" in statement, REPLY_LOST, times=1_000)
    with pytest.raises(ConnectionBroken, match="Make the call again"):
        migrations.upgrade(lakehouse, schema)
    faults.clear()
    migrations.upgrade(lakehouse, schema)
    assert_complete(lakehouse, schema)
