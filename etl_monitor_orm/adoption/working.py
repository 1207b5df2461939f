"""An adoption from beginning to end, on one connection. Importing this imports alembic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from etl_monitor_orm.adoption import backup, looking, receipts, running, watermarks
from etl_monitor_orm.adoption.plan import Plan, Planner, Statement, tables_there
from etl_monitor_orm.adoption.report import AdoptionReport, Change, Finding
from etl_monitor_orm.adoption.rows import table_in
from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.errors import InvalidInput, InvalidTransition, SchemaError, SchemaMissing
from etl_monitor_orm.migrations.layouts import found_layout
from etl_monitor_orm.migrations.names import FIRST_TABLES, views_schema_as_kept
from etl_monitor_orm.migrations.obstacles import refuse_views_of_others
from etl_monitor_orm.migrations.recognising import Columns, Kind, found
from etl_monitor_orm.migrations.unfinished import begun_kind
from etl_monitor_orm.migrations.written import writer

_NOTES: Final = (
    "StartTime is NULL until a step starts; the Spark edition wrote the time of queueing there.",
    "v_watermarks.ActiveValue is in UTC, whatever the time zone of the session that reads it.",
)
_NO_OTHER_SCHEMA: Final = (
    "Two views cannot have one name in one schema. To keep the Spark edition's, name another schema for the monitor's: "
    "`--views-schema`, views_schema=, or ETL_MONITOR_VIEWS_SCHEMA."
)


@dataclass(frozen=True)
class Options:
    """What a caller of `adopt` chose.

    Attributes:
        now: The time of the call.
        dry_run: Whether to change nothing.
        backup: A file for the definitions of the views.
        keep_latest: Whether to remove rows whose key a later row has.
        anyway: Whether to go on although steps are running.
        keep_their_views: Whether to refuse to replace the Spark edition's views.
    """

    now: datetime
    dry_run: bool
    backup: str | None
    keep_latest: bool
    anyway: bool
    keep_their_views: bool = False


def adopted(connection: Connection, schema: str, options: Options) -> AdoptionReport:
    """Adopt the tables, or say what an adoption would do."""
    kind, columns, begun = recognised(connection, schema)
    place = _place_of_views(connection, schema, options, begun=begun)
    findings = tuple(looking.findings(connection, tables_there(schema, columns), options.now))
    if not options.dry_run:
        _refuse(schema, findings, options)
    plan = _planned(connection, schema, place, kind, columns, options, begun=begun)
    logs = table_in(schema, "ETLsysLogs")
    earlier = {about: receipts.moved_before(connection, logs, about) for about in ("numbered", "split")}
    moved = receipts.joined({**earlier["numbered"], **plan.numbered}, {**earlier["split"], **plan.split})
    before = watermarks.texts(connection, schema)
    left_out: list[str] = []
    if not options.dry_run:
        if options.backup is not None and not (begun and Path(options.backup).exists()):
            # A run that goes on keeps the file of the run that was stopped: some views may be the monitor's by now.
            backup.write(connection, schema, options.backup)
        left_out = running.execute(connection, schema, plan.statements)
    return AdoptionReport(
        schema=schema,
        kind=kind.value,
        done=not options.dry_run,
        changes=_changes(plan.statements),
        findings=findings,
        moved=MappingProxyType(moved),
        watermarks=watermarks.compared(before, before if options.dry_run else watermarks.texts(connection, place)),
        notes=(*_NOTES, *_notes_about_views(schema, place), *left_out),
    )


def _place_of_views(connection: Connection, schema: str, options: Options, *, begun: bool) -> str:
    """Return the schema for the monitor's views.

    Raises:
        InvalidInput: The Spark edition's must stay, and it is the same schema.
        SchemaError: Another schema has views with these names already.
    """
    place = views_schema_as_kept(connection, schema)
    if options.keep_their_views and place == schema:
        raise InvalidInput(_NO_OTHER_SCHEMA)
    if place != schema and not begun:
        refuse_views_of_others(connection, place)
    return place


def _notes_about_views(schema: str, place: str) -> list[str]:
    if place == schema:
        return []
    return [
        f"The Spark edition's views stay in schema {schema}; the monitor's are in schema {place}. "
        f"Tell every program that reads them: ETL_MONITOR_VIEWS_SCHEMA={place}."
    ]


def script(connection: Connection, schema: str, options: Options) -> str:
    """Return the statements that an adoption would execute."""
    kind, columns, begun = recognised(connection, schema)
    place = _place_of_views(connection, schema, options, begun=begun)
    _refuse(schema, looking.findings(connection, tables_there(schema, columns), options.now), options)
    plan = _planned(connection, schema, place, kind, columns, options, begun=begun)
    lines = [
        f"-- Adopts the Spark edition's tables (kind {kind.value}) in schema {' '.join(schema.split())}.",
        "-- Written for the rows that are there now. After an interruption, write it again: it has what is left.",
        *_choice_of_catalog(connection),
    ]
    about = ""
    for statement in plan.statements:
        if statement.about != about:
            lines += ["", f"-- {statement.words}"]
            about = statement.about
        lines.append(f"{statement.sql};")
    return "\n".join(lines) + "\n"


def _choice_of_catalog(connection: Connection) -> list[str]:
    """The statement that chooses the catalog, where a database has catalogs: names within it have none."""
    catalog = connection.engine.url.query.get("catalog")
    if not (backend_of(connection.engine).capabilities.catalogs and isinstance(catalog, str)):
        return []
    return [" ".join(["USE CATALOG", connection.dialect.identifier_preparer.quote(catalog)]) + ";"]


def recognised(connection: Connection, schema: str) -> tuple[Kind, Columns, bool]:
    """Return the kind of the tables, their columns, and whether an adoption of them was stopped.

    Raises:
        SchemaMissing: There are no tables.
        SchemaError: They are of no kind.
    """
    there = found(connection, schema)
    if len(there.missing) == len(FIRST_TABLES):
        raise SchemaMissing(
            f"Schema {schema} has no tables of the Spark edition. Name another schema: `--schema`, schema=, or "
            "ETL_MONITOR_SCHEMA; for new tables run `etl-monitor db upgrade`, or call monitor.setup()."
        )
    stopped = None if there.missing else begun_kind(connection, schema)
    kind = stopped or there.kind
    if kind is None:
        raise SchemaError(
            f"The tables in schema {schema} are not as any release of the Spark edition made them: {there.odd}. "
            "Nothing was changed; put that right, or restore the tables, then run `etl-monitor adopt` again."
        )
    return kind, there.columns, stopped is not None


def _planned(
    connection: Connection, schema: str, place: str, kind: Kind, columns: Columns, options: Options, *, begun: bool
) -> Plan:
    backend = backend_of(connection.engine)
    layout = found_layout(backend, connection, schema) if backend.capabilities.layouts else None
    with writer(connection, schema, place, layout, columns) as written:
        planner = Planner(connection, schema, columns, kind, options.now.date(), written, backend.capabilities)
        return planner.plan(begun=begun, keep_latest=options.keep_latest)


def _refuse(schema: str, findings: Iterable[Finding], options: Options) -> None:
    """Refuse what would be lost.

    Raises:
        SchemaError: Several rows have one key.
        InvalidTransition: Steps are running.
    """
    for one in findings:
        if one.about == "duplicate" and not options.keep_latest:
            raise SchemaError(
                f"{one.words.rstrip('.')}, in schema {schema}. Nothing was changed; remove the rows that are too many, "
                "or pass keep_latest=True to keep the row of each key that was updated last."
            )
        if one.about == "running" and not options.anyway:
            raise InvalidTransition(
                f"{one.words.rstrip('.')}, in schema {schema}. Nothing was changed; wait until they end, or pass "
                "anyway=True if they are dead."
            )


def _changes(statements: Iterable[Statement]) -> tuple[Change, ...]:
    changes: dict[tuple[str, str], Change] = {}
    for one in statements:
        if one.about == "receipts":
            continue
        key = (one.about, one.words)
        so_far = changes.get(key, Change(one.about, one.words, None, 0))
        rows = so_far.rows if one.rows is None else (so_far.rows or 0) + one.rows
        changes[key] = Change(one.about, one.words, rows, so_far.statements + 1)
    return tuple(changes.values())
