"""Recognises tables that the Spark edition made: in one of three kinds, by their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, inspect

from etl_monitor_orm.migrations.names import FIRST_TABLES, TABLE_NAMES, same
from etl_monitor_orm.models import Organisation, Parameter, ProcessingStep, Project, Task

Columns = Mapping[str, frozenset[str]]
"""The columns of each table that exists, in lower case, by the table's name as the monitor writes it."""


class Kind(StrEnum):
    """The kind of the Spark edition's tables; several of its releases made each kind."""

    A = "A"
    """As release 0.1.0a3 made them: tasks have an expected duration, and no file."""
    B = "B"
    """As release 0.1.0a17 made them: with files, projects and organisations, without ForceSkip."""
    C = "C"
    """As releases 0.1.0a22 to 1.0.0 made them: as B, and steps have ForceSkip."""


_TASKS: Final = Task.__tablename__
_STEPS: Final = ProcessingStep.__tablename__
_PARAMETERS: Final = Parameter.__tablename__
_OWNERS: Final = frozenset({Organisation.__tablename__, Project.__tablename__})
_PATHS: Final = frozenset({"InFilePath", "OutFilePath"})
_OF_TASKS: Final = frozenset({"FileNameMask", "FileExtension"}) | _PATHS
_OF_STEPS: Final = frozenset({"FullFileName"}) | _PATHS
_DURATION: Final = "ExpectedDurationSeconds"
_SKIP: Final = "ForceSkip"
_OURS: Final = ((_PARAMETERS, ("SetOn", "AutomaticValue", "AdvanceMode", "LagSeconds")), (_STEPS, (_DURATION,)))
"""What only this edition adds."""


@dataclass(frozen=True)
class Found:
    """What the columns of a schema's tables say.

    Attributes:
        kind: The kind of the Spark edition's tables; None if they are of none.
        odd: Why they are of none, as the end of a sentence; empty if they are of one.
        columns: The columns of the tables that exist.
        missing: The tables that every kind has and this schema lacks, in order.
    """

    kind: Kind | None
    odd: str
    columns: Columns
    missing: tuple[str, ...]


def found(connection: Connection, schema: str) -> Found:
    """Look at the tables of a schema; its name is as the database stores it."""
    columns = columns_of(connection, schema)
    missing = tuple(sorted(FIRST_TABLES - set(columns)))
    if missing:
        return Found(None, f"it lacks {', '.join(missing)}", columns, missing)
    odd = _odd(columns)
    return Found(None if odd else _kind(columns), odd, columns, ())


def columns_of(connection: Connection, schema: str) -> Columns:
    """Return the columns of the monitor's tables that exist."""
    inspector, plain = inspect(connection), same(connection.engine)
    there = {plain(name): name for name in inspector.get_table_names(schema=schema)}
    return {
        name: frozenset(one["name"].lower() for one in inspector.get_columns(there[plain(name)], schema=schema))
        for name in sorted(TABLE_NAMES)
        if plain(name) in there
    }


def _kind(columns: Columns) -> Kind:
    if _has(columns, _TASKS, _DURATION):
        return Kind.A
    return Kind.C if _has(columns, _STEPS, _SKIP) else Kind.B


def _odd(columns: Columns) -> str:
    """What keeps the tables from being of one kind; empty if nothing does."""
    for table, names in _OURS:
        if ours := [name for name in names if _has(columns, table, name)]:
            return f"{table} has {ours[0]}, which this edition adds"
    there = [(_TASKS, name) for name in sorted(_OF_TASKS) if _has(columns, _TASKS, name)]
    there += [(_STEPS, name) for name in sorted(_OF_STEPS) if _has(columns, _STEPS, name)]
    owners = sorted(name for name in _OWNERS if name in columns)
    if _has(columns, _TASKS, _DURATION):
        skips = [(_STEPS, _SKIP)] if _has(columns, _STEPS, _SKIP) else []
        if later := there + skips:
            table, name = later[0]
            return f"{_TASKS} has {_DURATION} as the first releases made it, and {table} has {name}, of later ones"
        return ""
    lacking = [(_TASKS, name) for name in sorted(_OF_TASKS) if not _has(columns, _TASKS, name)]
    lacking += [(_STEPS, name) for name in sorted(_OF_STEPS) if not _has(columns, _STEPS, name)]
    if lacking:
        table, name = lacking[0]
        return f"{_TASKS} lacks {_DURATION}, of the first releases, and {table} lacks {name}, of later ones"
    if absent := sorted(_OWNERS - set(owners)):
        return f"{_TASKS} has files, as later releases made it, but {absent[0]} is missing"
    return ""


def _has(columns: Columns, table: str, name: str) -> bool:
    return name.lower() in columns[table]
