"""The driver's own fetches give all rows of the statement, or are not there; never nothing, never another's rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pandas
import pytest
import sqlalchemy as sa

ROWS = 5_000
NUMBERS = sa.text("SELECT range AS number FROM range(:rows) WHERE range >= 0").bindparams(rows=ROWS)
OTHER = sa.text("SELECT 'other' AS other")

pytestmark = [
    pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning"),
    pytest.mark.filterwarnings("ignore:fetch_\\w+\\(\\) is deprecated:DeprecationWarning"),
]

COUNTED: dict[str, Callable[[Any], int]] = {
    "df": len,
    "fetch_df": len,
    "fetchdf": len,
    "fetchnumpy": lambda columns: len(columns["number"]),
    "to_arrow_table": lambda table: table.num_rows,
    "fetch_arrow_table": lambda table: table.num_rows,
    "to_arrow_reader": lambda reader: sum(batch.num_rows for batch in reader),
    "fetch_record_batch": lambda reader: sum(batch.num_rows for batch in reader),
    "pl": len,
}


@pytest.mark.parametrize("name", COUNTED)
def test_native_fetch_gives_all_rows_or_is_not_there(connection: sa.Connection, name: str) -> None:
    cursor = connection.execute(NUMBERS).cursor
    if hasattr(duckdb.DuckDBPyConnection, name):
        assert COUNTED[name](getattr(cursor, name)()) == ROWS
    else:
        assert not hasattr(cursor, name)


@pytest.mark.parametrize("name", COUNTED)
def test_native_fetch_after_another_statement_is_not_there_and_rows_are(connection: sa.Connection, name: str) -> None:
    result = connection.execute(NUMBERS)
    connection.execute(OTHER)

    assert not hasattr(result.cursor, name)
    assert len(result.all()) == ROWS


@pytest.mark.parametrize("name", COUNTED)
def test_native_fetch_after_a_row_was_read_is_not_there_and_rows_are(connection: sa.Connection, name: str) -> None:
    result = connection.execute(NUMBERS)
    result.fetchone()

    assert not hasattr(result.cursor, name)
    assert len(result.all()) == ROWS - 1


def test_native_fetch_twice_is_refused_the_second_time(connection: sa.Connection) -> None:
    cursor = connection.execute(NUMBERS).cursor
    cursor.df()
    with pytest.raises(AttributeError, match="fetchall"):
        cursor.df()


@pytest.mark.parametrize("statement", ["CREATE TABLE t (a INTEGER)", "INSERT INTO there VALUES (1)", "SET threads = 2"])
def test_native_fetch_of_a_statement_without_rows_is_not_there(connection: sa.Connection, statement: str) -> None:
    connection.exec_driver_sql("CREATE TABLE there (a INTEGER)")
    assert not hasattr(connection.execute(sa.text(statement)).context.cursor, "df")


def test_chunks_of_frames_add_up_to_all_rows(connection: sa.Connection) -> None:
    cursor = connection.execute(NUMBERS).cursor
    lengths = []
    while length := len(cursor.fetch_df_chunk()):
        lengths.append(length)

    assert len(lengths) > 1
    assert sum(lengths) == ROWS


def test_rows_after_a_chunk_of_a_frame_are_the_rest(connection: sa.Connection) -> None:
    cursor = connection.execute(NUMBERS).cursor
    taken = len(cursor.fetch_df_chunk())
    connection.execute(OTHER)

    assert not hasattr(cursor, "fetch_df_chunk")
    assert cursor.fetchall() == [(number,) for number in range(taken, ROWS)]


def test_reader_goes_on_after_another_statement_and_after_a_commit(connection: sa.Connection) -> None:
    reader = connection.execute(NUMBERS).cursor.to_arrow_reader(1_000)
    first = reader.read_next_batch().num_rows
    other = connection.execute(OTHER).all()
    connection.commit()

    assert other == [("other",)]
    assert first + sum(batch.num_rows for batch in reader) == ROWS


def test_reader_after_a_rollback_says_so(connection: sa.Connection) -> None:
    reader = connection.execute(NUMBERS).cursor.to_arrow_reader(1_000)
    connection.rollback()

    with pytest.raises(Exception, match="rolled back"):
        reader.read_all()
    assert connection.execute(OTHER).all() == [("other",)]


def test_reader_sees_rows_that_its_own_transaction_wrote(connection: sa.Connection) -> None:
    connection.execute(sa.text("CREATE TABLE written AS SELECT range AS number FROM range(10)"))
    reader = connection.execute(sa.text("SELECT * FROM written")).cursor.to_arrow_reader(1_000)

    assert reader.read_all().num_rows == 10


def test_reader_left_behind_does_not_stand_in_the_way(connection: sa.Connection) -> None:
    connection.execute(NUMBERS).cursor.to_arrow_reader(1_000).read_next_batch()

    assert connection.execute(OTHER).all() == [("other",)]
    connection.rollback()


@pytest.fixture
def raw() -> Any:
    made = sa.create_engine("duckdb+monitor:///:memory:raw")
    connection = made.raw_connection()
    yield connection
    connection.close()
    made.dispose()


def test_raw_connection_gives_the_rows_of_its_last_statement(raw: Any) -> None:
    assert len(raw.execute("SELECT * FROM range(5000)").df()) == ROWS
    cursor = raw.cursor()
    cursor.execute("SELECT * FROM range(5000)")
    assert len(raw.df()) == ROWS
    assert not hasattr(raw, "df")
    assert raw.execute("SELECT 1").fetchall() == [(1,)]


def test_relation_of_the_raw_connection_and_a_cursor_keep_their_rows(raw: Any) -> None:
    relation = raw.sql("SELECT 7")
    cursor = raw.cursor()
    cursor.execute("SELECT * FROM range(5000)")
    first = cursor.fetchone()

    assert relation.fetchall() == [(7,)]
    assert [first, *cursor.fetchall()] == [(number,) for number in range(ROWS)]


def test_frame_registered_while_rows_wait_leaves_both_readable(raw: Any) -> None:
    cursor = raw.cursor()
    cursor.execute("SELECT * FROM range(5000)")
    raw.register("handed_over", pandas.DataFrame({"a": [1]}))

    assert raw.execute("SELECT a FROM handed_over").fetchall() == [(1,)]
    assert len(cursor.fetchall()) == ROWS
