"""How alembic reaches the monitor's database.

Which database, the first that is given: an Engine or Connection in the config's attributes (`connection`, with
`schema` beside it), `-x url=…`, `-x schema=…` and `-x catalog=…` on the command line, `ETL_MONITOR_URL`,
`ETL_MONITOR_SCHEMA` and `ETL_MONITOR_CATALOG`. How Delta lays out the tables: `layout` in the attributes,
`-x layout=…`, `ETL_MONITOR_LAYOUT`.

All migrations of one run are one transaction, where the database can roll DDL back: they go through or leave nothing.
Where it cannot, each statement can be executed again, and a run that was stopped is completed by the next one.
The version table lives in the monitor's schema, beside the tables whose revision it notes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import nullcontext

from alembic import context
from sqlalchemy import DDL, Connection, Engine, MetaData, inspect
from sqlalchemy.schema import CreateSchema

from etl_monitor_orm.backends import backend_for
from etl_monitor_orm.migrations.layouts import DEFAULT_LAYOUT, asked_layout, found_layout
from etl_monitor_orm.models import Base
from etl_monitor_orm.session import engine_for
from etl_monitor_orm.settings import DEFAULT_SCHEMA, Settings

given = context.config.attributes
asked = context.get_x_argument(as_dictionary=True)
settings = Settings.read(
    given.get("url") or asked.get("url"),
    schema=given.get("schema") or asked.get("schema"),
    catalog=asked.get("catalog"),
)
database = given.get("connection") or engine_for(settings)
backend = backend_for(database.dialect.name)
folds = backend.capabilities.folds_names
schema = settings.schema.lower() if folds else settings.schema
layout = asked_layout(backend, given.get("layout") or asked.get("layout"))

if context.config.cmd_opts is not None:
    # Run as a command: say what is done. Called from code, logging is the caller's own.
    logging.basicConfig(format="%(message)s")
    logging.getLogger("alembic").setLevel(logging.INFO)


def our_tables() -> MetaData:
    """The mapped tables, as they are called in the database: what autogenerate and check compare with."""
    if schema == DEFAULT_SCHEMA and not folds:
        return Base.metadata
    there = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.sorted_tables:
        table.to_metadata(there, schema=schema, name=table.name.lower() if folds else None)
    return there


def is_ours(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
    """Whether something in the database is the monitor's: others may keep tables beside it, and in its schema."""
    if kind == "schema":
        # The default schema comes without a name.
        return name == schema or (name is None and schema == default_schema())
    return kind != "table" or f"{schema}.{name}" in tables.tables


def default_schema() -> str | None:
    return context.get_context().dialect.default_schema_name


tables = our_tables()
options = {
    "target_metadata": tables,
    "include_schemas": True,
    "include_name": is_ours,
    "version_table_schema": schema,
}


def online(connection: Connection) -> None:
    """Migrate a database."""
    context.configure(connection=connection, **options)
    with context.begin_transaction():
        if not reads_only():
            with nullcontext() if connection.in_transaction() else connection.begin():
                prepare(connection)
        context.run_migrations()
    # A connection that came with a transaction of its own has not committed yet.
    if not (reads_only() or connection.in_transaction()):
        backend.after_migration(connection)


def reads_only() -> bool:
    """Whether the command, such as `current`, changes nothing."""
    return bool(context.get_context().opts.get("dont_mutate"))


def prepare(connection: Connection) -> None:
    """Make the schema, and see in which layout to go on: tables that are there keep theirs."""
    if not inspect(connection).has_schema(schema):
        # Asked first: who may not make schemas is refused even when it is there.
        connection.execute(CreateSchema(schema, if_not_exists=not backend.capabilities.transactional_ddl))
    if backend.capabilities.layouts:
        context.get_context().opts["layout"] = found_layout(backend, connection, schema) or layout or DEFAULT_LAYOUT


def offline() -> None:
    """Write the SQL that would migrate a database; needs no connection."""
    chosen = {"layout": layout or DEFAULT_LAYOUT} if backend.capabilities.layouts else {}
    context.configure(
        url=database.engine.url, literal_binds=True, dialect_opts={"paramstyle": "named"}, **options, **chosen
    )
    with context.begin_transaction():
        if not backend.capabilities.transactional_ddl:
            introduce()
        if not context.get_context().get_current_heads():
            context.execute(CreateSchema(schema, if_not_exists=True))
        context.run_migrations()


def introduce() -> None:
    """Say what follows, for whoever reads it first, and in which catalog it belongs."""
    catalog = database.engine.url.query.get("catalog")
    lines = (
        f"Tables and views of the ETL monitor: catalog {catalog}, schema {schema}, layout {layout or DEFAULT_LAYOUT}.",
        "Each statement commits by itself and can be run again: after an interruption, run all of them once more.",
        "Rights: USE CATALOG; USE SCHEMA, CREATE TABLE, SELECT and MODIFY on the schema; CREATE SCHEMA on the catalog,",
        "unless the schema is there: then leave out the statement that makes it.",
    )
    context.get_context().impl.static_output("\n".join(f"-- {line}" for line in lines))
    quote = context.get_context().dialect.identifier_preparer.quote
    context.execute(DDL("USE CATALOG %(catalog)s", context={"catalog": quote(catalog)}))


backend.teach_alembic()
if context.is_offline_mode():
    offline()
elif isinstance(database, Engine):
    with backend.for_services(database).connect() as opened:
        online(opened)
else:
    online(database)
