"""For your own migrations beside the monitor's: which tables Alembic should leave alone."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Final, Literal

from sqlalchemy import Engine, Table
from sqlalchemy.schema import SchemaItem

from etl_monitor_orm.migrations.names import OUR_NAMES, same
from etl_monitor_orm.migrations.own_engine import require_engine
from etl_monitor_orm.schemas import DEFAULT_SCHEMA
from etl_monitor_orm.settings import Settings

Place = MutableMapping[Literal["schema_name", "table_name", "schema_qualified_table_name"], str | None]
"""Where Alembic found an object."""
IncludeName = Callable[[str | None, str, Place], bool]
"""The type of Alembic's `include_name` option."""
IncludeObject = Callable[[SchemaItem, str | None, str, bool, SchemaItem | None], bool]
"""The type of Alembic's `include_object` option."""

_WHOLE: Final = ("table", "view", "materialized_view", "sequence")
"""Kinds of objects that belong to a schema; all others belong to a table."""


def include_name(engine: Engine, schema: str | None = None) -> IncludeName:
    """Return a function for Alembic's `include_name` that leaves out the monitor's objects.

    These are the tables, the six views, the version table and the sequence that numbers the log, in the monitor's
    schema. It includes everything else, even your own tables in the same schema.

    Args:
        engine: The database that your migrations work on.
        schema: The monitor's schema; else `ETL_MONITOR_SCHEMA`, else `etl`.

    Example:
        ```python
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            include_schemas=True,
            include_name=include_name(engine),
        )
        ```
    """
    ours = _ours(engine, schema)

    def included(name: str | None, type_: str, parent_names: Place) -> bool:
        if type_ == "schema":
            return True
        whole = name if type_ in _WHOLE else parent_names.get("table_name")
        return not ours(whole, parent_names.get("schema_name"))

    return included


def include_object(engine: Engine, schema: str | None = None) -> IncludeObject:
    """Return a function for Alembic's `include_object` that leaves out the monitor's objects.

    Like `include_name`, for metadata that also contains the monitor's tables: Alembic then does not create them.

    Args:
        engine: The database that your migrations work on.
        schema: The monitor's schema; else `ETL_MONITOR_SCHEMA`, else `etl`.
    """
    # The mapped classes use the schema's default name, whatever its name in the database.
    found, mapped = _ours(engine, schema), _ours(engine, schema, DEFAULT_SCHEMA)

    def included(
        item: SchemaItem, name: str | None, type_: str, reflected: bool, compare_to: SchemaItem | None
    ) -> bool:
        table = item if isinstance(item, Table) else getattr(item, "table", None)
        ours = found if reflected else mapped
        return not (isinstance(table, Table) and ours(table.name, table.schema))

    return included


def _ours(engine: Engine, schema: str | None, *more: str) -> Callable[[str | None, str | None], bool]:
    require_engine(engine)
    plain = same(engine)
    places = {Settings.read(engine.url, schema=schema).schema, *more}

    kept = {plain(place) for place in places}
    names = {plain(name) for name in OUR_NAMES}

    def ours(name: str | None, place: str | None) -> bool:
        if name is None or plain(name) not in names:
            return False
        there = engine.dialect.default_schema_name if place is None else place
        return there is not None and plain(there) in kept

    return ours
