"""Rows that stream: the first one at once, any number in little memory, and none lost when something else runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.guests.processes import run

ROWS = 20_000
NUMBERS = sa.text("SELECT range FROM range(20000)")
OTHER = sa.text("SELECT 'other'")
ALL = [(number,) for number in range(ROWS)]


@pytest.fixture(
    params=[{"stream_results": True}, {"yield_per": 100}, {}], ids=["stream_results", "yield_per", "neither"]
)
def result(request: pytest.FixtureRequest, connection: sa.Connection) -> sa.CursorResult[tuple[int]]:
    return connection.execute(NUMBERS, execution_options=request.param)


def test_rows_read_one_by_one_come_whole_and_in_order(result: sa.CursorResult[tuple[int]]) -> None:
    assert [tuple(row) for row in result] == ALL


def test_statement_in_the_middle_mixes_no_rows(result: sa.CursorResult[tuple[int]], connection: sa.Connection) -> None:
    first = [tuple(row) for row in result.fetchmany(10)]
    other = connection.execute(OTHER).all()

    assert other == [("other",)]
    assert first + [tuple(row) for row in result] == ALL


def test_two_results_read_in_turns_stay_apart(result: sa.CursorResult[tuple[int]], connection: sa.Connection) -> None:
    other = connection.execute(NUMBERS, execution_options={"yield_per": 7})

    pairs = [(tuple(one), tuple(two)) for one, two in zip(result, other, strict=True)]

    assert pairs == list(zip(ALL, ALL, strict=True))


def test_commit_in_the_middle_keeps_the_rest(result: sa.CursorResult[tuple[int]], connection: sa.Connection) -> None:
    first = tuple(result.fetchone() or ())
    connection.commit()

    assert [first, *(tuple(row) for row in result)] == ALL


def test_rollback_in_the_middle_of_a_stream_is_said(connection: sa.Connection) -> None:
    result = connection.execute(NUMBERS, execution_options={"yield_per": 10})
    result.fetchone()
    connection.rollback()

    with pytest.raises(DBAPIError, match="rolled back"):
        result.all()


def test_rollback_keeps_rows_that_do_not_stream(connection: sa.Connection) -> None:
    result = connection.execute(NUMBERS)
    connection.rollback()

    assert [tuple(row) for row in result] == ALL


def test_rows_written_by_the_stream_s_own_transaction_are_in_it(connection: sa.Connection) -> None:
    connection.execute(sa.text("CREATE TABLE written AS SELECT range AS number FROM range(5000)"))
    rows = connection.execute(sa.text("SELECT number FROM written"), execution_options={"stream_results": True})

    assert len(rows.all()) == 5_000


def test_writes_between_the_rows_of_a_stream_are_all_made(connection: sa.Connection) -> None:
    connection.execute(sa.text("CREATE TABLE doubled (number BIGINT)"))
    insert = sa.text("INSERT INTO doubled VALUES (:number)")
    for (number,) in connection.execute(sa.text("SELECT range FROM range(100)"), execution_options={"yield_per": 5}):
        connection.execute(insert, {"number": number * 2})

    assert connection.scalar(sa.text("SELECT sum(number) FROM doubled")) == 9_900


def test_connection_given_back_in_the_middle_of_a_stream_mixes_nothing(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        kept = connection.execute(NUMBERS, execution_options={"yield_per": 10})
        kept.fetchone()
    with engine.connect() as connection:
        assert connection.execute(OTHER).all() == [("other",)]

    with pytest.raises(DBAPIError, match="rolled back"):
        kept.all()


def test_stream_in_autocommit_left_early_keeps_no_transaction_open(engine: sa.Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("CREATE TABLE there AS SELECT range AS number FROM range(200000)"))
        rows = connection.execute(sa.text("SELECT number FROM there"), execution_options={"yield_per": 10})
        rows.fetchone()
        rows.close()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
            other.execute(sa.text("CHECKPOINT"))


def test_session_streams_objects_and_reads_others_meanwhile(engine: sa.Engine) -> None:
    with Session(engine) as session:
        seen = 0
        for (number,) in session.execute(NUMBERS, execution_options={"yield_per": 500}):
            if number % 5_000 == 0:
                assert session.scalar(OTHER) == "other"
            seen += 1

    assert seen == ROWS


MEASURE = """
import json, resource, time
import pandas, pyarrow, sqlalchemy as sa
import warnings
warnings.simplefilter("ignore")

engine = sa.create_engine("duckdb+monitor:///:memory:measured")
MANY = sa.text("SELECT range AS number, range::VARCHAR || 'a text of some length' AS words FROM range(:rows)")

def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def rows(connection, count):
    yield from connection.execute(MANY, {{"rows": count}}, execution_options={options})

def batches(connection, count):
    for batch in connection.execute(MANY, {{"rows": count}}).cursor.to_arrow_reader(10_000):
        yield from range(batch.num_rows)

def chunks(connection, count):
    cursor = connection.execute(MANY, {{"rows": count}}).cursor
    while length := len(cursor.fetch_df_chunk()):
        yield from range(length)

with engine.connect() as connection:
    for row in {how}(connection, 100_000):
        pass
    before, begin = used(), time.perf_counter()
    reading = {how}(connection, 2_000_000)
    next(reading)
    first = time.perf_counter() - begin
    count = 1 + sum(1 for row in reading)
print(json.dumps([count, first, used() - before, time.perf_counter() - begin]))
"""


@pytest.mark.parametrize(
    ("how", "options"),
    [("rows", {"stream_results": True}), ("rows", {"yield_per": 1_000}), ("batches", {}), ("chunks", {})],
    ids=["stream_results", "yield_per", "Arrow batches", "chunks of frames"],
)
def test_two_million_rows_need_little_memory_and_the_first_comes_at_once(
    tmp_path: Path, how: str, options: dict[str, object]
) -> None:
    count, first, megabytes, whole = json.loads(run(MEASURE.format(how=how, options=options), tmp_path))

    assert count == 2_000_000
    assert first < whole / 4
    assert megabytes < 60  # as tuples, the rows take some 400
