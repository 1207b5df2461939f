"""The DuckDB dialect, where SQLAlchemy's own compliance suite does not look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
import sqlalchemy as sa
from duckdb_engine import datatypes
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.schema import CreateSchema


class Base(DeclarativeBase):
    metadata = sa.MetaData(schema="shop")


class Item(Base):
    __tablename__ = "item"

    sku: Mapped[str] = mapped_column(primary_key=True)
    price: Mapped[Decimal | None] = mapped_column(sa.Numeric(12, 3))
    sold_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime(timezone=True))


class Receipt(Base):
    __tablename__ = "Receipt"

    number: Mapped[int] = mapped_column("_No", sa.BigInteger, sa.Identity(), primary_key=True)
    note: Mapped[str | None]


ITEM = Base.metadata.tables["shop.item"]
RECEIPT = Base.metadata.tables["shop.Receipt"]


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    engine = sa.create_engine("duckdb+monitor:///:memory:dialect")
    with engine.begin() as connection:
        connection.execute(CreateSchema("shop"))
        Base.metadata.create_all(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        yield connection


def _put_items(connection: sa.Connection, count: int) -> None:
    connection.execute(sa.insert(ITEM), [{"sku": f"{number:06}"} for number in range(count)])


def test_given_unread_rows_when_another_statement_runs_then_each_keeps_its_own(
    connection: sa.Connection,
) -> None:
    _put_items(connection, 3)
    items = connection.execute(sa.select(ITEM.c.sku).order_by(ITEM.c.sku))
    first = items.scalars().fetchmany(1)

    numbers = connection.execute(sa.text("SELECT 7 UNION ALL SELECT 8"))

    assert [*first, *items.scalars(), *numbers.scalars()] == ["000000", "000001", "000002", 7, 8]


def test_given_yield_per_when_each_row_starts_a_statement_then_every_row_arrives(engine: sa.Engine) -> None:
    with Session(engine) as session:
        _put_items(session.connection(), 2_500)
        query = sa.select(Item).order_by(Item.sku).execution_options(yield_per=100)

        seen = [(item.sku, session.scalar(sa.select(sa.literal(item.sku)))) for item in session.scalars(query)]

    assert seen == [(f"{number:06}", f"{number:06}") for number in range(2_500)]


def test_given_a_result_when_its_transaction_ends_then_its_rows_can_still_be_read(connection: sa.Connection) -> None:
    rows = connection.execute(sa.text("SELECT * FROM range(5000)"))

    connection.rollback()

    assert len(rows.all()) == 5_000


@pytest.mark.parametrize(
    "begin",
    [
        lambda connection: connection.exec_driver_sql("BEGIN"),
        lambda connection: connection.connection.cursor().execute("BEGIN"),
        lambda connection: connection.connection.driver_connection.begin(),
        lambda connection: connection.connection.driver_connection.sql("BEGIN"),
    ],
    ids=["statement", "cursor", "connection", "relation"],
)
def test_given_a_transaction_of_the_callers_own_when_the_pool_has_it_back_then_it_is_rolled_back(
    begin: Callable[[sa.Connection], object],
) -> None:
    engine = sa.create_engine("duckdb+monitor:///:memory:begun", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (n INTEGER)")
    with engine.connect() as connection:
        begin(connection)
        connection.exec_driver_sql("INSERT INTO kept VALUES (1)")
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM kept")) == 0
    engine.dispose()


def test_given_a_kept_relation_method_when_it_begins_after_a_commit_then_it_is_rolled_back() -> None:
    engine = sa.create_engine("duckdb+monitor:///:memory:kept")
    with engine.connect() as connection:
        sql = connection.connection.driver_connection.sql
        connection.exec_driver_sql("CREATE TABLE kept (n INTEGER)")
        connection.commit()
        sql("BEGIN")
        sql("INSERT INTO kept VALUES (1)")
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM kept")) == 0
    engine.dispose()


def test_given_a_committed_transaction_when_the_pool_has_it_back_then_the_driver_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    class Driver:
        def rollback(self) -> None:
            asked.append("rollback")

    engine = sa.create_engine("duckdb+monitor:///:memory:committed")
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        connection.commit()
        monkeypatch.setattr(connection.connection.dbapi_connection, "_driver", Driver())
    assert asked == []
    engine.dispose()


def test_given_dml_when_it_ran_then_rowcount_is_the_rows_that_changed(connection: sa.Connection) -> None:
    _put_items(connection, 5)

    counts = [
        connection.execute(sa.text("INSERT INTO shop.item (sku) VALUES ('a'), ('b')")).rowcount,
        connection.execute(sa.insert(ITEM).from_select(["sku"], sa.select(ITEM.c.sku + "x"))).rowcount,
        connection.execute(sa.update(ITEM).where(ITEM.c.sku < "000003x").values(price=1)).rowcount,
        connection.execute(sa.update(ITEM).where(ITEM.c.sku == "none").values(price=1)).rowcount,
        connection.execute(
            sa.text(
                "MERGE INTO shop.item AS t USING (VALUES ('a'), ('new'), ('newer')) AS s (sku) ON t.sku = s.sku "
                "WHEN MATCHED THEN UPDATE SET price = 2 WHEN NOT MATCHED THEN INSERT (sku) VALUES (s.sku)"
            )
        ).rowcount,
        connection.execute(sa.delete(ITEM)).rowcount,
    ]

    assert counts == [2, 7, 7, 0, 3, 16]


def test_given_dml_with_returning_when_it_ran_then_rowcount_is_the_rows_that_came_back(
    connection: sa.Connection,
) -> None:
    _put_items(connection, 5)

    update = connection.execute(sa.update(ITEM).where(ITEM.c.sku > "000001").values(price=1).returning(ITEM.c.sku))
    delete = connection.execute(sa.delete(ITEM).where(ITEM.c.price == 1).returning(ITEM.c.sku))

    assert (update.rowcount, delete.rowcount) == (3, 3)
    assert sorted(update.scalars()) == sorted(delete.scalars()) == ["000002", "000003", "000004"]


def test_given_many_parameter_sets_when_they_ran_then_rowcount_is_their_sum(connection: sa.Connection) -> None:
    _put_items(connection, 5)
    update = sa.update(ITEM).where(ITEM.c.sku <= sa.bindparam("up_to")).values(price=sa.bindparam("new"))
    delete = sa.delete(ITEM).where(ITEM.c.sku == sa.bindparam("one"))

    counts = [
        connection.execute(sa.insert(ITEM), [{"sku": f"x{number}"} for number in range(2_500)]).rowcount,
        connection.execute(update, [{"up_to": "000001", "new": 1}, {"up_to": "000003", "new": 2}]).rowcount,
        connection.execute(delete, [{"one": "000001"}, {"one": "none"}, {"one": "000002"}]).rowcount,
    ]

    assert counts == [2_500, 6, 2]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (a INTEGER)",
        "SET threads = 2",
        "INSERT INTO shop.item (sku) VALUES ('returning')",
        "COMMENT ON TABLE shop.item IS 'x'",
        "DELETE FROM shop.item",
        "CHECKPOINT",
    ],
)
def test_given_a_statement_without_rows_when_it_ran_then_it_returns_none(engine: sa.Engine, statement: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        assert not connection.execute(sa.text(statement)).returns_rows


def test_given_a_relation_when_registered_then_it_gives_no_rows_and_can_be_queried(
    connection: sa.Connection,
) -> None:
    relation = connection.connection.dbapi_connection.sql("SELECT 5 AS five")
    connection.execute(sa.text("SELECT 1")).all()

    registered = connection.exec_driver_sql("register($1, $2)", ("handed_over", relation))

    assert not registered.returns_rows
    assert connection.scalar(sa.text("SELECT five FROM handed_over")) == 5


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ('SELECT 3::BIGINT AS "Count"', [(3,)]),
        ('SELECT 3::BIGINT AS "Count" WHERE false', []),
        ('SELECT true AS "Success"', [(True,)]),
        ("INSERT INTO tally VALUES ('Ä', 4) RETURNING \"Count\"", [(4,)]),
    ],
)
def test_given_columns_named_like_duckdbs_placeholders_when_selected_then_they_are_rows(
    connection: sa.Connection, statement: str, rows: list[tuple[object]]
) -> None:
    connection.execute(sa.text('CREATE TEMPORARY TABLE tally (name VARCHAR, "Count" BIGINT)'))

    result = connection.execute(sa.text(statement))

    assert result.returns_rows
    assert result.all() == rows


def test_given_a_named_schema_when_reflected_then_tables_and_views_are_as_declared(connection: sa.Connection) -> None:
    connection.execute(sa.text("CREATE VIEW shop.cheap AS SELECT sku, price FROM shop.item WHERE price < 5"))
    connection.execute(sa.text("CREATE TABLE item (other INTEGER)"))
    inspector = sa.inspect(connection)

    columns = {
        column["name"]: (str(column["type"]), column["nullable"]) for column in inspector.get_columns("item", "shop")
    }

    assert inspector.get_table_names("shop") == ["Receipt", "item"]
    assert inspector.get_view_names("shop") == ["cheap"]
    assert columns == {
        "sku": ("VARCHAR", False),
        "price": ("NUMERIC(12, 3)", True),
        "sold_at": ("TIMESTAMP", True),
    }
    assert [column["name"] for column in inspector.get_columns("cheap", "shop")] == ["sku", "price"]
    assert "price < 5" in inspector.get_view_definition("cheap", "shop")
    assert inspector.get_pk_constraint("item", "shop")["constrained_columns"] == ["sku"]
    assert inspector.has_table("cheap", "shop")
    assert not inspector.has_table("cheap")
    assert not inspector.has_table("item", "warehouse")


def test_given_an_attached_database_when_reflected_then_its_schema_is_named_with_it(connection: sa.Connection) -> None:
    connection.execute(sa.text("ATTACH ':memory:' AS \"Ware House\""))
    connection.execute(sa.text('CREATE TABLE "Ware House".main.crate (id INTEGER)'))
    inspector = sa.inspect(connection)

    assert inspector.get_schema_names() == ["main", "shop", "Ware House.main"]
    assert inspector.get_table_names("Ware House.main") == ["crate"]
    assert inspector.get_columns("crate", "Ware House.main")[0]["name"] == "id"
    assert inspector.get_table_names() == []


@pytest.mark.parametrize("schema", ["my schema", "select", "O'Hare", 'a"b', '"with.dot"', 'memory."with.dot"', "Mixed"])
def test_given_any_schema_name_when_used_then_its_tables_are_created_and_found(schema: str) -> None:
    engine = sa.create_engine("duckdb+monitor:///:memory:")
    table = sa.Table("box", sa.MetaData(schema=schema), sa.Column("id", sa.Integer))
    with engine.begin() as connection:
        connection.execute(CreateSchema(schema))
        table.create(connection)
        connection.execute(sa.insert(table), {"id": 1})
        inspector = sa.inspect(connection)

        assert connection.scalar(sa.select(table.c.id)) == 1
        assert (inspector.has_schema(schema), inspector.get_table_names(schema)) == (True, ["box"])
    engine.dispose()


def test_given_reflected_tables_when_created_elsewhere_then_they_number_their_rows_again(engine: sa.Engine) -> None:
    reflected = sa.MetaData()
    reflected.reflect(engine, schema="shop")
    elsewhere = sa.create_engine("duckdb+monitor:///:memory:elsewhere")
    with elsewhere.begin() as connection:
        connection.execute(CreateSchema("shop"))
        reflected.create_all(connection)
        added = connection.execute(sa.insert(reflected.tables["shop.Receipt"]), {"note": "first"})

        assert added.inserted_primary_key == (1,)
    elsewhere.dispose()


def test_given_an_identity_when_one_row_is_added_then_its_number_is_known(engine: sa.Engine) -> None:
    with Session(engine) as session:
        receipt = Receipt(note="one")
        session.add(receipt)
        session.flush()

        assert receipt.number == 1


def test_given_an_identity_when_many_rows_are_added_then_each_object_has_its_own_number(engine: sa.Engine) -> None:
    with Session(engine) as session:
        receipts = [Receipt(note=str(number)) for number in range(2_500)]
        session.add_all(receipts)
        session.flush()
        stored = dict(session.execute(sa.select(Receipt.note, Receipt.number)).all())

    assert [stored[receipt.note] for receipt in receipts] == [receipt.number for receipt in receipts]
    assert sorted(stored.values()) == list(range(1, 2_501))


def test_given_a_translated_schema_when_created_and_dropped_then_the_sequence_goes_along(
    connection: sa.Connection,
) -> None:
    connection.execute(CreateSchema("o'hare"))
    moved = connection.execution_options(schema_translate_map={"shop": "o'hare"})

    Base.metadata.create_all(moved)
    number = moved.execute(sa.insert(RECEIPT).returning(RECEIPT.c["_No"]), {"note": "x"}).scalar_one()
    found = sa.inspect(connection).get_sequence_names("o'hare")
    Base.metadata.drop_all(moved)

    assert (number, found) == (1, ["Receipt__No_seq"])
    assert sa.inspect(connection).get_sequence_names("o'hare") == []


def test_given_decimals_when_stored_then_they_come_back_exactly(connection: sa.Connection) -> None:
    values = {"a": Decimal("0.001"), "b": Decimal("123456789.123"), "c": Decimal("4E+8"), "d": None}
    connection.execute(sa.insert(ITEM), [{"sku": sku, "price": price} for sku, price in values.items()])

    stored = connection.execute(sa.select(ITEM.c.sku, ITEM.c.price)).all()

    assert dict(stored) == values
    assert {type(price) for _, price in stored if price is not None} == {Decimal}


def test_given_a_quotient_of_decimals_when_selected_then_it_is_a_decimal(connection: sa.Connection) -> None:
    connection.execute(sa.insert(ITEM), {"sku": "a", "price": Decimal("1.5")})

    half = connection.scalar(sa.select(ITEM.c.price / 2))

    assert half == Decimal("0.75")
    assert isinstance(half, Decimal)


def test_given_autocommit_when_a_statement_ran_then_it_is_there_after_rollback(engine: sa.Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.insert(ITEM), {"sku": "kept"})
        connection.rollback()

    with engine.connect() as connection:
        connection.execute(sa.insert(ITEM), {"sku": "lost"})
        connection.rollback()
        assert connection.scalars(sa.select(ITEM.c.sku)).all() == ["kept"]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize(
    "moment",
    [
        dt.datetime(2026, 4, 9, 23, 30, 0, 123456, tzinfo=dt.UTC),
        dt.datetime(2026, 11, 1, 5, 30, tzinfo=dt.UTC),  # the hour that New York has twice, first
        dt.datetime(2026, 11, 1, 6, 30, tzinfo=dt.UTC),  # and second
        dt.datetime(1, 1, 3, tzinfo=dt.UTC),
    ],
)
def test_given_any_session_time_zone_when_a_moment_is_stored_then_the_same_moment_comes_back(
    connection: sa.Connection, zone: str, moment: dt.datetime
) -> None:
    connection.execute(sa.text("SET TimeZone = :zone"), {"zone": zone})
    connection.execute(sa.insert(ITEM), {"sku": "a", "sold_at": moment})

    stored = connection.scalar(sa.select(ITEM.c.sold_at))

    assert stored is not None
    assert stored.astimezone(dt.UTC) == moment
    assert connection.scalar(sa.select(ITEM.c.sku).where(ITEM.c.sold_at == stored)) == "a"


@pytest.mark.parametrize(
    "value",
    [":name", "%s", "100%", "$1", "?", "back\\slash\\", "it's", '"quoted"', "`tick`", "🦆\n\tà", "{curly}", "", " "],
)
def test_given_any_text_when_bound_or_written_out_then_it_comes_back_unchanged(
    connection: sa.Connection, value: str
) -> None:
    bound = sa.select(sa.literal(value))
    written = bound.compile(connection, compile_kwargs={"literal_binds": True}).string

    assert connection.scalar(bound) == value
    assert connection.exec_driver_sql(written).scalar() == value


def test_given_a_key_with_any_sign_when_a_json_value_is_asked_then_it_is_found(connection: sa.Connection) -> None:
    keys = ["plain", "$x", "/y", "a.b", "it's", "~", "", '"']
    document = sa.Table("document", sa.MetaData(), sa.Column("body", sa.JSON), prefixes=["TEMPORARY"])
    document.create(connection)
    connection.execute(sa.insert(document), {"body": {key: [key] for key in keys}})

    found = [connection.scalar(sa.select(document.c.body[key, 0].as_string())) for key in keys]

    assert found == keys


def test_given_a_regular_expression_when_matched_then_a_part_of_the_text_is_enough(connection: sa.Connection) -> None:
    text = sa.literal("on time")

    assert connection.scalar(sa.select(text.regexp_match("TI", flags="i")))
    assert connection.scalar(sa.select(~text.regexp_match("late")))


def test_given_a_float_column_when_a_python_float_is_stored_then_no_digit_is_lost(connection: sa.Connection) -> None:
    measure = sa.Table("measure", sa.MetaData(), sa.Column("value", sa.Float), prefixes=["TEMPORARY"])
    measure.create(connection)
    connection.execute(sa.insert(measure), {"value": 0.1 + 0.2})

    assert connection.scalar(sa.select(measure.c.value)) == 0.1 + 0.2


def test_given_a_connection_that_was_closed_when_used_then_the_pool_gets_another(engine: sa.Engine) -> None:
    kept = engine.connect()
    with engine.connect() as connection:
        connection.connection.dbapi_connection.close()
        with pytest.raises(sa.exc.OperationalError) as refusal:
            connection.execute(sa.select(ITEM))

    assert refusal.value.connection_invalidated
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(ITEM)) == 0
    kept.close()


@pytest.mark.parametrize(
    ("kind", "rendered"),
    [
        (datatypes.UInteger(), "UINTEGER"),
        (datatypes.HugeInteger(), "HUGEINT"),
        (datatypes.UTinyInteger(), "UTINYINT"),
        (datatypes.Map(sa.String, sa.Integer), "MAP(VARCHAR, INTEGER)"),
        (datatypes.Struct({"first": sa.String, "next": sa.Integer}), "STRUCT(first VARCHAR, next INTEGER)"),
        (datatypes.Union({"one": sa.String, "two": sa.Integer}), "UNION(one VARCHAR, two INTEGER)"),
    ],
)
def test_type_of_duckdb_engine_in_a_table_is_the_one_that_it_names(
    connection: sa.Connection, kind: sa.types.TypeEngine[object], rendered: str
) -> None:
    table = sa.Table("shaped", sa.MetaData(), sa.Column("value", kind, nullable=True), prefixes=["TEMPORARY"])
    table.create(connection)

    described = connection.execute(sa.text("SELECT data_type FROM duckdb_columns() WHERE table_name = 'shaped'"))

    assert described.scalar_one().replace('"', "") == rendered


def test_insert_of_postgresql_with_on_conflict_compiles_and_runs(connection: sa.Connection) -> None:
    upsert = postgresql.insert(ITEM).values(sku="a", price=Decimal(1))
    upsert = upsert.on_conflict_do_update(index_elements=["sku"], set_={"price": upsert.excluded.price + 1})
    connection.execute(upsert)
    connection.execute(upsert)

    assert connection.scalar(sa.select(ITEM.c.price)) == Decimal(2)
