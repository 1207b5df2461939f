"""How the compliance suite gets its database: one in memory, with the two schemas that it wants."""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import URL, Engine
from sqlalchemy.schema import CreateSchema
from sqlalchemy.testing import provision

_keeps_memory_alive = []


@provision.generate_driver_url.for_db("duckdb")
def _url(url: URL, driver: str, query: str) -> URL:
    return url


@provision.post_configure_engine.for_db("duckdb")
def _create_schemas(url: URL, engine: Engine, follower: str | None) -> None:
    # A database in memory ends with its last connection, and the suite disposes of engines.
    kept = engine.raw_connection()
    kept.detach()
    _keeps_memory_alive.append(kept)
    with engine.begin() as connection:
        for schema in ("test_schema", "test_schema_2"):
            connection.execute(CreateSchema(schema, if_not_exists=True))


@provision.temp_table_keyword_args.for_db("duckdb")
def _temporary(config: object, engine: Engine) -> dict[str, list[str]]:
    return {"prefixes": ["TEMPORARY"]}


@provision.set_default_schema_on_connection.for_db("duckdb")
def _set_schema(config: object, connection: object, schema: str) -> None:
    connection.execute("SET schema = ?", (schema,))


@provision.upsert.for_db("duckdb")
def _upsert(
    config: object,
    table: Table,
    returning: list[object],
    *,
    set_lambda: object = None,
    sort_by_parameter_order: bool = False,
    index_elements: list[str] | None = None,
) -> object:
    statement = insert(table)
    if set_lambda:
        statement = statement.on_conflict_do_update(
            index_elements=index_elements or table.primary_key, set_=set_lambda(statement.excluded)
        )
    else:
        statement = statement.on_conflict_do_nothing()
    return statement.returning(*returning, sort_by_parameter_order=sort_by_parameter_order)
