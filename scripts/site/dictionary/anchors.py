"""Where the tables, the views and their columns are in the site."""

from __future__ import annotations

from functools import cache

from sqlalchemy.orm import Mapper

from etl_monitor_orm.models import Base
from etl_monitor_orm.views import VIEWS


def tables() -> list[Mapper[Base]]:
    """Return the mapped tables, by name."""
    return sorted(Base.registry.mappers, key=lambda mapper: mapper.local_table.name)


@cache
def anchors() -> dict[str, str]:
    """Return the page of each table, view and column (`TABLE.COLUMN`)."""
    pages = {"reference/tables": tables(), "reference/views": [view.__mapper__ for view in VIEWS]}
    return {
        name: page
        for page, mappers in pages.items()
        for mapper in mappers
        for table in [mapper.local_table]
        for name in (table.name, *(f"{table.name}.{column.name}" for column in table.columns))
    }


def anchor(name: str) -> str:
    """Return the anchor of a table, a view or a column on its page; headings have anchors that could be its name."""
    return f"etl.{name}"


def marked(name: str) -> str:
    """Return what puts an anchor into a page."""
    return f'<span id="{anchor(name)}"></span>'


def linked(name: str, shown: str | None = None) -> str:
    """Return a link from one page of the dictionary to another place of it."""
    page = anchors()[name].rpartition("/")[2]
    return f'<a class="reference internal" href="{page}.html#{anchor(name)}"><code>{shown or name}</code></a>'
