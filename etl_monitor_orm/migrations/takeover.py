"""Takes over the revision that versions of the package before 0.1.0 recorded in `alembic_version`.

All Alembic migrations use that table by default, and many projects' first revision is `0001`. So the row counts as ours
only if our tables and views exist and our own version table was never created. Importing this imports alembic.
"""

from __future__ import annotations

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, String, Table, inspect, literal

from etl_monitor_orm.migrations.names import OUR_NAMES, same
from etl_monitor_orm.migrations.noting import OLD_NAME, noted_before, old_revisions
from etl_monitor_orm.models.revision import VERSION_TABLE

_READABLE_FROM = VERSION_TABLE.c.readable_from.name


def take_over(context: MigrationContext, version_table: Table, schema: str) -> None:
    """Record in our version table what `alembic_version` records about our tables.

    The old table is dropped if the schema contains nothing else; otherwise it stays as it is. If DDL is not
    transactional, the next run completes one that stopped between two statements. Either the old table has one more
    column and is still the old one, or our table exists and is empty, and the migrations run again.

    Args:
        context: The migration under way.
        version_table: Our version table, as alembic makes it.
        schema: Schema of the tables and views, as the database keeps its name.
    """
    connection = context.connection
    if connection is None or (revision := noted_before(connection, schema)) is None:
        return
    op = Operations(context)
    alone = old_revisions(connection, schema) == [revision] and _holds_only_ours(connection, schema)
    if alone and not context.impl.transactional_ddl:
        columns = inspect(connection).get_columns(OLD_NAME, schema=schema)
        if _READABLE_FROM not in {column["name"] for column in columns}:
            op.add_column(OLD_NAME, Column(_READABLE_FROM, String(32)), schema=schema)
        op.rename_table(OLD_NAME, version_table.name, schema=schema)
        return
    version_table.create(connection)
    context.execute(version_table.insert().values(version_num=literal(revision)))
    if alone:
        op.drop_table(OLD_NAME, schema=schema)


def _holds_only_ours(connection: Connection, schema: str) -> bool:
    inspector = inspect(connection)
    names = {*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)}
    return set(map(same(connection.engine), names)) <= set(map(same(connection.engine), OUR_NAMES | {OLD_NAME}))
