"""Views that have the monitor's names and are not the monitor's, as after the Spark edition's `setup()`.

Such a view is known by the columns that it lacks. Nothing is asked as long as all goes well: a statement that reads a
column that is not there fails, and only then the views are looked at.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Select,
    Table,
    and_,
    exists,
    false,
    literal_column,
    select,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from etl_monitor_orm import views
from etl_monitor_orm.backends import backend_of, place, pointed
from etl_monitor_orm.errors import SchemaOutOfDate
from etl_monitor_orm.schemas import VIEWS

if TYPE_CHECKING:
    from etl_monitor_orm.views import ViewBase

TELLING: Final = {
    "v_processStatus": "RunState",
    "v_runSummary": "Running",
    "v_taskDetail": "ForceSkip",
    "v_mandatoryBlockers": "EndTime",
    "v_currentFailures": "EndTime",
    "v_watermarks": "SetOn",
    "v_overdue": "BreachID",
}
"""A column of each view that no release of the Spark edition has in it, nor a revision of ours before the newest."""


def noticed(error: SQLAlchemyError, engine: Engine) -> SchemaOutOfDate | None:
    """Return our error if a statement failed because a view that it reads lacks columns of ours; else None.

    Args:
        error: What happened.
        engine: Where; its map says in which schema the views are.
    """
    if not isinstance(error, DBAPIError) or not backend_of(engine).is_column_missing(error):
        return None
    read = [name for name in TELLING if re.search(rf"\b{name}\b", error.statement or "", re.IGNORECASE)]
    found = lacking(engine, read)
    if not found:
        return None
    name, columns = next(iter(found.items()))
    way = pointed("Run `etl-monitor db repair`, or call monitor.setup().", engine)
    return SchemaOutOfDate(
        f"View {name} of {place(engine.url)} is not the monitor's, but another tool's: it lacks {', '.join(columns)}. "
        f"{way} If that tool needs its views, name another schema for the monitor's: ETL_MONITOR_VIEWS_SCHEMA."
    )


def lacking(engine: Engine, names: list[str]) -> dict[str, list[str]]:
    """Return which of some views lack columns of ours, and which; a view that cannot be read is left out."""
    found = {}
    for view in views.VIEWS:
        if view.__tablename__ in names and (columns := _lacking(engine, view)):
            found[view.__tablename__] = columns
    return found


def _lacking(engine: Engine, view: type[ViewBase]) -> list[str]:
    try:
        with backend_of(engine).for_services(engine).connect() as connection:
            there = _columns(connection, view)
    except DBAPIError:
        return []
    return [ours.name for ours in view.__table__.c if ours.name.lower() not in there]


def _columns(connection: Connection, view: type[ViewBase]) -> set[str]:
    nothing: Select[*tuple[object, ...]] = select(literal_column("*")).select_from(view.__table__).where(false())
    keys = connection.execute(nothing).keys()
    return {name.lower() for name in keys}


@cache
def all_answer() -> ColumnElement[bool]:
    """Return a condition that is true, and that the database refuses if a view or its telling column is missing.

    So one statement can ask something else, and whether all views are the monitor's. No view is computed for it,
    and none is mapped.
    """
    apart = MetaData(schema=VIEWS)  # the schema of a lightweight table() is not mapped
    known = (Table(name, apart, Column(telling)) for name, telling in TELLING.items())
    return and_(*(~exists(select(*view.c).where(false())) for view in known))
