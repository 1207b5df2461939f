"""What all views share: their own metadata, and classes that cannot be written."""

from __future__ import annotations

from typing import ClassVar, NoReturn

from sqlalchemy import Connection, MetaData, Select, event
from sqlalchemy.orm import DeclarativeBase, Mapper

from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models.base import Readable
from etl_monitor_orm.settings import DEFAULT_SCHEMA


class ViewBase(Readable, DeclarativeBase):
    """Root of the six mapped views.

    Their metadata is apart from the tables', so that nothing takes a view for a table to create or compare.
    """

    metadata = MetaData(schema=DEFAULT_SCHEMA)

    definition: ClassVar[Select[*tuple[object, ...]]]
    """The query behind the view, column for column."""


def _refuse(mapper: Mapper[ViewBase], connection: Connection, target: ViewBase) -> NoReturn:
    raise InvalidInput(
        f"{type(target).__name__} is the view {target.__tablename__}: it can be read, not written. "
        "Change the tables through the monitor's calls."
    )


for _moment in ("before_insert", "before_update", "before_delete"):
    event.listen(ViewBase, _moment, _refuse, propagate=True)
