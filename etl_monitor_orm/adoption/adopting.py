"""Takes over tables that the Spark edition made and filled: recognise, look, columns, rows, views, revision.

Where the database can roll DDL back, an adoption is one transaction. Elsewhere each statement leaves tables on which
the Spark edition works, and the next call continues.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.adoption.report import (
    AdoptionReport,
    Change,
    Finding,
    StepNumber,
    WatermarkText,
)
from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.errors import SchemaOutOfDate
from etl_monitor_orm.migrations.names import schema_as_kept
from etl_monitor_orm.migrations.noting import noted, noted_in_the_old_place
from etl_monitor_orm.migrations.own_engine import on_own_engine
from etl_monitor_orm.models.revision import SCHEMA_REVISION, refuse_newer
from etl_monitor_orm.schemas import in_schema

__all__ = ["AdoptionReport", "Change", "Finding", "StepNumber", "WatermarkText", "adopt", "adoption_script"]


@on_own_engine
def adopt(
    engine: Engine,
    schema: str,
    *,
    now: datetime,
    dry_run: bool = False,
    backup: str | None = None,
    keep_latest: bool = False,
    anyway: bool = False,
    keep_their_views: bool = False,
) -> AdoptionReport:
    """Take over the Spark edition's tables; see `ETLMonitor.adopt`.

    Args:
        engine: The database.
        schema: The schema of the tables.
        now: The time of the call.
        dry_run: Whether to change nothing.
        backup: A file for the definitions of the views.
        keep_latest: Whether to remove rows whose key a later row has.
        anyway: Whether to go on although steps are running.
        keep_their_views: Whether to refuse to replace the Spark edition's views.
    """
    if _is_adopted(engine, schema):
        return AdoptionReport(schema, None, done=True)
    from etl_monitor_orm.adoption import working

    options = working.Options(now, dry_run, backup, keep_latest, anyway, keep_their_views)
    backend = backend_of(engine)
    try:
        with backend.for_services(engine).connect() as connection:
            with connection.begin():
                report = working.adopted(connection, schema_as_kept(connection, schema), options)
            if report.done:
                backend.after_migration(connection)
    except DBAPIError as error:
        raise backend.explain(error, in_schema(engine, schema)) from error
    return report


@on_own_engine
def adoption_script(
    engine: Engine, schema: str, *, now: datetime, keep_latest: bool = False, keep_their_views: bool = False
) -> str:
    """Return the statements of an adoption, for someone else to read and run; nothing is changed."""
    if _is_adopted(engine, schema):
        return f"-- The tables in schema {schema} are the monitor's already: nothing to adopt.\n"
    from etl_monitor_orm.adoption import working

    options = working.Options(now, True, None, keep_latest, True, keep_their_views)
    try:
        with backend_of(engine).for_services(engine).connect() as connection:
            return working.script(connection, schema_as_kept(connection, schema), options)
    except DBAPIError as error:
        raise backend_of(engine).explain(error, in_schema(engine, schema)) from error


def _is_adopted(engine: Engine, schema: str) -> bool:
    """Whether this version's revision is recorded.

    Raises:
        SchemaOutOfDate: Another revision is recorded.
    """
    found = noted(engine, schema)
    refuse_newer(found)
    revision = found.revision if found is not None else noted_in_the_old_place(engine, schema)
    if revision is not None and (found is None or revision != SCHEMA_REVISION):
        raise SchemaOutOfDate(
            f"The monitor's tables in schema {schema} are at revision {revision}, so they need no adoption. "
            "Run `etl-monitor db upgrade`, or call monitor.setup()."
        )
    return revision is not None
