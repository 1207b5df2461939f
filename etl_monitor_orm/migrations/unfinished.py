"""An adoption that began and has not ended: it says so in `ETLsysLogs`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, String, column, literal, select, table

from etl_monitor_orm.migrations.recognising import Kind
from etl_monitor_orm.models import SysLog

ADOPT: Final = "adopt"
"""`OperationName` of its receipts."""
BEGUN: Final = "begun"
"""`ActivityName` of the first one; its message names the kind."""
ENDED: Final = "ended"


def begun_kind(connection: Connection, schema: str) -> Kind | None:
    """Return the kind of the tables whose adoption began and has not ended; None if there is none."""
    logs = table(
        SysLog.__tablename__, *map(column, ("OperationName", "ActivityName", "Message", "LogTimeUTC")), schema=schema
    )
    query = (
        select(logs.c.ActivityName, logs.c.Message)
        .where(
            logs.c.OperationName == literal(ADOPT, String),
            logs.c.ActivityName.in_([literal(BEGUN, String), literal(ENDED, String)]),
        )
        .order_by(logs.c.LogTimeUTC.desc(), logs.c.ActivityName.desc())
        .limit(1)
    )
    last = connection.execute(query).first()
    if last is None or last.ActivityName == ENDED:
        return None
    return Kind(last.Message.split()[1])
