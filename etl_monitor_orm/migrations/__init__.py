"""Migrations from code: bring the tables and views to a revision, or return their revision.

Alembic does the work, with the scripts that ship with the package. It is imported only when there is work to do.
Where the database can roll DDL back, each call is one transaction: it succeeds or leaves nothing. Elsewhere, repeating
the call completes the work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeGuard

from sqlalchemy import Engine

from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.errors import SchemaOutOfDate
from etl_monitor_orm.migrations.beside import include_name, include_object
from etl_monitor_orm.migrations.comparison import Comparison
from etl_monitor_orm.migrations.layouts import asked_layout, changed_layouts
from etl_monitor_orm.migrations.names import schema_as_kept, views_schema_as_kept
from etl_monitor_orm.migrations.noting import OLD_NAME, noted, noted_beside_our_views, noted_in_the_old_place
from etl_monitor_orm.migrations.obstacles import refuse_obstacles, refuse_unadopted
from etl_monitor_orm.migrations.own_engine import on_own_engine, on_own_or_new_engine
from etl_monitor_orm.migrations.standing import Standing, standing, standing_of
from etl_monitor_orm.models.revision import (
    SCHEMA_REVISION,
    VERSION_TABLE,
    Noted,
    is_usable,
    refuse_newer,
    require_current,
)
from etl_monitor_orm.schemas import in_schema

HEAD: Final = "head"
"""The newest revision that this version of the package ships."""
BASE: Final = "base"
"""Before the first revision: none of the monitor's objects."""

