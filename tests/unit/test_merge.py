"""The MERGE construct: the SQL that it becomes, and that SQLAlchemy compiles each shape of it once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateSchema

from etl_monitor_orm.dialects.duckdb.dialect import DuckDBDialect
from etl_monitor_orm.models.base import Word
from etl_monitor_orm.sql.merge import Merge
from etl_monitor_orm.vocabulary import Status

STOCK = Table(
    "Stock",
    MetaData(schema="shop"),
    Column("ID", Integer, primary_key=True),
    Column("Name", String),
    Column("Full", Boolean),
    Column("Status", Word(Status)),
)


def merge(number: int = 1, name: str | None = "one") -> Merge:
    source = select(literal(number).label("ID"), literal(name, String).label("Name")).subquery("source")
    return Merge(STOCK, source, STOCK.c.ID == source.c.ID)


def sql(statement: Merge, dialect: Dialect | None = None) -> str:
    """The text of a statement, each bound value as a question mark."""
    compiled = statement.compile(dialect=dialect or DuckDBDialect(paramstyle="qmark"))
    return " ".join(str(compiled).split())


# What it becomes


def test_given_an_update_when_compiled_then_only_matched_rows_are_written() -> None:
    assert sql(merge().update({STOCK.c.Name: "new"})) == (
        'MERGE INTO shop."Stock" USING (SELECT ? AS "ID", ? AS "Name") AS source '
        'ON shop."Stock"."ID" = source."ID" WHEN MATCHED THEN UPDATE SET "Name" = ?'
    )


def test_given_a_guard_when_compiled_then_matched_rows_are_written_only_where_it_holds() -> None:
    statement = merge().update({STOCK.c.Name: "new"}, where=STOCK.c.Full.is_(False))
    assert 'WHEN MATCHED AND shop."Stock"."Full" IS false THEN UPDATE SET' in sql(statement)


def test_given_an_insert_when_compiled_then_only_unmatched_rows_are_added() -> None:
    text = sql(merge().insert({STOCK.c.ID: literal(1), STOCK.c.Name: "new"}))
    assert text.endswith('WHEN NOT MATCHED THEN INSERT ( "ID", "Name" ) VALUES ( ?, ? )')
    assert "WHEN MATCHED" not in text


def test_given_both_when_compiled_then_the_update_comes_first() -> None:
    text = sql(merge().insert({STOCK.c.ID: 1}).update({STOCK.c.Name: "new"}))
    assert text.index("WHEN MATCHED THEN UPDATE") < text.index("WHEN NOT MATCHED THEN INSERT")


def test_given_columns_to_return_when_the_database_can_then_the_statement_asks_for_them() -> None:
    assert sql(merge().update({STOCK.c.Name: "new"}).returning(STOCK.c.ID, STOCK.c.Name)).endswith(
        'RETURNING "ID", "Name"'
    )


def test_given_columns_to_return_when_the_database_cannot_then_the_statement_does_not_ask() -> None:
    statement = merge().update({STOCK.c.Name: "new"}).returning(STOCK.c.ID)
    assert "RETURNING" not in sql(statement, sqlite.dialect())


def test_given_values_when_compiled_then_none_of_them_is_in_the_text() -> None:
    statement = merge(4711, "it's").update({STOCK.c.Name: "new: %s"}, where=STOCK.c.Name != "old")
    statement.insert({STOCK.c.ID: 4712})
    assert not [value for value in ("4711", "it's", "new: %s", "old", "4712") if value in sql(statement)]


def test_given_a_typed_column_when_a_plain_value_is_written_then_the_column_type_binds_it() -> None:
    compiled = merge().update({STOCK.c.Status: Status.DONE}).compile(dialect=DuckDBDialect())
    types = {type(bind.type) for bind in compiled.binds.values() if bind.value is Status.DONE}
    assert types == {Word}


# What it does


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A table of two rows: 1 is full, 2 is not."""
    engine = create_engine("duckdb+monitor:///:memory:merge")
    with engine.begin() as connection:
        connection.execute(CreateSchema("shop"))
        STOCK.metadata.create_all(connection)
        rows = [{"ID": 1, "Name": "a", "Full": True}, {"ID": 2, "Name": "b", "Full": False}]
        connection.execute(insert(STOCK), rows)
    yield engine
    engine.dispose()


def stored(engine: Engine) -> dict[int, str]:
    with engine.connect() as connection:
        return {row.ID: row.Name for row in connection.execute(select(STOCK.c.ID, STOCK.c.Name))}


