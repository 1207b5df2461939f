"""Engines that somebody else made on Databricks: the monitor does not change what each sends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakSet

import pytest
import sqlalchemy
from alembic.ddl.impl import _impls
from databricks.sqlalchemy import DatabricksDialect
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.schema import CreateTable

from etl_monitor_orm import ETLMonitor, create_engine
from etl_monitor_orm.backends import databricks as backend
from etl_monitor_orm.dialects.retrying import RetryPolicy
from tests.databases import monitor_url
from tests.warehouse import Warehouse, faults

OURS = "databricks+monitor"
DRIVERS = ("databricks", OURS)
INSERT = "INSERT INTO guests.t VALUES (1)"


@pytest.fixture(autouse=True)
def _table(warehouse: Warehouse) -> Iterator[None]:
    engine = warehouse.engine()
    with engine.connect() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS guests"))
        connection.execute(text("CREATE OR REPLACE TABLE guests.t (a INT) USING DELTA"))
    engine.dispose()
    warehouse.log.clear()
    yield
    warehouse.faults.clear()


def guest(warehouse: Warehouse, driver: str, connect_args: dict[str, Any] | None = None, **arguments: Any) -> Engine:
    """An engine as somebody makes it who has never heard of the monitor."""
    told = {**warehouse.connect_args, **(connect_args or {})}
    return sqlalchemy.create_engine(warehouse.url().set(drivername=driver), connect_args=told, **arguments)


def opened(engine: Engine, warehouse: Warehouse) -> tuple[dict[str, str], object, object, str]:
    """How a session of an engine is configured; the limits and the name that its driver was given."""
    warehouse.log.clear()
    with engine.connect() as connection:
        session = connection.connection.dbapi_connection.session  # type: ignore[union-attr] # the driver's
        policy = session.backend.retry_policy
        tries = policy.stop_after_attempts_count, policy.stop_after_attempts_duration
        limits = policy.delay_max, policy.connect, *tries, session.backend._transport._THttpClient__timeout
        agent = session.useragent_header
    engine.dispose()
    (configuration,) = warehouse.log.sessions
    return configuration, limits, policy.read, agent


def sent(engine: Engine, warehouse: Warehouse, fault: faults.Fault, statement: str = INSERT) -> tuple[int, int]:
    """How often a statement is sent that meets a fault which its maker is told of, and how many rows are there then."""
    warehouse.faults.at(lambda one: one == statement, fault)
    warehouse.log.clear()
    with engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text(statement))
    times = warehouse.log.texts.count(statement)
    with engine.connect() as connection:
        rows = connection.scalar(text("SELECT count(*) FROM guests.t"))
    engine.dispose()
    return times, rows


# What is sent


def test_session_of_our_dialect_is_opened_as_the_stock_dialect_opens_it(warehouse: Warehouse) -> None:
    configuration, limits, _, agent = opened(guest(warehouse, OURS), warehouse)
    stock_configuration, stock_limits, *_ = opened(guest(warehouse, "databricks"), warehouse)

    assert (configuration, limits) == (stock_configuration, stock_limits)
    assert "TIMEZONE" not in configuration
    assert "etl-monitor" not in agent


def test_session_of_the_monitor_is_in_utc_with_limits_and_a_name(warehouse: Warehouse) -> None:
    configuration, limits, _, agent = opened(create_engine(monitor_url(warehouse)), warehouse)

    assert configuration["TIMEZONE"] == "UTC"
    assert limits == (1.0, False, 6, 60, 120)
    assert "etl-monitor-orm" in agent


def test_session_of_our_dialect_starts_in_the_schema_of_its_url(warehouse: Warehouse) -> None:
    url = warehouse.url("guests").set(drivername=OURS)
    engine = sqlalchemy.create_engine(url, connect_args=warehouse.connect_args)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM t")) == 0
    engine.dispose()


@pytest.mark.parametrize("driver", DRIVERS)
def test_conflict_of_a_guest_reaches_them_after_one_request(warehouse: Warehouse, driver: str) -> None:
    assert sent(guest(warehouse, driver), warehouse, faults.CONFLICT) == (1, 0)


def test_lost_reply_of_a_guest_reaches_them_after_one_request(warehouse: Warehouse) -> None:
    assert sent(guest(warehouse, OURS), warehouse, faults.REPLY_LOST) == (1, 1)


def test_lost_query_of_a_guest_reaches_them_after_one_request(warehouse: Warehouse) -> None:
    statement = "SELECT a FROM guests.t"
    assert sent(guest(warehouse, OURS), warehouse, faults.REPLY_LOST, statement) == (1, 0)


def test_conflict_of_a_guest_who_asks_for_retries_is_retried(warehouse: Warehouse) -> None:
    engine = guest(warehouse, OURS, conflicts=RetryPolicy(first=0.01, longest=0.02, patience=30.0))
    warehouse.faults.at(lambda one: one == INSERT, faults.CONFLICT)
    warehouse.log.clear()
    with engine.connect() as connection:
        connection.execute(text(INSERT))
    engine.dispose()

    assert warehouse.log.texts.count(INSERT) == 2


@pytest.mark.parametrize("driver", DRIVERS)
def test_guest_without_a_token_is_not_given_one_of_the_environment(
    warehouse: Warehouse, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-of-the-monitor")
    seen: list[dict[str, Any]] = []

    def connect(**arguments: object) -> object:
        seen.append(arguments)
        raise ConnectionError

    url = warehouse.url(token=None).set(drivername=driver)
    engine = sqlalchemy.create_engine(url)
    monkeypatch.setattr("databricks.sql.connect", connect)
    with pytest.raises((DBAPIError, ConnectionError)):
        engine.connect()

    assert "dapi-of-the-monitor" not in str(seen)


def test_guest_who_asks_for_another_protocol_is_refused_before_anything_is_sent(warehouse: Warehouse) -> None:
    engine = guest(warehouse, OURS, {"use_sea": True})
    with pytest.raises(ArgumentError, match="over Thrift only, but use_sea is set"):
        engine.connect()

    assert warehouse.log.sessions == []


# What the monitor does beside them


def seen(warehouse: Warehouse) -> dict[str, object]:
    """All that a monitor could change for an engine of the stock dialect."""
    engine = guest(warehouse, "databricks")
    table = Table("T", MetaData(), Column("A", Integer), Column("B", String(9)))
    return {
        "dialect": type(engine.dialect),
        "table": str(CreateTable(table).compile(dialect=engine.dialect)),
        "session": opened(engine, warehouse),
        "conflict": sent(engine, warehouse, faults.CONFLICT)[0],
        "alembic": _impls["databricks"],
        "listeners": [*engine.dialect.dispatch.do_connect, len(engine.pool.dispatch.connect)],
    }


def test_stock_engine_behaves_as_before_after_a_monitor_was_set_up_and_closed(warehouse: Warehouse) -> None:
    before = seen(warehouse)
    monitor = ETLMonitor(monitor_url(warehouse))
    monitor.setup()
    during = seen(warehouse)
    monitor.close()

    assert before["dialect"] is DatabricksDialect
    assert during == before
    assert seen(warehouse) == before


def test_sessions_of_guests_stay_open_when_those_of_the_monitor_are_closed_at_exit(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "_open", WeakSet())  # the sessions of other tests stay open
    engine, ours = guest(warehouse, OURS), create_engine(monitor_url(warehouse))
    with engine.connect() as theirs, ours.connect() as mine:
        backend._close_sessions()
        assert theirs.scalar(text("SELECT 1")) == 1
        with pytest.raises(DBAPIError):
            mine.execute(text("SELECT 1"))
    engine.dispose()
    ours.dispose()
