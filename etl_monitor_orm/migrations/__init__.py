"""Migrations from code: bring the tables and views to a revision, or say at which they are.

Alembic does the work, with the scripts that ship with the package; it is imported only when there is work to do.
Each call is one transaction where the database can roll DDL back: it goes through, or it leaves nothing. Where it
cannot, the same call made again completes what was begun.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.backends import backend_for
from etl_monitor_orm.errors import SchemaMissing
from etl_monitor_orm.migrations.layouts import asked_layout, changed_layouts
from etl_monitor_orm.models.version import SCHEMA_REVISION, VERSION_TABLE, refuse_newer, require_current
from etl_monitor_orm.session import in_schema

HEAD: Final = "head"
"""The newest revision that this version of the package ships."""
BASE: Final = "base"
"""Before the first revision: nothing of the monitor's."""

__all__ = ["BASE", "HEAD", "check", "current", "downgrade", "stamp", "upgrade", "upgrade_script"]


def upgrade(engine: Engine, schema: str, revision: str = HEAD, *, layout: str | None = None) -> None:
    """Create the tables and views and seed the stages, or bring them up to date.

    On tables that are up to date it costs one statement, and alembic is not even imported.

    Args:
        engine: The database.
        schema: Schema of the tables and views; made when there is none.
        revision: A revision, `head`, or `+1` for the next.
        layout: On Databricks, `partitioned` (the default) or `clustered`: how new results tables are laid out; else
            `ETL_MONITOR_LAYOUT`. Tables that are there keep theirs.

    Raises:
        ConfigurationError: There is no such layout here.
        SchemaOutOfDate: A newer version of the package migrated the tables.
        InvalidInput: There is no such revision.
        DatabaseLocked: Another process holds the database file.
        ConflictError: Others were changing the same tables.
        DatabaseError: The database refused a statement.
    """
    asked = asked_layout(backend_for(engine.dialect.name), layout)
    found = current(engine, schema)
    refuse_newer(found)
    if revision == HEAD and found == SCHEMA_REVISION:
        return
    from etl_monitor_orm.migrations import scripts

    scripts.upgrade(engine, schema, revision, asked)


def downgrade(engine: Engine, schema: str, revision: str) -> None:
    """Take the tables and views back to an older revision; what that drops is lost.

    Other tables and views in the schema stay, and so do the schema and the empty version table.

    Args:
        engine: The database.
        schema: Schema of the tables and views.
        revision: A revision, `-1` for the one before, or `base` to drop everything of the monitor's.

    Raises:
        SchemaMissing: There is nothing to take back.
        SchemaOutOfDate: A newer version of the package migrated the tables; use that one.
        InvalidInput: There is no such revision, or it is a newer one.
        DatabaseError: The database refused a statement.
    """
    found = current(engine, schema)
    refuse_newer(found)
    if found is None:
        raise SchemaMissing
    from etl_monitor_orm.migrations import scripts

    scripts.downgrade(engine, schema, revision)


def stamp(engine: Engine, schema: str, revision: str = HEAD) -> None:
    """Note a revision without running anything: for tables that something else made or restored.

    Args:
        engine: The database.
        schema: Schema of the tables and views; made when there is none.
        revision: A revision, `head`, or `base` for none.

    Raises:
        InvalidInput: There is no such revision.
        DatabaseError: The database refused a statement.
    """
    from etl_monitor_orm.migrations import scripts

    scripts.stamp(engine, schema, revision)


def current(engine: Engine, schema: str) -> str | None:
    """Return the revision of the tables; None when they do not exist.

    Raises:
        DatabaseLocked: Another process holds the database file.
        ConfigurationError: The database cannot be opened.
    """
    try:
        with in_schema(engine, schema).connect() as connection:
            found: str | None = connection.scalar(select(func.max(VERSION_TABLE.c.version_num)))
            return found
    except DBAPIError as error:
        reason = backend_for(engine.dialect.name).explain(error, engine)
        if isinstance(reason, SchemaMissing):
            return None
        raise reason from error


def check(engine: Engine, schema: str, *, layout: str | None = None) -> list[str]:
    """Compare the tables and views with the ones that this version works on.

    Tables are compared by their columns, types, nullability and comments, views by their definition; on Databricks, the
    layout of the results tables too. Nothing is changed. Other tables and views in the schema are none of the
    monitor's business.

    Args:
        engine: The database.
        schema: Schema of the tables and views.
        layout: The layout that they should have; else `ETL_MONITOR_LAYOUT`, else either.

    Returns:
        The differences, one sentence each; none when all is in step.

    Raises:
        SchemaMissing: The tables do not exist.
        SchemaOutOfDate: They have an older or a newer revision, so that they differ by design.
        ConfigurationError: There is no such layout here.
    """
    asked = asked_layout(backend_for(engine.dialect.name), layout)
    require_current(current(engine, schema))
    from etl_monitor_orm.migrations import scripts
    from etl_monitor_orm.migrations.drift import changed_views

    try:
        return [
            *scripts.changed_tables(engine, schema),
            *changed_layouts(engine, schema, asked),
            *changed_views(engine, schema),
        ]
    except DBAPIError as error:
        raise backend_for(engine.dialect.name).explain(error, engine) from error


def upgrade_script(engine: Engine, schema: str, revision: str = HEAD, *, layout: str | None = None) -> str:
    """Return the SQL of an upgrade from nothing, for someone else to review and run. The database is not asked.

    Args:
        engine: Says which database the SQL is for.
        schema: Schema of the tables and views.
        revision: A revision or `head`; `0001:0002` for the steps from one to another.
        layout: On Databricks, `partitioned` (the default) or `clustered`; else `ETL_MONITOR_LAYOUT`.

    Raises:
        ConfigurationError: There is no such layout here.
        InvalidInput: There is no such revision.
    """
    asked = asked_layout(backend_for(engine.dialect.name), layout)
    from etl_monitor_orm.migrations import scripts

    return scripts.upgrade_script(engine, schema, revision, asked)
