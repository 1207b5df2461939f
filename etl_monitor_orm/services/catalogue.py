"""A whole catalogue at once: read what is stored, compare, and write what differs in few statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from sqlalchemy import ColumnElement, Row, Table, select
from sqlalchemy.orm import Session

from etl_monitor_orm.errors import EtlMonitorError
from etl_monitor_orm.models import Holiday, Organisation, Parameter, Process, Project, SequenceStage, Task
from etl_monitor_orm.services.catalogue_changes import CatalogueChange, kept, of_entry, place_of
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.entries import Entry, Kind
from etl_monitor_orm.services.registration import first_value, refuse_other_type, refuse_unknown
from etl_monitor_orm.services.upsert import Described, upsert_many

_ORDER: Final[tuple[Kind, ...]] = (Holiday, Organisation, Project, SequenceStage, Process, Parameter, Task)
"""What others need comes first: without transactions, a stopped call leaves no task without its process."""

_MOST_NAMES: Final = 100
"""More projects or processes than this are not named in a question: it reads them all."""

Stored = dict[object, Row[*tuple[object, ...]]]


def register_all(session: Session, context: Context, entries: Sequence[Entry]) -> None:
    """Insert rows of the catalogue, or let them follow their descriptions; write only what differs.

    Reads each of the tables in question once. Writes as many rows in one statement as the database's limit on bound
    values allows.

    Raises:
        ProcessNotFound: The process of a task or a parameter is neither registered nor among the entries.
        StageNotFound: The stage of a task is neither registered nor among the entries.
        InvalidInput: A parameter exists with another type, or no holidays have the name that a calendar gives.
    """
    _write(session, context, entries, _stored(session, entries))


def differences(session: Session, context: Context, entries: Sequence[Entry]) -> list[CatalogueChange]:
    """Return what `register_all` would write, and what it would leave; write nothing.

    Raises:
        ProcessNotFound: The process of a task or a parameter is neither registered nor among the entries.
        StageNotFound: The stage of a task is neither registered nor among the entries.
        InvalidInput: A parameter exists with another type.
    """
    stored = _stored(session, entries, whole=True)
    _refuse(entries, stored)
    return _differences(entries, stored)


def apply(session: Session, context: Context, entries: Sequence[Entry]) -> list[CatalogueChange]:
    """Like `register_all`; return what was written, and what was left. Errors as for `differences`."""
    stored = _stored(session, entries, whole=True)
    _write(session, context, entries, stored)
    return _differences(entries, stored)


def _differences(entries: Sequence[Entry], stored: Stored) -> list[CatalogueChange]:
    rows = {place: _by_name(row) for place, row in stored.items()}
    by_kind = sorted(entries, key=lambda entry: _ORDER.index(entry.kind))
    changes = [one for entry in by_kind for one in of_entry(entry, rows.get(place_of(entry.kind, entry.key)))]
    return [*changes, *kept(entries, rows.values())]


def _by_name(row: Row[*tuple[object, ...]]) -> dict[str, object]:
    return {str(name): value for name, value in row._mapping.items()}


def _write(session: Session, context: Context, entries: Sequence[Entry], stored: Stored) -> None:
    _refuse(entries, stored)
    for kind in _ORDER:
        changed = [entry for entry in entries if entry.kind is kind and _differs(entry, stored)]
        if not changed:
            continue
        rows = [Described(entry.key, entry.given, _initial(context, entry), entry.fixed) for entry in changed]
        if upsert_many(session, context, kind, rows) < len(rows) and kind is Parameter:
            # Somebody registered one of them meanwhile, perhaps with another type; or the number is not known.
            _refuse(entries, {**stored, **_read(session, Parameter, entries)})


def _initial(context: Context, entry: Entry) -> dict[str, object]:
    return {**entry.defaults, **first_value(context, entry)}


def _stored(session: Session, entries: Sequence[Entry], *, whole: bool = False) -> Stored:
    """Read the rows that the entries name and need, by their places; `whole`: all rows of their processes."""
    kinds: set[Kind] = {entry.kind for entry in entries}
    if whole and Process in kinds:
        kinds |= {Task, Parameter}
    if kinds & {Task, Parameter}:
        kinds.add(Process)
    if Task in kinds:
        kinds.add(SequenceStage)
    if any(entry.holidays is not None for entry in entries):
        kinds.add(Holiday)
    stored: Stored = {}
    for kind in _ORDER:
        if kind in kinds:
            stored.update(_read(session, kind, entries))
    return stored


def _read(session: Session, kind: Kind, entries: Sequence[Entry]) -> Stored:
    table = cast(Table, kind.__table__)
    rows = session.execute(select(table).where(*_within(kind, entries)))
    return {place_of(kind, _by_name(row)): row for row in rows}


def _within(kind: Kind, entries: Sequence[Entry]) -> list[ColumnElement[bool]]:
    table = cast(Table, kind.__table__)
    conditions: list[ColumnElement[bool]] = []
    for name in ("OrganisationCode", "ProjectCode", "ProcessLoad", "CalendarName"):
        if name not in table.primary_key.columns:
            continue
        codes = sorted({str(entry.key[name]) for entry in entries if name in entry.key} | _lists(name, entries))
        if len(codes) <= _MOST_NAMES:
            conditions.append(table.c[name].in_(codes))
    return conditions


def _lists(name: str, entries: Sequence[Entry]) -> set[str]:
    """The lists of holidays that calendars name."""
    return {entry.holidays for entry in entries if entry.holidays is not None} if name == "CalendarName" else set()


def _refuse(entries: Sequence[Entry], stored: Stored) -> None:
    """Refuse what belongs to nothing, and a parameter of another type."""
    known = {*stored, *(place_of(entry.kind, entry.key) for entry in entries)}
    lists = {row._mapping["CalendarName"] for row in stored.values() if "CalendarName" in row._mapping}
    lists |= {entry.key["CalendarName"] for entry in entries if entry.kind is Holiday}
    for entry in entries:
        process, stage = entry.process, entry.stage
        found = stored.get(place_of(entry.kind, entry.key))
        try:
            refuse_unknown(
                entry,
                has_process=process is None or place_of(Process, process.columns) in known,
                has_stage=stage is None or place_of(SequenceStage, {"SequenceID": stage}) in known,
                has_holidays=entry.holidays is None or entry.holidays in lists,
            )
            if entry.kind is Parameter and found is not None:
                refuse_other_type(entry, found._mapping["ParameterType"])
        except EtlMonitorError as error:
            if entry.label is not None:
                error.args = (f"{entry.label}: {error}",)
            raise


def _differs(entry: Entry, stored: Stored) -> bool:
    found = stored.get(place_of(entry.kind, entry.key))
    return found is None or any(found._mapping[name] != value for name, value in entry.given.items())
