"""In which schemas an engine has the monitor's tables and its views: SQLAlchemy's schema map of the engine says so.

The mapped tables name the schema `etl`. The mapped views name `VIEWS`, which is `etl` too where nobody maps it, so that
the map can send them elsewhere.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine
from sqlalchemy.sql import quoted_name

DEFAULT_SCHEMA: Final = "etl"
"""The schema of the mapped tables, and where they are unless somebody names another."""
_VIEWS: Final = f"{DEFAULT_SCHEMA}:views"
"""The key of the views' schema in a map. No map that somebody else makes has it by chance."""


class _ViewsSchema(quoted_name):
    """The schema of the mapped views. A schema map finds it by its text, and SQL without a map has its value."""

    def __str__(self) -> str:
        return _VIEWS

    def __reduce__(self) -> tuple[type[_ViewsSchema], tuple[str, bool]]:
        return _ViewsSchema, (DEFAULT_SCHEMA, False)


VIEWS: Final = _ViewsSchema(DEFAULT_SCHEMA, False)


def schema_map(schema: str, views_schema: str | None = None) -> dict[str, str]:
    """Return SQLAlchemy's map from the mapped names of the schemas to those in a database.

    Args:
        schema: Where the tables are.
        views_schema: Where the views are; None means beside the tables.
    """
    return {DEFAULT_SCHEMA: schema, _VIEWS: views_schema or schema}


def in_schema(engine: Engine, schema: str, views_schema: str | None = None) -> Engine:
    """Return the engine with our tables in `schema`; it shares the pool and the caller's own mappings.

    Args:
        engine: The database.
        schema: Where the tables are.
        views_schema: Where the views are; None means where the engine has them if that is another schema than its
            tables', and else beside the tables.
    """
    mapped = engine.get_execution_options().get("schema_translate_map") or {}
    apart = views_schema_of(engine) if views_schema_of(engine) != schema_of(engine) else None
    ours = schema_map(schema, views_schema or apart)
    if all(mapped.get(key) == value for key, value in ours.items()):
        return engine
    return engine.execution_options(schema_translate_map={**mapped, **ours})


def schema_of(engine: Engine) -> str:
    """Return the schema in which an engine has the monitor's tables."""
    mapped = engine.get_execution_options().get("schema_translate_map") or {}
    return str(mapped.get(DEFAULT_SCHEMA, DEFAULT_SCHEMA))


def views_schema_of(engine: Engine) -> str:
    """Return the schema in which an engine has the monitor's views."""
    mapped = engine.get_execution_options().get("schema_translate_map") or {}
    return str(mapped.get(_VIEWS, schema_of(engine)))
