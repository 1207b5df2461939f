"""Whether the database holds tables that this version can work on."""

from __future__ import annotations

from sqlalchemy.orm import Session

from etl_monitor_orm.backends import pointing
from etl_monitor_orm.models.revision import NOTED, only, require_usable


def require_current_schema(session: Session) -> None:
    """Return if the tables have this version's revision, or a newer one that this version can use.

    Reads `etl_monitor_version`.

    Raises:
        SchemaMissing: There are no tables, or their revision is missing.
        SchemaOutOfDate: They have an older revision, or a newer one that this version cannot use.
    """
    with pointing(session.connection().engine):
        require_usable(only(session.execute(NOTED).all()))
