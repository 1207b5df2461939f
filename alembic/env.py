"""How alembic reaches the monitor's database.

The database is the first of these that is given: an Engine or Connection in the config's attributes (`connection`, with
`schema` and `views_schema` beside it), `-x url=…`, `-x schema=…`, `-x views_schema=…` and `-x catalog=…` on the
command line, `ETL_MONITOR_URL`, `ETL_MONITOR_SCHEMA`, `ETL_MONITOR_VIEWS_SCHEMA` and `ETL_MONITOR_CATALOG`. The layout
of Delta tables is: `layout` in the attributes, `-x layout=…`, `ETL_MONITOR_LAYOUT`.

If the database can roll DDL back, all migrations of one run are one transaction: they succeed or leave nothing.
Otherwise each statement can be executed again, and the next run completes one that was stopped. The version table,
`etl_monitor_version`, is in the monitor's schema, beside the tables whose revision it records.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from alembic import context
from alembic.util import load_python_file
from sqlalchemy import DDL, Connection, Engine, MetaData, inspect
from sqlalchemy.schema import CreateSchema, SchemaItem

from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.errors import ConfigurationError
from etl_monitor_orm.migrations.layouts import DEFAULT_LAYOUT, asked_layout, found_layout
from etl_monitor_orm.migrations.names import schema_as_kept, views_schema_as_kept
from etl_monitor_orm.migrations.noting import OLD_NAME
from etl_monitor_orm.migrations.readability import complete, note_each, version_table_of
from etl_monitor_orm.migrations.takeover import take_over
from etl_monitor_orm.models import Base
from etl_monitor_orm.models.base import INDEXED, with_conditions
from etl_monitor_orm.models.revision import VERSION_TABLE
from etl_monitor_orm.schemas import DEFAULT_SCHEMA, in_schema, views_schema_of
from etl_monitor_orm.session import engine_for
from etl_monitor_orm.settings import Settings


def safe(database: Engine | Connection) -> Engine | Connection:
    """The database with the monitor's own dialect, which alembic needs."""
    engine = backend_of(database.engine).adopt(database.engine)
    for schema in (settings.schema, settings.views_schema or settings.schema):
        backend_of(engine).refuse_schema(engine, schema)
    if isinstance(database, Engine):
        return engine
    if engine.dialect is not database.dialect:
        raise ConfigurationError(
            f"Migrations do not run on this connection: its engine has the dialect {database.dialect.name}. "
            "Pass its engine instead, or make the engine with etl_monitor_orm.create_engine(url)."
        )
    return database


given = context.config.attributes
asked = context.get_x_argument(as_dictionary=True)
settings = Settings.read(
    given.get("url") or asked.get("url"),
    schema=given.get("schema") or asked.get("schema"),
    views_schema=given.get("views_schema") or asked.get("views_schema"),
    catalog=asked.get("catalog"),
)
database = safe(given.get("connection") or engine_for(settings))
backend = backend_of(database)
folds = backend.capabilities.folds_names
layout = asked_layout(backend, given.get("layout") or asked.get("layout"))

if context.config.cmd_opts is not None:
    # As a command, log what happens. Called from code, leave logging to the caller.
    logging.basicConfig(format="%(message)s")
    logging.getLogger("alembic").setLevel(logging.INFO)


def our_tables(schema: str) -> MetaData:
    """The mapped tables under their names in the database, for autogenerate and check to compare with."""
    if schema == DEFAULT_SCHEMA and not folds:
        return with_conditions(Base.metadata)
    there = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.sorted_tables:
        table.to_metadata(there, schema=schema, name=table.name.lower() if folds else None)
    return with_conditions(there)


