"""Records, beside a revision, the oldest release that can use its tables. Importing this imports alembic.

Each revision says so itself: `readable_from = "0.1.0"` is beside its number. A program with an older package can keep
using the tables of a newer one if they allow it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Column, String, Table, null, select, update

from etl_monitor_orm.models.revision import VERSION_TABLE

_READABLE_FROM = VERSION_TABLE.c.readable_from.name


def version_table_of(context: MigrationContext) -> Table:
    """Return the table in which alembic records the revision, with our column in it.

    Alembic's own write clears `readable_from` of the revision before. Between its statement and ours, only packages
    that know the revision can use the tables.
    """
    version_table: Table = context._version  # alembic has no other name for it
    if _READABLE_FROM not in version_table.c:
        version_table.append_column(Column(_READABLE_FROM, String(32), onupdate=null()))
    return version_table


def note_each(ctx: MigrationContext, heads: Collection[str], **unused: Any) -> None:
    """Write `readable_from` for the revision that alembic has just recorded; alembic calls this after each step."""
    for head in heads:
        _note(ctx, head)


def complete(context: MigrationContext) -> None:
    """Write a missing `readable_from`: the revision was taken over, or the run was stopped."""
    version_table = version_table_of(context)
    asked = select(version_table.c.version_num).where(version_table.c[_READABLE_FROM].is_(None))
    if context.connection is not None:
        for head in context.connection.scalars(asked).all():
            _note(context, head)


def _note(context: MigrationContext, revision: str) -> None:
    version_table = version_table_of(context)
    context.execute(
        update(version_table)
        .where(version_table.c.version_num == revision)
        .values({_READABLE_FROM: _said_by(context, revision)})
    )


def _said_by(context: MigrationContext, revision: str) -> str:
    script = context.script.get_revision(revision) if context.script is not None else None
    said = getattr(script.module, _READABLE_FROM, None) if script is not None else None
    if not isinstance(said, str):
        raise CommandError(f"Revision {revision} has no readable_from: the oldest release that can use its tables")
    return said
