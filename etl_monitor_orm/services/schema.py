"""Whether the database holds the tables that this version works on."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from etl_monitor_orm.models.version import VERSION_TABLE, require_current


def require_current_schema(session: Session) -> None:
    """Return when the tables have this version's revision.

    Raises:
        SchemaMissing: There are no tables, or they were emptied of their revision.
        SchemaOutOfDate: They have an older or a newer revision.
    """
    require_current(session.scalar(select(func.max(VERSION_TABLE.c.version_num))))