def options(schema: str) -> dict[str, object]:
    """Alembic's options, online and offline."""
    tables = our_tables(schema)

    def is_ours(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
        """Whether an object in the database belongs to the monitor; its schema may hold other tables too."""
        if kind == "schema":
            # The default schema comes without a name.
            return name == schema or (name is None and schema == context.get_context().dialect.default_schema_name)
        return kind != "table" or f"{schema}.{name}" in tables.tables

    def is_here(item: SchemaItem, name: str | None, kind: str, reflected: bool, other: SchemaItem | None) -> bool:
        """Whether this database gets a mapped object: one of them has indexes beside the primary keys."""
        return kind != "index" or reflected or context.get_context().dialect.name == INDEXED

    return {
        "target_metadata": tables,
        "include_schemas": True,
        "include_name": is_ours,
        "include_object": is_here,
        "version_table": VERSION_TABLE.name,
        "version_table_schema": schema,
        "on_version_apply": note_each,
        "numbered_revisions": True,
    }


def online(connection: Connection) -> None:
    """Migrate a database."""
    with nullcontext() if connection.in_transaction() else connection.begin():
        schema = schema_as_kept(connection, settings.schema)
        for_views = views_schema_as_kept(connection, schema, settings.views_schema)
    try:
        context.configure(connection=connection, views_schema=for_views, **options(schema))
    except KeyError:
        # Alembic has no implementation under the name of this connection's dialect.
        raise ConfigurationError(
            "Alembic does not know this connection's dialect. Make its engine with etl_monitor_orm.create_engine(url)."
        ) from None
    version_table_of(context.get_context())
    with context.begin_transaction():
        if not reads_only():
            with nullcontext() if connection.in_transaction() else connection.begin():
                prepare(connection, schema)
        steps = steps_of_this_run()
        context.run_migrations(steps=steps)
        if not reads_only():
            steps.finish()
            with nullcontext() if connection.in_transaction() else connection.begin():
                complete(context.get_context())
    # A connection that arrived inside a transaction has not committed yet.
    if not (reads_only() or connection.in_transaction()):
        backend.after_migration(connection)


def reads_only() -> bool:
    """Whether the command, such as `current`, changes nothing."""
    return bool(context.get_context().opts.get("dont_mutate"))


def steps_of_this_run() -> Any:
    """The argument of a revision's `upgrade` and `downgrade`: see `steps.py`."""
    return load_python_file(Path(__file__).parent, "steps.py").Steps()


def create(connection: Connection, schema: str) -> bool:
    """Create a schema that is missing; return whether it was there."""
    if inspect(connection).has_schema(schema):
        # Look first: a user who may not create schemas is refused even if the schema exists.
        return True
    connection.execute(CreateSchema(schema, if_not_exists=not backend.capabilities.transactional_ddl))
    return False


def prepare(connection: Connection, schema: str) -> None:
    """Create the schemas, and find the recorded revision and the layout to continue in: existing tables keep theirs."""
    if create(connection, schema):
        take_over(context.get_context(), version_table_of(context.get_context()), schema)
    if (for_views := context.get_context().opts["views_schema"]) != schema:
        create(connection, for_views)
    if backend.capabilities.layouts:
        context.get_context().opts["layout"] = found_layout(backend, connection, schema) or layout or DEFAULT_LAYOUT


def offline() -> None:
    """Write the SQL that would migrate a database; needs no connection."""
    there = in_schema(database.engine, settings.schema, settings.views_schema)
    schema, for_views = (name.lower() if folds else name for name in (settings.schema, views_schema_of(there)))
    chosen = {"layout": layout or DEFAULT_LAYOUT} if backend.capabilities.layouts else {}
    context.configure(
        url=database.engine.url,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        views_schema=for_views,
        **options(schema),
        **chosen,
    )
    version_table_of(context.get_context())
    with context.begin_transaction():
        if not backend.capabilities.transactional_ddl:
            introduce(schema)
        say(
            f"The revision is noted in {VERSION_TABLE.name}. What {OLD_NAME} notes is not taken over by this script:",
            "where releases before 0.1.0 made the tables, run `etl-monitor db upgrade` on the database instead.",
        )
        if not context.get_context().get_current_heads():
            for name in dict.fromkeys((schema, for_views)):
                context.execute(CreateSchema(name, if_not_exists=True))
        steps = steps_of_this_run()
        context.run_migrations(steps=steps)
        steps.finish()


def introduce(schema: str) -> None:
    """Write a heading for the reader of the script, and choose the catalog."""
    catalog = database.engine.url.query.get("catalog")
    say(
        f"Tables and views of the ETL monitor: catalog {catalog}, schema {schema}, layout {layout or DEFAULT_LAYOUT}.",
        "Each statement commits by itself and can be run again: after an interruption, run all of them once more,",
        "except an ADD COLUMN whose column is there.",
        "Rights: USE CATALOG; USE SCHEMA, CREATE TABLE, SELECT and MODIFY on the schema; CREATE SCHEMA on the catalog,",
        "unless the schema is there: then leave out the statement that makes it.",
    )
    quote = context.get_context().dialect.identifier_preparer.quote
    context.execute(DDL("USE CATALOG %(catalog)s", context={"catalog": quote(catalog)}))


def say(*lines: str) -> None:
    """Write comments into the script. Names in them may hold anything, so each stays on its line."""
    context.get_context().impl.static_output("\n".join(f"-- {' '.join(line.split())}" for line in lines))


if context.is_offline_mode():
    offline()
elif isinstance(database, Engine):
    with backend.for_services(database).connect() as opened:
        online(opened)
else:
    online(database)