__all__ = [
    "BASE",
    "HEAD",
    "Comparison",
    "check",
    "compare",
    "current",
    "downgrade",
    "include_name",
    "include_object",
    "repair",
    "stamp",
    "upgrade",
    "upgrade_script",
    "usable",
]


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade found and did.

    Attributes:
        before: How the tables stood before.
        ran: Whether migrations ran.
        restored: Which views were restored of tables that were current, one sentence each.
    """

    before: Standing
    ran: bool = False
    restored: list[str] = field(default_factory=list)


def upgrade(engine: Engine, schema: str, revision: str = HEAD, *, layout: str | None = None) -> None:
    """Create the tables and views and seed the stages, or upgrade them.

    If the tables and the views are up to date, this costs one statement and does not import alembic. If the tables are
    and a view is missing or lacks columns, as after the Spark edition's `setup()`, the views are restored. Tables of a
    newer version that this one can use are left as they are.

    Args:
        engine: The database.
        schema: Schema of the tables and views; created if it is missing.
        revision: A revision, `head`, or `+1` for the next.
        layout: On Databricks, `partitioned` (the default) or `clustered`: how new results tables are laid out; else
            `ETL_MONITOR_LAYOUT`. Existing tables keep theirs.

    Raises:
        ConfigurationError: There is no such layout here.
        SchemaOutOfDate: A newer version of the package migrated the tables, and this one cannot use them.
        SchemaError: Other tables or views have names that the monitor needs; nothing was changed.
        InvalidInput: There is no such revision.
        DatabaseLocked: Another process holds the database file.
        ConflictError: Others were changing the same tables.
        DatabaseError: The database refused a statement.
    """
    upgraded(engine, schema, revision, layout=layout)


@on_own_or_new_engine
def upgraded(engine: Engine, schema: str, revision: str = HEAD, *, layout: str | None = None) -> Upgrade:
    """Like `upgrade`; return how the tables stood before, and what was done."""
    asked = asked_layout(backend_of(engine), layout)
    if revision == HEAD and _needs_nothing(found := noted_beside_our_views(engine, schema)):
        return Upgrade(Standing(found.revision, usable=True))
    found = noted(engine, schema)
    if revision == HEAD and _needs_nothing(found):
        restored = _foreign_views_restored(engine, schema) if found.revision == SCHEMA_REVISION else []
        return Upgrade(Standing(found.revision, usable=True), restored=restored)
    refuse_newer(found)
    before = standing_of(found, engine, schema)
    if before.revision is None:
        refuse_obstacles(engine, schema)
    from etl_monitor_orm.migrations import scripts

    scripts.upgrade(engine, schema, revision, asked)
    return Upgrade(before, ran=True)


def _needs_nothing(found: Noted | None) -> TypeGuard[Noted]:
    return found is not None and found.readable_from is not None and is_usable(found)


def _foreign_views_restored(engine: Engine, schema: str) -> list[str]:
    from etl_monitor_orm.migrations.repairing import repair_foreign_views

    return repair_foreign_views(engine, schema)


@on_own_engine
def downgrade(engine: Engine, schema: str, revision: str) -> None:
    """Downgrade the tables and views to an older revision; the data that this drops is lost.

    Other tables and views in the schema stay, and so do the schema and the empty version table.

    Args:
        engine: The database.
        schema: Schema of the tables and views.
        revision: A revision, `-1` for the previous one, or `base` to drop all of the monitor's objects.

    Raises:
        SchemaMissing: There is nothing to downgrade.
        SchemaOutOfDate: A newer version of the package migrated the tables; use that one.
        SchemaError: None of the views is where the engine has them; nothing was changed.
        InvalidInput: There is no such revision, or it is a newer one.
        DatabaseError: The database refused a statement.
    """
    found = noted(engine, schema)
    if found is None and noted_in_the_old_place(engine, schema) is None:
        require_current(None)
    refuse_newer(found)
    from etl_monitor_orm.migrations import repairing, scripts

    repairing.require_views(engine, schema)
    scripts.downgrade(engine, schema, revision)


@on_own_or_new_engine
def stamp(engine: Engine, schema: str, revision: str = HEAD) -> None:
    """Record a revision without running anything, for tables that something else created or restored.

    Args:
        engine: The database.
        schema: Schema of the tables and views; created if it is missing.
        revision: A revision, `head`, or `base` for none.

    Raises:
        SchemaError: The tables are the Spark edition's, and are not adopted; nothing was changed.
        InvalidInput: There is no such revision.
        DatabaseError: The database refused a statement.
    """
    from etl_monitor_orm.migrations import scripts

    if revision != BASE:
        refuse_unadopted(engine, schema)
    scripts.stamp(engine, schema, revision)


def current(engine: Engine, schema: str) -> str | None:
    """Return the revision of the tables; None when they do not exist.

    Args:
        engine: The database.
        schema: Schema of the tables and views.

    Raises:
        SchemaOutOfDate: Several revisions are recorded.
        DatabaseLocked: Another process holds the database file.
        ConfigurationError: The database cannot be opened.
    """
    return standing(engine, schema).revision


def usable(engine: Engine, schema: str) -> bool:
    """Return whether this version can use the tables: they have its revision, or a newer one that allows it.

    Args:
        engine: The database.
        schema: Schema of the tables and views.

    Raises:
        SchemaOutOfDate: Several revisions are recorded.
        DatabaseLocked: Another process holds the database file.
        ConfigurationError: The database cannot be opened.
    """
    return standing(engine, schema).usable


def check(engine: Engine, schema: str, *, layout: str | None = None) -> list[str]:
    """Return the differences that `compare` finds; none when everything matches.

    Arguments and errors are those of `compare`.
    """
    return compare(engine, schema, layout=layout).differences


@on_own_engine
def compare(engine: Engine, schema: str, *, layout: str | None = None) -> Comparison:
    """Compare the tables and views with the ones that this version expects.

    Tables are compared by their columns, types, nullability and comments; views by their definition; the framework's
    stages by their code and whether they are active; on Databricks, the layout of the results tables too. Nothing is
    changed. Other tables and views in the schema do not count, and neither does the order of columns. Another comment
    is a note. So is a column that somebody added to one of our tables, if it accepts NULL or has a default. Otherwise
    it is a difference, because the monitor could not write rows.

    Args:
        engine: The database.
        schema: Schema of the tables and views.
        layout: The layout that they should have; else `ETL_MONITOR_LAYOUT`, else either.

    Returns:
        The differences and the notes, one sentence each.

    Raises:
        SchemaMissing: The tables do not exist.
        SchemaOutOfDate: They have an older or a newer revision, so that they differ by design.
        ConfigurationError: There is no such layout here.
    """
    asked = asked_layout(backend_of(engine), layout)
    found = _noted_for_a_comparison(engine, schema)
    require_current(found)
    from etl_monitor_orm.migrations import scripts
    from etl_monitor_orm.migrations.drift import changed_views
    from etl_monitor_orm.migrations.repairing import changed_stages, recorded_again

    with backend_of(engine).for_services(engine).connect() as connection:
        schema = schema_as_kept(connection, schema)
        views_schema = views_schema_as_kept(connection, schema)
    # A monitor's engine maps our tables to the given name, which reflection takes literally.
    engine = in_schema(engine, schema, views_schema)
    tables = scripts.changed_tables(engine, schema)
    return Comparison(
        [
            *tables.differences,
            *changed_layouts(engine, schema, asked),
            *changed_views(engine, schema),
            *changed_stages(engine, schema),
            *recorded_again(found),
        ],
        tables.notes,
    )


@on_own_engine
def repair(engine: Engine, schema: str) -> list[str]:
    """Restore the views, and the framework's stages, of tables that have this version's revision.

    All rows stay, except that a stage from 0 to 6 gets its own code, name, description and order again, and is active,
    and that equal rows of the version table become one.
    Nothing is written when all is right. Tables are not changed: `compare` says how they differ.

    Args:
        engine: The database.
        schema: Schema of the tables and views.

    Returns:
        What was restored, one sentence each.

    Raises:
        SchemaMissing: Tables are missing; the message gives the way out.
        SchemaOutOfDate: The tables have an older or a newer revision.
        SchemaError: A table has the name of a view, or the tables lack a column that a view needs.
        DatabaseError: The database refused a statement, as when your own view depends on one of the monitor's.
    """
    found = _noted_for_a_comparison(engine, schema)
    require_current(found)
    from etl_monitor_orm.migrations import repairing, scripts

    restored = repairing.repair(engine, schema)
    if found is not None and (again := repairing.recorded_again(found)):
        scripts.stamp(engine, schema, found.revision)
        restored += [words.replace("records", "recorded") + " It has one row again." for words in again]
    return restored


def _noted_for_a_comparison(engine: Engine, schema: str) -> Noted | None:
    found = noted(engine, schema)
    if found is None and noted_in_the_old_place(engine, schema) is not None:
        raise SchemaOutOfDate(
            f"The revision of the monitor's tables is recorded in {OLD_NAME}, as it was before release 0.1.0. "
            f"Run `etl-monitor db upgrade` to record it in {VERSION_TABLE.name}."
        )
    return found


@on_own_or_new_engine
def upgrade_script(engine: Engine, schema: str, revision: str = HEAD, *, layout: str | None = None) -> str:
    """Return the SQL of an upgrade from an empty schema, for someone else to review and run. Uses no database.

    Args:
        engine: Says which database the SQL is for.
        schema: Schema of the tables and views.
        revision: A revision or `head`; `0001:head` for the steps between two revisions.
        layout: On Databricks, `partitioned` (the default) or `clustered`; else `ETL_MONITOR_LAYOUT`.

    Raises:
        ConfigurationError: There is no such layout here.
        InvalidInput: There is no such revision.
    """
    asked = asked_layout(backend_of(engine), layout)
    from etl_monitor_orm.migrations import scripts

    return scripts.upgrade_script(engine, schema, revision, asked)
