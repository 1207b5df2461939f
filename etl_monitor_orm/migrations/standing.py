"""What the database records about the tables, for calls that report it: read once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.errors import SchemaMissing
from etl_monitor_orm.migrations.noting import noted, noted_in_the_old_place
from etl_monitor_orm.migrations.own_engine import on_own_or_new_engine
from etl_monitor_orm.models.revision import Noted, is_usable


@dataclass(frozen=True)
class Standing:
    """The tables' revision, and whether this version can use them.

    Attributes:
        revision: Their revision; None when they do not exist.
        usable: Whether this version can use them.
    """

    revision: str | None
    usable: bool


@on_own_or_new_engine
def standing(engine: Engine, schema: str) -> Standing:
    """Return what is recorded about the tables, in one statement where our version table exists.

    Raises:
        SchemaOutOfDate: Several revisions are recorded.
        DatabaseLocked: Another process holds the database file.
        ConfigurationError: The database cannot be opened.
    """
    if (absent := backend_of(engine).absent(engine)) is not None:
        if isinstance(absent, SchemaMissing):
            return Standing(None, usable=False)
        raise absent
    return standing_of(noted(engine, schema), engine, schema)


def standing_of(found: Noted | None, engine: Engine, schema: str) -> Standing:
    """Return what our version table says; if it says nothing, look where versions before 0.1.0 recorded it."""
    if found is None:
        return Standing(noted_in_the_old_place(engine, schema), usable=False)
    return Standing(found.revision, is_usable(found))
