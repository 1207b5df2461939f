"""polars and pandas read whole frames with right values from the monitor's engine, however they receive it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pandas
import polars
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

ITEM = sa.Table(
    "item",
    sa.MetaData(),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String),
    sa.Column("price", sa.Numeric(10, 2)),
    sa.Column("sold_on", sa.Date),
    sa.Column("weight", sa.Float),
    sa.Column("kept", sa.Boolean),
)
ROWS = 5_000
FIRST = (0, "item 0 🦆", Decimal("0.25"), dt.date(2026, 4, 9), 0.5, True)

QUERIES: dict[str, Any] = {
    "text": sa.text("SELECT * FROM item ORDER BY number"),
    "str": "SELECT * FROM item ORDER BY number",
    "select": sa.select(ITEM).order_by(ITEM.c.number),
}


@pytest.fixture
def shop(engine: sa.Engine) -> sa.Engine:
    ITEM.create(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO item SELECT range, 'item ' || range || ' 🦆', (range + 0.25)::DECIMAL(10, 2), "
                "DATE '2026-04-09', range + 0.5, range % 2 = 0 FROM range(:rows)"
            ),
            {"rows": ROWS},
        )
    return engine


@contextmanager
def connected(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        yield connection


@contextmanager
def itself(engine: sa.Engine) -> Iterator[sa.Engine]:
    yield engine


WAYS: dict[str, Callable[[sa.Engine], Any]] = {"connection": connected, "engine": itself, "session": Session}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_polars_reads_all_rows_with_right_values(shop: sa.Engine, way: Callable[..., Any], query: Any) -> None:
    with way(shop) as database:
        frame = polars.read_database(query, database)

    assert frame.shape == (ROWS, 6)
    assert frame.row(0) == FIRST
    assert frame["number"].to_list() == list(range(ROWS))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_polars_reads_all_batches(shop: sa.Engine, way: Callable[..., Any]) -> None:
    with way(shop) as database:
        frames = list(polars.read_database(QUERIES["text"], database, iter_batches=True, batch_size=700))

    assert [len(frame) for frame in frames] == [700] * 7 + [100]
    assert polars.concat(frames)["number"].to_list() == list(range(ROWS))


def test_polars_reads_batches_while_other_statements_run(shop: sa.Engine) -> None:
    with shop.connect() as connection:
        found: list[int] = []
        for frame in polars.read_database(QUERIES["text"], connection, iter_batches=True, batch_size=700):
            found += frame["number"].to_list()
            assert connection.scalar(sa.text("SELECT 'other'")) == "other"

    assert found == list(range(ROWS))


def test_polars_reads_an_empty_result_as_an_empty_frame_with_its_columns(shop: sa.Engine) -> None:
    with shop.connect() as connection:
        frame = polars.read_database(sa.select(ITEM).where(ITEM.c.number < 0), connection)

    assert frame.shape == (0, 6)
    assert frame.columns == list(ITEM.c.keys())


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
@pytest.mark.parametrize("way", [connected, itself], ids=["connection", "engine"])
def test_pandas_reads_all_rows_with_right_values(shop: sa.Engine, way: Callable[..., Any], query: Any) -> None:
    with way(shop) as database:
        frame = pandas.read_sql(query, database)

    assert frame.shape == (ROWS, 6)
    assert frame["number"].tolist() == list(range(ROWS))
    assert frame["name"].iloc[0] == FIRST[1]
    assert float(frame["price"].iloc[0]) == 0.25


def test_pandas_reads_a_table_by_its_name(shop: sa.Engine) -> None:
    assert pandas.read_sql("item", shop).shape == (ROWS, 6)


def test_pandas_reads_chunks_while_other_statements_run(shop: sa.Engine) -> None:
    with shop.connect().execution_options(stream_results=True) as connection:
        found: list[int] = []
        for frame in pandas.read_sql(QUERIES["text"], connection, chunksize=700):
            found += frame["number"].tolist()
            assert connection.scalar(sa.text("SELECT 'other'")) == "other"

    assert found == list(range(ROWS))


def test_pandas_writes_a_frame_that_is_read_back(shop: sa.Engine) -> None:
    frame = pandas.DataFrame({"a": range(3_000), "b": [f"text {number}" for number in range(3_000)]})
    frame.to_sql("written", shop, index=False)

    assert pandas.read_sql("written", shop)["b"].tolist() == frame["b"].tolist()
