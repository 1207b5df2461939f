"""How the dictionary shows columns: their types on each database, and what they mean."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeDecorator, TypeEngine

from etl_monitor_orm.backends import backend_for
from etl_monitor_orm.models.base import UTCDateTime, Word
from scripts.site.dictionary import anchors
from scripts.site.python_names import PACKAGE

DATABASES: Final = {"duckdb": "DuckDB", "postgresql": "PostgreSQL", "databricks": "Databricks"}


def name(mapper: Mapper[Any], column: Column[Any]) -> str:
    """Return a column's name and its attribute's, with the column's anchor."""
    place = anchors.marked(f"{mapper.local_table.name}.{column.name}")
    return f"{place}`{column.name}`<br>`{mapper.get_property_by_column(column).key}`"


def kind(column: Column[Any]) -> str:
    """Return a column's type, and whether it is of the key."""
    return f"{type_name(column.type)}{', key' if column.primary_key else ''}"


def type_name(kind: TypeEngine[object]) -> str:
    """Return a short name for a type."""
    if isinstance(kind, UTCDateTime):
        return "Time (UTC)"
    return {"String": "Text", "Word": "Text", "BigInteger": "Long integer"}.get(
        type(kind).__name__, type(kind).__name__
    )


def stored_as(kind: TypeEngine[object]) -> list[str]:
    """Return the type's name in each database."""
    plain = kind.impl if isinstance(kind, TypeDecorator) else kind
    return [
        plain.compile(dialect=make_url(f"{backend_for(database).drivername}://").get_dialect()())
        for database in DATABASES
    ]


def words(column: Column[object]) -> str:
    """Return the words that a column can hold, with a link to their meaning; nothing where any value fits."""
    if not isinstance(column.type, Word):
        return ""
    kind = column.type.words
    values = ", ".join(f"`{word.value}`" for word in kind)
    return f" One of {values}: [{kind.__name__}](#{PACKAGE}.{kind.__name__})."


def cell(text: str) -> str:
    """Return a text as a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
