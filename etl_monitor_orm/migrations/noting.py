"""The recorded revision of the tables: in our version table, or where versions before 0.1.0 recorded it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, column, inspect, select, table
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.errors import DatabaseError, Retryable, SchemaError, SchemaMissing
from etl_monitor_orm.foreign_views import all_answer
from etl_monitor_orm.migrations.names import FIRST_TABLES, FIRST_VIEWS, names_in, same, schema_as_kept
from etl_monitor_orm.models.revision import NOTED, VERSION_TABLE, Noted, only
from etl_monitor_orm.schemas import in_schema

OLD_NAME: Final = "alembic_version"
"""Alembic's default version table, and ours before 0.1.0."""
LAST_NOTED_THERE: Final = "0001"
"""Our only revision that was ever recorded there; many projects' first revision is `0001`."""

WAY_OUT: Final = "Rename it, or give the monitor another schema: `--schema`, schema=, or ETL_MONITOR_SCHEMA."
"""What to do about an object that has one of the monitor's names."""

_TELLING_VIEW: Final = "v_processStatus"
_TELLING_COLUMN: Final = "Running"
"""No other edition's view has it."""


def noted(engine: Engine, schema: str) -> Noted | None:
    """Return what our version table records; None if it is empty or missing.

    Raises:
        SchemaOutOfDate: It records several revisions.
        SchemaError: The table is somebody else's.
        DatabaseLocked: Another process holds the database file.
        ConfigurationError: The database cannot be opened.
    """
    try:
        with backend_of(engine).for_services(in_schema(engine, schema)).connect() as connection:
            return only(connection.execute(NOTED).all())
    except DBAPIError as error:
        reason = backend_of(engine).explain(error, in_schema(engine, schema))
        if isinstance(reason, SchemaMissing):
            return None
        if isinstance(reason, DatabaseError) and (lacking := _lacking(engine, schema)):
            raise SchemaError(
                f"Schema {schema} has a {VERSION_TABLE.name} that is not the monitor's: it lacks {lacking}. {WAY_OUT} "
                "Nothing was changed."
            ) from error
        raise reason from error


def noted_beside_our_views(engine: Engine, schema: str) -> Noted | None:
    """Return what our version table records if all views have our columns, in one statement.

    None means only that the one statement cannot answer: something is missing, or may not be read.

    Raises:
        SchemaOutOfDate: It records several revisions.
        DatabaseLocked: Another process holds the database file.
        ConnectionBroken: The database cannot be reached.
    """
    there = in_schema(engine, schema)
    try:
        with backend_of(engine).for_services(there).connect() as connection:
            return only(connection.execute(NOTED.where(all_answer())).all())
    except DBAPIError as error:
        reason = backend_of(engine).explain(error, there)
        if isinstance(reason, Retryable):
            raise reason from error
        return None


def _lacking(engine: Engine, schema: str) -> str | None:
    """The first column that a table with our version table's name lacks, if any."""
    with backend_of(engine).for_services(engine).connect() as connection:
        inspector = inspect(connection)
        place = schema_as_kept(connection, schema)
        if not inspector.has_table(VERSION_TABLE.name, schema=place):
            return None
        there = {found["name"] for found in inspector.get_columns(VERSION_TABLE.name, schema=place)}
    return next((ours.name for ours in VERSION_TABLE.c if ours.name not in there), None)


def noted_in_the_old_place(engine: Engine, schema: str) -> str | None:
    """Return the revision of our tables if only `alembic_version` records it; None otherwise.

    Raises:
        ConfigurationError: The database cannot be opened.
    """
    try:
        with backend_of(engine).for_services(engine).connect() as connection:
            return noted_before(connection, schema_as_kept(connection, schema))
    except DBAPIError as error:
        raise backend_of(engine).explain(error, in_schema(engine, schema)) from error


def noted_before(connection: Connection, schema: str) -> str | None:
    """Like `noted_in_the_old_place`, on a connection, for a schema's name as the database stores it.

    The row is ours if all tables and views of that revision exist and our own version table was never created.
    """
    plain = same(connection.engine)
    tables, views = names_in(connection, schema)
    if OLD_NAME not in tables or VERSION_TABLE.name in tables or not set(map(plain, FIRST_TABLES)) <= set(tables):
        return None
    if not set(map(plain, FIRST_VIEWS)) <= set(views):
        return None
    columns = inspect(connection).get_columns(views[plain(_TELLING_VIEW)], schema=schema)
    if _TELLING_COLUMN.lower() not in {found["name"].lower() for found in columns}:
        return None
    return LAST_NOTED_THERE if LAST_NOTED_THERE in old_revisions(connection, schema) else None


def old_revisions(connection: Connection, schema: str) -> list[str]:
    """Return the revisions in `alembic_version`, whoever recorded them."""
    old = table(OLD_NAME, column("version_num"), schema=schema)
    return list(connection.scalars(select(old.c.version_num).order_by(old.c.version_num)))
