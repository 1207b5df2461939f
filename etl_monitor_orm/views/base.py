"""What all views share: separate metadata, and read-only classes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import ClassVar, NoReturn

from sqlalchemy import Connection, MetaData, Select, event
from sqlalchemy.orm import DeclarativeBase, Mapper

from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models.base import Readable
from etl_monitor_orm.schemas import VIEWS


class Query:
    """The query behind a view, built when it is first read: only migrations and `db check` need it.

    Args:
        build: Builds the query.
    """

    def __init__(self, build: Callable[[], Select[*tuple[object, ...]]]) -> None:
        self._build = build

    @cached_property
    def _built(self) -> Select[*tuple[object, ...]]:
        return self._build()

    def __get__(self, view: object, kind: type) -> Select[*tuple[object, ...]]:
        """Return the query."""
        return self._built


class ViewBase(Readable, DeclarativeBase):
    """Root of the mapped views.

    Their metadata is separate from the tables', so that nothing mistakes a view for a table.
    """

    metadata = MetaData(schema=VIEWS)

    definition: ClassVar[Query]
    """The query behind the view, column for column."""


def _refuse(mapper: Mapper[ViewBase], connection: Connection, target: ViewBase) -> NoReturn:
    raise InvalidInput(
        f"{type(target).__name__} is the view {target.__tablename__}: it is read-only. "
        "Change the tables through the monitor's calls."
    )


for _moment in ("before_insert", "before_update", "before_delete"):
    event.listen(ViewBase, _moment, _refuse, propagate=True)
