"""Whether the database holds the tables that this version works on."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, MetaData, String, Table, func, select
from sqlalchemy.orm import Session

from etl_monitor_orm.errors import SchemaMissing, SchemaOutOfDate
from etl_monitor_orm.settings import DEFAULT_SCHEMA

SCHEMA_REVISION: Final = "0001"
"""Head of the migrations that ship with this version; revisions are numbered, so they compare as text."""

VERSION_TABLE: Final = "alembic_version"

_version = Table(VERSION_TABLE, MetaData(schema=DEFAULT_SCHEMA), Column("version_num", String))


def require_current_schema(session: Session) -> None:
    """Return when the tables have this version's revision.

    Raises:
        SchemaMissing: There are no tables, or they were emptied of their revision.
        SchemaOutOfDate: They have an older or a newer revision.
    """
    found = session.scalar(select(func.max(_version.c.version_num)))
    if found is None:
        raise SchemaMissing
    if found < SCHEMA_REVISION:
        raise SchemaOutOfDate(
            f"The monitor's tables are at revision {found}; this version needs {SCHEMA_REVISION}. "
            "Run `etl-monitor db upgrade`, or call monitor.setup()."
        )
    if found > SCHEMA_REVISION:
        raise SchemaOutOfDate(
            f"The monitor's tables are at revision {found}, which a newer version made; this one knows "
            f"{SCHEMA_REVISION}. Upgrade the package: pip install --upgrade etl-monitor-orm."
        )
