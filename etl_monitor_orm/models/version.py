"""The revision of the tables: the one that this version works on, and the table that notes the one there is."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, MetaData, String, Table

from etl_monitor_orm.errors import SchemaMissing, SchemaOutOfDate
from etl_monitor_orm.settings import DEFAULT_SCHEMA

SCHEMA_REVISION: Final = "0001"
"""Head of the migrations that ship with this version; revisions are numbered, so they compare as text."""

VERSION_TABLE: Final = Table(
    "alembic_version",
    MetaData(schema=DEFAULT_SCHEMA),  # alembic makes and keeps this table: it is none of ours to create or compare
    Column("version_num", String(32), primary_key=True),
)


def require_current(found: str | None) -> None:
    """Return when `found`, the revision of the tables, is this version's.

    Raises:
        SchemaMissing: There are no tables, or they were emptied of their revision.
        SchemaOutOfDate: They have an older or a newer revision.
    """
    refuse_newer(found)
    if found is None:
        raise SchemaMissing
    if found < SCHEMA_REVISION:
        raise SchemaOutOfDate(
            f"The monitor's tables are at revision {found}; this version needs {SCHEMA_REVISION}. "
            "Run `etl-monitor db upgrade`, or call monitor.setup()."
        )


def refuse_newer(found: str | None) -> None:
    """Return unless `found` is a revision that this version does not know.

    Raises:
        SchemaOutOfDate: A newer version migrated the tables.
    """
    if found is not None and found > SCHEMA_REVISION:
        raise SchemaOutOfDate(
            f"The monitor's tables are at revision {found}, which a newer version made; this one knows "
            f"{SCHEMA_REVISION}. Upgrade the package: pip install --upgrade etl-monitor-orm."
        )
