"""Each fault does what it says, through the real driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm import ETLMonitor, Task, create_engine
from tests.databases import migrated, monitor_url
from tests.warehouse import Warehouse, faults, service


@pytest.fixture
def engine(warehouse: Warehouse) -> Iterator[Engine]:
    engine = create_engine(monitor_url(warehouse))
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS faults"))
        connection.execute(text("CREATE OR REPLACE TABLE faults.t (a INT) USING DELTA"))
    yield engine
    warehouse.faults.clear()
    engine.dispose()


@pytest.fixture
def rows(engine: Engine) -> Callable[[], int]:
    def count() -> int:
        with engine.connect() as connection:
            return int(connection.scalar(text("SELECT count(*) FROM faults.t")) or 0)

    return count


def insert(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO faults.t VALUES (1)"))


def is_insert(statement: str) -> bool:
    return statement.startswith("INSERT")


@pytest.mark.parametrize(
    ("fault", "there"),
    [
        (faults.REQUEST_LOST, 0),
        (faults.REPLY_LOST, 1),
        (faults.ERROR_BEFORE, 0),
        (faults.ERROR_AFTER, 1),
    ],
    ids=["request lost", "reply lost", "error before", "error after"],
)
def test_given_a_fault_when_an_insert_of_a_user_meets_it_then_it_fails_and_ran_at_most_once(
    engine: Engine, warehouse: Warehouse, rows: Callable[[], int], fault: faults.Fault, there: int
) -> None:
    warehouse.faults.at(is_insert, fault)

    with pytest.raises(DBAPIError):
        insert(engine)

    assert (warehouse.faults.struck, rows()) == (1, there)


@pytest.mark.parametrize("fault", [faults.CONFLICT, faults.BUSY, faults.THROTTLED], ids=["conflict", "503", "429"])
def test_given_a_refusal_that_executed_nothing_when_an_insert_meets_it_then_it_is_tried_again(
    engine: Engine, warehouse: Warehouse, rows: Callable[[], int], fault: faults.Fault
) -> None:
    warehouse.faults.at(is_insert, fault)

    insert(engine)

    assert (warehouse.faults.struck, rows()) == (1, 1)


def test_given_a_reply_that_is_lost_when_a_query_meets_it_then_it_is_asked_again(
    engine: Engine, warehouse: Warehouse, rows: Callable[[], int]
) -> None:
    warehouse.faults.at(lambda statement: "faults.t" in statement, faults.REPLY_LOST)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT 1 FROM faults.t").columns()).all()

    assert (found, warehouse.faults.struck) == ([], 1)


def test_given_a_slow_statement_when_the_client_has_to_ask_for_its_result_then_it_gets_it(
    engine: Engine, warehouse: Warehouse, rows: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "AT_ONCE", 0.1)
    warehouse.faults.at(is_insert, faults.SLOW)
    insert(engine)

    assert (warehouse.faults.struck, rows()) == (1, 1)


def test_given_a_statement_slower_than_the_timeout_when_it_is_made_again_then_it_counts_once(
    warehouse: Warehouse,
) -> None:
    migrated(warehouse)
    monitor = ETLMonitor(monitor_url(warehouse).update_query_dict({"_socket_timeout": "4"}))
    monitor.register_process("CORP", "HR_DAILY")
    warehouse.log.clear()
    warehouse.faults.at(lambda statement: statement.startswith("MERGE"), replace(faults.SLOW, delay=5.0))
    monitor.register_task("CORP", "HR_DAILY", 1, 1, 2, "Load employees")

    assert len([text for text in warehouse.log.texts if text.startswith("MERGE")]) > 1
    with monitor.session() as session:
        assert [task.task_name for task in session.scalars(select(Task))] == ["Load employees"]
    monitor.close()
