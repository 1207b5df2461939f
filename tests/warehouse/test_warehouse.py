"""The local warehouse is a warehouse: what a client may rely on, through the real driver."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, MetaData, Table, bindparam, inspect, text, types
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm import create_engine
from tests.databases import monitor_url
from tests.warehouse import Warehouse


@pytest.fixture(scope="module")
def engine(warehouse: Warehouse) -> Iterator[Engine]:
    engine = create_engine(monitor_url(warehouse))
    with engine.connect() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS shop"))
    yield engine
    with engine.connect() as connection:
        connection.execute(text("DROP SCHEMA shop CASCADE"))
    engine.dispose()


@pytest.fixture
def orders(engine: Engine) -> None:
    """A table with three orders."""
    execute(engine, "DROP TABLE IF EXISTS shop.Orders")
    execute(
        engine,
        """CREATE TABLE shop.Orders (
            OrderID BIGINT NOT NULL COMMENT 'What it is known by', Day DATE, Amount DECIMAL(10, 2)
        ) USING DELTA PARTITIONED BY (Day) COMMENT 'What was bought'""",
    )
    execute(engine, "INSERT INTO shop.Orders VALUES (1, DATE '2026-04-09', 1.5), (2, NULL, 2), (3, NULL, NULL)")


def execute(engine: Engine, statement: str) -> int:
    """Execute a statement; return how many rows it changed."""
    with engine.connect() as connection:
        return connection.execute(text(statement)).rowcount


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (7, types.Integer),
        (2**40, types.BigInteger),
        (1.5, types.Float),
        (Decimal("12345.67"), types.Numeric(10, 2)),
        (True, types.Boolean),
        (date(2026, 4, 9), types.Date),
        (datetime(2026, 4, 9, 7, 8, 9, 101112, tzinfo=UTC), types.TIMESTAMP(timezone=True)),
        ('it\'s `odd` \\ "quoted" 🚚\n', types.String),
        ("", types.String),
        (None, types.String),
    ],
    ids=str,
)
def test_given_a_named_parameter_when_it_is_selected_then_it_comes_back(
    engine: Engine, value: object, kind: types.TypeEngine[object]
) -> None:
    query = text("SELECT :value AS value").bindparams(bindparam("value", value, kind))
    with engine.connect() as connection:
        assert connection.scalar(query.columns(value=kind)) == value


def test_given_more_rows_than_one_answer_holds_when_they_are_fetched_then_each_comes_once(engine: Engine) -> None:
    with engine.connect() as connection:
        found = connection.scalars(text("SELECT id FROM range(250000) ORDER BY id")).all()

    assert found == list(range(250_000))


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("UPDATE shop.Orders SET Amount = 3 WHERE OrderID > 1", 2),
        ("UPDATE shop.Orders SET Amount = 3 WHERE OrderID > 9", 0),
        ("DELETE FROM shop.Orders WHERE Day IS NULL", 2),
        (
            "MERGE INTO shop.Orders USING (SELECT 3 AS id UNION ALL SELECT 4) AS new ON OrderID = new.id "
            "WHEN MATCHED THEN UPDATE SET Amount = 3 WHEN NOT MATCHED THEN INSERT (OrderID) VALUES (new.id)",
            2,
        ),
    ],
)
def test_given_a_statement_that_changes_rows_then_they_are_counted(
    engine: Engine, statement: str, changed: int
) -> None:
    assert execute(engine, statement) == changed


@pytest.mark.usefixtures("orders")
def test_given_a_table_when_it_is_reflected_then_columns_partition_and_comments_are_there(
    engine: Engine,
) -> None:
    table = Table("orders", MetaData(), schema="shop", autoload_with=engine)

    assert table.comment == "What was bought"
    assert [(column.name, column.nullable, column.comment) for column in table.columns] == [
        ("OrderID", False, "What it is known by"),
        ("Day", True, None),
        ("Amount", True, None),
    ]
    assert isinstance(table.c.OrderID.type, types.BigInteger)
    with engine.connect() as connection:
        found = connection.execute(text("DESCRIBE DETAIL shop.Orders")).mappings().one()
    assert list(found["partitionColumns"]) == ["Day"]


def test_given_an_identity_column_and_a_primary_key_then_rows_are_numbered_and_the_key_is_told(engine: Engine) -> None:
    execute(
        engine,
        """CREATE TABLE shop.Lines (
            ID BIGINT GENERATED ALWAYS AS IDENTITY, TokenID STRING NOT NULL, CONSTRAINT pk_lines PRIMARY KEY (TokenID)
        ) USING DELTA""",
    )
    execute(engine, "INSERT INTO shop.Lines (TokenID) VALUES ('a')")
    execute(engine, "INSERT INTO shop.Lines (TokenID) VALUES ('b')")

    with engine.connect() as connection:
        numbers = connection.scalars(text("SELECT ID FROM shop.Lines ORDER BY TokenID")).all()
    key = inspect(engine).get_pk_constraint("lines", "shop")
    execute(engine, "DROP TABLE shop.Lines")
    assert numbers[0] < numbers[1]
    assert (key["name"], key["constrained_columns"]) == ("pk_lines", ["TokenID"])


@pytest.mark.usefixtures("orders")
def test_given_a_value_that_must_not_be_missing_when_it_is_then_the_statement_is_refused(
    engine: Engine,
) -> None:
    with pytest.raises(DBAPIError, match="DELTA_NOT_NULL_CONSTRAINT_VIOLATED"):
        execute(engine, "INSERT INTO shop.Orders VALUES (NULL, NULL, 1)")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT * FROM shop.nothing", r"\[TABLE_OR_VIEW_NOT_FOUND\] .*SQLSTATE: 42P01"),
        ("SELECT * FROM nowhere.shop.nothing", r"\[NO_SUCH_CATALOG_EXCEPTION\] Catalog 'nowhere' .*SQLSTATE: 42704"),
        ("SELECT nothing", r"\[UNRESOLVED_COLUMN.*\] .*SQLSTATE: 42703"),
        ("SELEKT 1", r"\[PARSE_SYNTAX_ERROR\] .*SQLSTATE: 42601"),
        ("SELECT 1 / 0", r"\[DIVIDE_BY_ZERO\] .*SQLSTATE: 22012"),
    ],
)
def test_given_a_statement_that_does_not_work_then_it_is_told_as_databricks_tells_it(
    engine: Engine, statement: str, words: str
) -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError, match=f"(?s){words}"):
        connection.execute(text(statement)).all()


def test_given_a_setting_that_a_warehouse_does_not_have_then_no_session_opens(warehouse: Warehouse) -> None:
    settings = {"session_configuration": {"spark.sql.shuffle.partitions": "1"}}
    engine = warehouse.engine(connect_args=settings)
    with pytest.raises(DBAPIError, match="CONFIG_NOT_AVAILABLE"):
        engine.connect()


@pytest.mark.usefixtures("orders")
def test_given_tables_that_were_saved_when_they_are_put_back_then_they_are_as_they_were(
    engine: Engine, warehouse: Warehouse
) -> None:
    warehouse.save("three orders")
    state = warehouse.state("shop", "Orders")
    execute(engine, "DELETE FROM shop.Orders")
    execute(engine, "CREATE TABLE shop.Extra (a INT) USING DELTA")
    assert warehouse.state("shop", "Orders") != state

    warehouse.restore("three orders")

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM shop.Orders")) == 3
    assert warehouse.state("shop", "Orders") == state
    assert inspect(engine).get_table_names("shop") == ["orders"]
