"""The revision of the tables: the one that this version needs, and the table that records the existing one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import Column, MetaData, Row, String, Table, select

from etl_monitor_orm.errors import SchemaMissing, SchemaOutOfDate
from etl_monitor_orm.printable import quoted
from etl_monitor_orm.schemas import DEFAULT_SCHEMA

SCHEMA_REVISION: Final = "0005"
"""Head of the migrations that ship with this version; revisions are numbered, so they compare as text."""

VERSION_TABLE: Final = Table(
    "etl_monitor_version",
    MetaData(schema=DEFAULT_SCHEMA),  # alembic creates and maintains this table
    Column("version_num", String(32), primary_key=True),
    Column("readable_from", String(32)),
)

REPEATED: Final = f"Table {VERSION_TABLE.name} records revision"
"""How the sentence about equal rows of the version table begins."""

_NO_TABLES: Final = "The monitor's tables do not exist here. Run `etl-monitor db upgrade`, or call `monitor.setup()`."


class Noted(NamedTuple):
    """What the version table says about the tables.

    Attributes:
        revision: Their revision.
        readable_from: The oldest release of the package that can use them; None if only releases that know the
            revision can.
        times: How many rows record the revision. Where keys are not enforced, a script that ran twice may leave two.
    """

    revision: str
    readable_from: str | None
    times: int = 1


NOTED: Final = select(VERSION_TABLE.c.version_num, VERSION_TABLE.c.readable_from)
"""Selects the recorded revision; `only` reads the answer."""


def only(rows: Iterable[Row[*tuple[object, ...]]]) -> Noted | None:
    """Return the recorded revision; None when there is none.

    Raises:
        SchemaOutOfDate: Several revisions are recorded.
    """
    noted = [Noted(row.version_num, row.readable_from) for row in rows]
    revisions = sorted({one.revision for one in noted})
    if len(revisions) > 1:
        raise SchemaOutOfDate(
            f"The table {VERSION_TABLE.name} has several revisions of the monitor's tables: {', '.join(revisions)}. "
            "Record the right one: `etl-monitor db stamp REVISION`."
        )
    return noted[0]._replace(times=len(noted)) if noted else None


def require_usable(noted: Noted | None) -> None:
    """Return if this version can use the tables: they have its revision, or a newer one that allows it.

    Raises:
        SchemaMissing: There are no tables, or their revision is missing.
        SchemaOutOfDate: They have an older revision, or a newer one that this version cannot use.
    """
    if noted is None:
        raise SchemaMissing(_NO_TABLES)
    if not is_usable(noted):
        refuse_newer(noted)
        raise SchemaOutOfDate(
            f"The monitor's tables are at revision {noted.revision}; this version needs {SCHEMA_REVISION}. "
            "Run `etl-monitor db upgrade`, or call monitor.setup()."
        )


def require_current(noted: Noted | None) -> None:
    """Return if the tables have exactly this version's revision.

    Raises:
        SchemaMissing: There are no tables, or their revision is missing.
        SchemaOutOfDate: They have an older or a newer revision.
    """
    require_usable(noted)
    refuse_newer(noted)


def refuse_newer(noted: Noted | None) -> None:
    """Return unless the tables have a revision that this version does not know.

    Raises:
        SchemaOutOfDate: A newer version migrated the tables, or something else recorded its own revision there.
    """
    if noted is None or noted.revision <= SCHEMA_REVISION:
        return
    if not noted.revision.isdecimal():
        raise SchemaOutOfDate(
            f"The table {VERSION_TABLE.name} has the revision {quoted(noted.revision)}, which is not one of the "
            "monitor's. "
            f"Record the revision of the tables, at most {SCHEMA_REVISION}: `etl-monitor db stamp REVISION`."
        )
    release = f" ({noted.readable_from} or later)" if noted.readable_from and not is_usable(noted) else ""
    raise SchemaOutOfDate(
        f"The monitor's tables are at revision {noted.revision}, from a newer version; this one knows "
        f"{SCHEMA_REVISION}. Upgrade the package: pip install --upgrade etl-monitor-orm{release}."
    )


def is_usable(noted: Noted) -> bool:
    """Return whether this version can use the tables: they have its revision, or a newer one that allows it.

    A newer revision names the oldest release that can use it. So a new release may migrate the tables while programs
    with an older one are running.
    """
    if noted.revision == SCHEMA_REVISION:
        return True
    if noted.revision < SCHEMA_REVISION or not noted.revision.isdecimal() or noted.readable_from is None:
        return False
    # Only a newer revision needs these.
    from importlib.metadata import PackageNotFoundError, version

    from packaging.version import InvalidVersion, Version

    try:
        return Version(noted.readable_from) <= Version(version("etl-monitor-orm"))
    except (InvalidVersion, PackageNotFoundError):
        return False
