"""What a catalogue file would change, row by row and column by column, before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Organisation, Parameter, Process, Project, SequenceStage, Task
from etl_monitor_orm.services.entries import Entry, Kind
from etl_monitor_orm.vocabulary import ParameterType

Value = str | int | bool | None
"""What a column of the catalogue holds, as a change shows it."""
Change = Literal["add", "change", "keep"]

KINDS: Final[Mapping[Kind, str]] = {
    Organisation: "organisation",
    Project: "project",
    SequenceStage: "stage",
    Process: "process",
    Parameter: "parameter",
    Task: "task",
}
"""What people call a row of each table."""


@dataclass(frozen=True)
class CatalogueChange:
    """One difference between a catalogue file and the catalogue.

    Attributes:
        change: `add` for a new row, `change` for a column that differs, `keep` for a row of the file's processes that
            the file does not have; it stays as it is.
        kind: `organisation`, `project`, `stage`, `process`, `parameter` or `task`.
        name: Which one, such as `CORP/HR_DAILY 1.2` for a task.
        column: The column that changes, in snake_case; None for a whole row.
        before: What is stored; None for a new row.
        after: What the file says; None for a whole row.
        line: Line of the file; None for a row that is not in it.
    """

    change: Change
    kind: str
    name: str
    column: str | None = None
    before: Value = None
    after: Value = None
    line: int | None = None


def of_entry(entry: Entry, stored: Mapping[str, object] | None) -> list[CatalogueChange]:
    """Return how an entry differs from its stored row, if there is one."""
    kind, name = KINDS[entry.kind], name_of(entry.kind, entry.key)
    if stored is None:
        return [CatalogueChange("add", kind, name, line=entry.line)]
    attributes = {column.name: key for key, column in entry.kind.__mapper__.columns.items()}
    return [
        CatalogueChange(
            "change", kind, name, attributes[column], shown(stored[column]), shown(value), entry.lines.get(column)
        )
        for column, value in entry.given.items()
        if stored[column] != value
    ]


def kept(entries: Collection[Entry], stored: Iterable[Mapping[str, object]]) -> list[CatalogueChange]:
    """Return the active tasks, and the parameters, of the entries' processes that no entry describes.

    Args:
        entries: What the file says.
        stored: Rows of the catalogue.
    """
    described = {place_of(entry.kind, entry.key) for entry in entries}
    listed = {entry.process for entry in entries if entry.kind is Process}
    found = []
    for row in stored:
        kind = _kind_within_a_process(row)
        if kind is None or place_of(kind, row) in described:
            continue
        settled = row["IsActive"] is False if kind is Task else row["ParameterType"] == ParameterType.SYSTEM
        if not settled and ProcessKey(str(row["ProjectCode"]), str(row["ProcessLoad"])) in listed:
            found.append(CatalogueChange("keep", KINDS[kind], name_of(kind, row)))
    return sorted(found, key=lambda one: (one.kind, one.name))


def _kind_within_a_process(row: Mapping[str, object]) -> type[Task | Parameter] | None:
    if "TaskID" in row:
        return Task
    return Parameter if "ParameterName" in row else None


def place_of(kind: Kind, row: Mapping[str, object]) -> object:
    """Return what identifies a row among those of all tables."""
    return kind, frozenset((column.name, row[column.name]) for column in kind.__mapper__.primary_key)


def name_of(kind: Kind, row: Mapping[str, object]) -> str:
    """Return how people name a row, by its columns."""
    if "ProcessLoad" not in row:
        return str(row[kind.__mapper__.primary_key[0].name])
    process = f"{row['ProjectCode']}/{row['ProcessLoad']}"
    if kind is Task:
        return f"{process} {row['WorkFlowID']}.{row['TaskID']}"
    return f"{process} {row['ParameterName']}" if kind is Parameter else process


def shown(value: object) -> Value:
    """Return a stored value as a change shows it: words of the domain as text, times as ISO text."""
    if value is None or isinstance(value, bool | int):
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value)
