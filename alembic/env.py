"""How alembic reaches the monitor's database.

Which database, the first that is given: an Engine or Connection in the config's attributes (`connection`, with
`schema` beside it), `-x url=…` and `-x schema=…` on the command line, `ETL_MONITOR_URL` and `ETL_MONITOR_SCHEMA`.

All migrations of one run are one transaction, where the database can roll DDL back: they go through or leave nothing.
The version table lives in the monitor's schema, beside the tables whose revision it notes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from alembic import context
from sqlalchemy import Connection, Engine, MetaData, inspect
from sqlalchemy.schema import CreateSchema

from etl_monitor_orm.backends import backend_for
from etl_monitor_orm.models import Base
from etl_monitor_orm.session import engine_for
from etl_monitor_orm.settings import DEFAULT_SCHEMA, Settings

given = context.config.attributes
asked = context.get_x_argument(as_dictionary=True)
settings = Settings.read(given.get("url") or asked.get("url"), schema=given.get("schema") or asked.get("schema"))

if context.config.cmd_opts is not None:
    # Run as a command: say what is done. Called from code, logging is the caller's own.
    logging.basicConfig(format="%(message)s")
    logging.getLogger("alembic").setLevel(logging.INFO)


def our_tables() -> MetaData:
    """The mapped tables, in the schema that is asked for: what autogenerate and check compare with."""
    if settings.schema == DEFAULT_SCHEMA:
        return Base.metadata
    there = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.sorted_tables:
        table.to_metadata(there, schema=settings.schema)
    return there


def is_ours(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
    """Whether something in the database is the monitor's: others may keep tables beside it, and in its schema."""
    if kind == "schema":
        # The default schema comes without a name.
        return name == settings.schema or (name is None and settings.schema == default_schema())
    return kind != "table" or f"{settings.schema}.{name}" in tables.tables


def default_schema() -> str | None:
    return context.get_context().dialect.default_schema_name


tables = our_tables()
options = {
    "target_metadata": tables,
    "include_schemas": True,
    "include_name": is_ours,
    "version_table_schema": settings.schema,
}


def online(connection: Connection) -> None:
    """Migrate a database."""
    backend = backend_for(connection.dialect.name)
    backend.teach_alembic()
    context.configure(connection=connection, **options)
    with context.begin_transaction():
        if not (reads_only() or inspect(connection).has_schema(settings.schema)):
            connection.execute(CreateSchema(settings.schema))
        context.run_migrations()
    # A connection that came with a transaction of its own has not committed yet.
    if not (reads_only() or connection.in_transaction()):
        backend.after_migration(connection)


def reads_only() -> bool:
    """Whether the command, such as `current`, changes nothing."""
    return bool(context.get_context().opts.get("dont_mutate"))


def offline() -> None:
    """Write the SQL that would migrate a database; needs no connection."""
    backend_for(settings.url.get_backend_name()).teach_alembic()
    context.configure(url=settings.url, literal_binds=True, dialect_opts={"paramstyle": "named"}, **options)
    with context.begin_transaction():
        if not context.get_context().get_current_heads():
            context.execute(CreateSchema(settings.schema, if_not_exists=True))
        context.run_migrations()


if context.is_offline_mode():
    offline()
else:
    database = given.get("connection") or engine_for(settings)
    if isinstance(database, Engine):
        with database.connect() as opened:
            online(opened)
    else:
        online(database)
