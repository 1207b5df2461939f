"""Names as a database stores them, if it treats names that differ only in case as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine, inspect

from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.models import Base
from etl_monitor_orm.models.revision import VERSION_TABLE
from etl_monitor_orm.schemas import in_schema, views_schema_of
from etl_monitor_orm.views import HOMES

TABLE_NAMES: Final = frozenset(table.name for table in Base.metadata.tables.values())
FIRST_TABLES: Final = TABLE_NAMES - {
    *("ETLOrganisation", "ETLconfigProject"),
    *("ETLtokens", "ETLrequests"),
    *("ETLholidays", "ETLbreaches", "ETLmetrics"),
}
"""Those of revision 0001; revisions 0003, 0004 and 0005 added the others."""
VIEW_NAMES: Final = frozenset(view for _, view in HOMES.values())
FIRST_VIEWS: Final = VIEW_NAMES - {"v_overdue"}
"""Those of revision 0001; revision 0005 added the other."""
KEY_NAMES: Final = frozenset(str(table.primary_key.name) for table in Base.metadata.tables.values())
"""Primary keys; on some databases an index has the name of its key."""
SEQUENCE_NAMES: Final = frozenset({"ETLsysLogs__ID_seq"})
"""What numbers the log's rows, where a database has no identity columns."""

OUR_NAMES: Final = TABLE_NAMES | VIEW_NAMES | SEQUENCE_NAMES | {VERSION_TABLE.name}


def same(engine: Engine) -> Callable[[str], str]:
    """Return a function of names whose results are equal for names that are the same to the database."""
    can = backend_of(engine).capabilities
    return str.lower if can.folds_names or can.ignores_case else str


def schema_as_kept(connection: Connection, schema: str) -> str:
    """Return a schema's name as the database stores it; the given name if there is no such schema.

    `ETL` and `etl` are one schema on DuckDB, which keeps the name from its creation, and on Databricks, which stores
    names in lower case. On PostgreSQL they are two schemas.
    """
    can = backend_of(connection.engine).capabilities
    if can.folds_names:
        return schema.lower()
    if not can.ignores_case:
        return schema
    names = inspect(connection).get_schema_names()
    return schema if schema in names else next((name for name in names if name.lower() == schema.lower()), schema)


def views_schema_as_kept(connection: Connection, schema: str, views_schema: str | None = None) -> str:
    """Return the name of the views' schema as the database stores it.

    Args:
        connection: Its engine says in which schema the views are.
        schema: The schema of the tables, as the database stores its name.
        views_schema: Another schema for the views than the engine says.
    """
    apart, plain = views_schema_of(in_schema(connection.engine, schema, views_schema)), same(connection.engine)
    return schema if plain(apart) == plain(schema) else schema_as_kept(connection, apart)


def names_in(connection: Connection, schema: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the tables and the views of a schema, as `same` compares their names, each with its name as it is kept.

    Where there is no such schema, there are none.
    """
    inspector, plain = inspect(connection), same(connection.engine)
    if not inspector.has_schema(schema):
        return {}, {}
    tables = {plain(name): name for name in inspector.get_table_names(schema=schema)}
    return tables, {plain(name): name for name in inspector.get_view_names(schema=schema)}