@pytest.mark.parametrize(
    ("number", "written", "after"),
    [(1, 0, {1: "a", 2: "b"}), (2, 1, {1: "a", 2: "new"}), (3, 1, {1: "a", 2: "b", 3: "three"})],
    ids=["guarded", "updated", "inserted"],
)
def test_given_both_branches_when_executed_then_the_row_count_tells_what_was_written(
    engine: Engine, number: int, written: int, after: dict[int, str]
) -> None:
    statement = merge(number, "three")
    statement.update({STOCK.c.Name: "new"}, where=STOCK.c.Full.is_(False))
    statement.insert({STOCK.c.ID: statement.source.c.ID, STOCK.c.Name: statement.source.c.Name})
    with engine.begin() as connection:
        assert connection.execute(statement).rowcount == written
    assert stored(engine) == after


@pytest.mark.parametrize(("number", "expected"), [(1, []), (2, [(2, "new")])])
def test_given_columns_to_return_when_executed_then_they_are_those_of_the_rows_written(
    engine: Engine, number: int, expected: list[tuple[int, str]]
) -> None:
    statement = merge(number).update({STOCK.c.Name: "new"}, where=STOCK.c.Full.is_(False))
    with engine.begin() as connection:
        rows = connection.execute(statement.returning(STOCK.c.ID, STOCK.c.Name)).all()
    assert [tuple(row) for row in rows] == expected


# Compiled once


def variants() -> dict[str, Merge]:
    """Statements of different shape, each of which must be compiled for itself."""
    source = select(literal(1).label("ID")).subquery("source")
    return {
        "update": merge().update({STOCK.c.Name: "x"}),
        "guarded": merge().update({STOCK.c.Name: "x"}, where=STOCK.c.Full.is_(False)),
        "guarded otherwise": merge().update({STOCK.c.Name: "x"}, where=STOCK.c.Full.is_(True)),
        "another column": merge().update({STOCK.c.Full: True}),
        "an expression": merge().update({STOCK.c.Name: func.upper(STOCK.c.Name)}),
        "insert": merge().insert({STOCK.c.ID: 1}),
        "insert more": merge().insert({STOCK.c.ID: 1, STOCK.c.Name: "x"}),
        "both": merge().update({STOCK.c.Name: "x"}).insert({STOCK.c.ID: 1}),
        "returning": merge().update({STOCK.c.Name: "x"}).returning(STOCK.c.ID),
        "returning another": merge().update({STOCK.c.Name: "x"}).returning(STOCK.c.Name),
        "another condition": Merge(STOCK, source, STOCK.c.ID > source.c.ID).insert({STOCK.c.ID: 1}),
    }


def test_given_one_shape_with_other_values_when_executed_then_it_is_compiled_once(engine: Engine) -> None:
    cached = engine._compiled_cache
    before = len(cached)
    with engine.begin() as connection:
        for number in range(10):
            connection.execute(merge(number, f"name {number}").update({STOCK.c.Name: f"value {number}"}))
    assert len(cached) == before + 1


def test_given_other_values_when_a_compiled_shape_is_used_again_then_the_new_ones_are_written(engine: Engine) -> None:
    with engine.begin() as connection:
        for number, value in ((1, "x"), (2, "y")):
            connection.execute(merge(number).update({STOCK.c.Name: value}))
    assert stored(engine) == {1: "x", 2: "y"}


def test_given_a_compiled_shape_when_it_returns_rows_again_then_their_columns_are_named(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in (1, 2):
            statement = merge(number).update({STOCK.c.Name: "x"}).returning(STOCK.c.ID, STOCK.c.Name)
            (row,) = connection.execute(statement)
            assert (row.ID, row.Name) == (number, "x")


def test_given_two_shapes_when_compared_then_neither_is_taken_for_the_other() -> None:
    keys = {name: statement._generate_cache_key().key for name, statement in variants().items()}
    assert len(set(keys.values())) == len(keys)


@pytest.mark.parametrize("name", variants())
def test_given_one_shape_made_twice_when_compared_then_it_is_the_same_statement(name: str) -> None:
    first, second = variants()[name], variants()[name]
    assert first._generate_cache_key() == second._generate_cache_key()


def test_merge_that_returns_another_column_is_another_statement_to_the_cache() -> None:
    name, full = (merge().update({STOCK.c.Name: "new"}).returning(column) for column in (STOCK.c.Name, STOCK.c.Full))
    plain = merge().update({STOCK.c.Name: "new"})

    assert len({statement._generate_cache_key().key for statement in (plain, name, full)}) == 3
