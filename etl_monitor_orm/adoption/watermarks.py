"""The text of every watermark, as a view says it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, column, inspect, select, table

from etl_monitor_orm.adoption.report import WatermarkText
from etl_monitor_orm.migrations.names import same

Key = tuple[str, str, str]
_VIEW: Final = "v_watermarks"
_NAMES: Final = ("ProjectCode", "ProcessLoad", "ParameterName")


def texts(connection: Connection, schema: str) -> dict[Key, str | None]:
    """Return the active values that `v_watermarks` shows; none where there is no such view."""
    view = table(_VIEW, *map(column, (*_NAMES, "ActiveValue")), schema=schema)
    query = select(*(view.c[name] for name in _NAMES), view.c.ActiveValue).distinct()
    plain = same(connection.engine)
    if plain(_VIEW) not in map(plain, inspect(connection).get_view_names(schema=schema)):
        return {}
    rows = connection.execute(query).all()
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def compared(before: dict[Key, str | None], after: dict[Key, str | None]) -> tuple[WatermarkText, ...]:
    """Return both texts of each watermark."""
    return tuple(WatermarkText(*key, before.get(key), after.get(key)) for key in sorted({*before, *after}))
