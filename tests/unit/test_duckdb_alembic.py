"""Alembic on DuckDB: no difference is reported that DuckDB itself makes, and every real one is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.schema import CreateSchema

import etl_monitor_orm.dialects.duckdb.alembic_impl  # registers alembic's side of the dialect

assert etl_monitor_orm.dialects.duckdb.alembic_impl.DuckDBImpl.__dialect__ == "duckdb+monitor"


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("duckdb+monitor:///:memory:alembic")
    with engine.connect() as connection:
        connection.execute(CreateSchema("shop"))
        yield connection
    engine.dispose()


@pytest.fixture
def op(connection: sa.Connection) -> Operations:
    return Operations(MigrationContext.configure(connection))


def _declared() -> sa.MetaData:
    metadata = sa.MetaData(schema="shop", naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})
    sa.Table(
        "item",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20), nullable=False, server_default="it's"),
        sa.Column("text", sa.Text),
        sa.Column("price", sa.Numeric(10, 2), server_default=sa.text("1+1")),
        sa.Column("weight", sa.Float),
        sa.Column("size", sa.REAL),
        sa.Column("picture", sa.LargeBinary),
        sa.Column("key", sa.Uuid),
        sa.Column("more", sa.JSON),
        sa.Column("kind", sa.Enum("a", "b", name="kind")),
        sa.Column("active", sa.Boolean, server_default=sa.true()),
        sa.Column("made", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("naive", sa.DateTime),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("price", "made"),
        sa.CheckConstraint("price > 0", name="positive"),
        sa.Index("ix_item_text", "text", "kind"),
        comment="things",
    )
    sa.Table(
        "sale",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True, start=5, increment=2), primary_key=True),
        sa.Column("item_id", sa.ForeignKey("shop.item.id", ondelete="RESTRICT"), comment="what"),
        sa.Column("note", sa.String),
    )
    return metadata


def _differences(connection: sa.Connection, metadata: sa.MetaData) -> list[str]:
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "compare_server_default": True,
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind != "schema" or name == "shop",
        },
    )
    # A difference in a column comes as a separate list.
    return [str((each[0] if isinstance(each, list) else each)[0]) for each in compare_metadata(context, metadata)]


def test_given_a_created_schema_when_compared_then_nothing_differs(connection: sa.Connection) -> None:
    _declared().create_all(connection)

    assert _differences(connection, _declared()) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("ALTER TABLE shop.item ADD COLUMN extra INTEGER", "remove_column"),
        ("ALTER TABLE shop.sale DROP COLUMN note", "add_column"),
        ("COMMENT ON TABLE shop.item IS 'other'", "add_table_comment"),
        ("COMMENT ON COLUMN shop.sale.item_id IS 'other'", "modify_comment"),
        ("DROP INDEX shop.ix_item_text", "add_index"),
        ("CREATE INDEX more ON shop.item (weight)", "remove_index"),
        ("DROP TABLE shop.sale", "add_table"),
        ("CREATE TABLE shop.extra (id INTEGER)", "remove_table"),
    ],
)
def test_given_a_schema_that_was_changed_when_compared_then_the_change_is_found(
    connection: sa.Connection, change: str, difference: str
) -> None:
    _declared().create_all(connection)

    connection.execute(sa.text(change))

    assert _differences(connection, _declared()) == [difference]


@pytest.mark.parametrize(
    ("name", "attribute", "value", "difference"),
    [
        ("name", "type", sa.Integer(), "modify_type"),
        ("name", "nullable", True, "modify_nullable"),
        ("name", "server_default", sa.DefaultClause("other"), "modify_default"),
        ("price", "type", sa.Numeric(10, 3), "modify_type"),
        ("kind", "type", sa.Enum("a", "b", "c", name="kind"), "modify_type"),
        ("size", "type", sa.Float(), "modify_type"),
    ],
)
def test_given_a_column_declared_differently_when_compared_then_the_difference_is_found(
    connection: sa.Connection, name: str, attribute: str, value: object, difference: str
) -> None:
    _declared().create_all(connection)
    metadata = _declared()

    setattr(metadata.tables["shop.item"].c[name], attribute, value)

    assert _differences(connection, metadata) == [difference]


def test_given_another_step_of_an_identity_when_compared_then_the_difference_is_found(
    connection: sa.Connection,
) -> None:
    _declared().create_all(connection)
    metadata = _declared()

    metadata.tables["shop.sale"].c.id.identity.increment = 3

    assert _differences(connection, metadata) == ["modify_default"]


def test_given_a_table_when_altered_in_every_way_then_duckdb_takes_each(op: Operations) -> None:
    op.create_table("crate", sa.Column("id", sa.Integer, primary_key=True), sa.Column("v", sa.String), schema="shop")
    op.add_column("crate", sa.Column("w", sa.Integer), schema="shop")
    op.alter_column("crate", "w", new_column_name="weight", schema="shop")
    op.alter_column("crate", "weight", type_=sa.BigInteger, server_default="5", schema="shop")
    op.alter_column("crate", "v", nullable=False, comment="it's", existing_type=sa.String(), schema="shop")
    op.create_table_comment("crate", "a box", schema="shop")
    op.rename_table("crate", "box", schema="shop")

    inspector = sa.inspect(op.get_bind())
    columns = inspector.get_columns("box", "shop")

    assert inspector.get_table_comment("box", "shop") == {"text": "a box"}
    assert [(column["name"], str(column["type"]), column["nullable"]) for column in columns] == [
        ("id", "INTEGER", False),
        ("v", "VARCHAR", False),
        ("weight", "BIGINT", True),
    ]
    assert (columns[1]["comment"], columns[2]["default"]) == ("it's", "'5'")


def test_given_a_comment_when_taken_away_then_there_is_none(op: Operations) -> None:
    op.create_table("crate", sa.Column("v", sa.String, comment="x"), schema="shop")

    op.alter_column("crate", "v", comment=None, existing_comment="x", schema="shop")

    assert sa.inspect(op.get_bind()).get_columns("crate", "shop")[0]["comment"] is None


def test_given_a_failed_migration_when_rolled_back_then_its_tables_and_sequences_are_gone(
    connection: sa.Connection, op: Operations
) -> None:
    connection.commit()
    op.create_table("crate", sa.Column("id", sa.Integer, primary_key=True), schema="shop")

    connection.rollback()

    inspector = sa.inspect(connection)
    assert (inspector.get_table_names("shop"), inspector.get_sequence_names("shop")) == ([], [])
