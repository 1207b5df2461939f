"""What an adoption said in `ETLsysLogs`: that it began and has not ended, and where the monitor's views are."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Select, String, column, literal, select, table

from etl_monitor_orm.migrations.recognising import Kind
from etl_monitor_orm.models import SysLog
from etl_monitor_orm.vocabulary import ADOPTION

ADOPT: Final = ADOPTION
"""`OperationName` of its receipts."""
BEGUN: Final = "begun"
"""`ActivityName` of the first one; its message names the kind."""
ENDED: Final = "ended"
APART: Final = "views_apart"
"""`ActivityName` of the receipt whose message is the schema of the monitor's views, where the Spark edition's stay."""


def begun_kind(connection: Connection, schema: str) -> Kind | None:
    """Return the kind of the tables whose adoption began and has not ended; None if there is none."""
    last = connection.execute(_last(schema, BEGUN, ENDED)).first()
    if last is None or last.ActivityName == ENDED:
        return None
    return Kind(last.Message.split()[1])


def views_kept_apart(connection: Connection, schema: str) -> str | None:
    """Return the schema of the monitor's views, where an adoption kept the Spark edition's beside the tables."""
    last = connection.execute(_last(schema, APART)).first()
    return None if last is None else str(last.Message)


def _last(schema: str, *activities: str) -> Select[str | None, str | None]:
    """The query for the last receipt of some kinds."""
    names = ("OperationName", "ActivityName", "Message", "LogTimeUTC")
    logs = table(SysLog.__tablename__, *map(column, names), schema=schema)
    return (
        select(logs.c.ActivityName, logs.c.Message)
        .where(
            logs.c.OperationName == literal(ADOPT, String),
            logs.c.ActivityName.in_([literal(name, String) for name in activities]),
        )
        .order_by(logs.c.LogTimeUTC.desc(), logs.c.ActivityName.desc())
        .limit(1)
    )
