"""The arguments of recorded calls as JSON, and back: known types only, each under its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, Final

from etl_monitor_orm.claims import Claim
from etl_monitor_orm.errors import JournalError
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey, TaskKey
from etl_monitor_orm.models import Parameter, Process, SequenceStage, Task
from etl_monitor_orm.printable import quoted
from etl_monitor_orm.services.ending import Ending
from etl_monitor_orm.services.entries import Entry
from etl_monitor_orm.services.late import ReadFromMemory
from etl_monitor_orm.services.logs import LogEntry
from etl_monitor_orm.services.runs import Choice
from etl_monitor_orm.services.seen import SeenStep
from etl_monitor_orm.services.staging import Staged
from etl_monitor_orm.services.steps import Held, Where
from etl_monitor_orm.services.watermarks import Move
from etl_monitor_orm.vocabulary import (
    AdvanceMode,
    LoadFrequency,
    LogLevel,
    LogType,
    ParameterType,
    SourceType,
    Status,
)

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

TYPE: Final = "$"
"""The key that names the type of an object."""
_VALUE: Final = "is"

_DATA: Final[Mapping[str, type]] = {
    kind.__name__: kind
    for kind in (
        Choice,
        Claim,
        Ending,
        Entry,
        Held,
        LogEntry,
        Move,
        ProcessKey,
        ReadFromMemory,
        RunKey,
        SeenStep,
        Staged,
        StepKey,
        TaskKey,
        Where,
    )
}
_WORDS: Final[Mapping[str, type[Enum]]] = {
    kind.__name__: kind
    for kind in (AdvanceMode, LoadFrequency, LogLevel, LogType, ParameterType, SourceType, Status)
}
_TABLES: Final[Mapping[str, type]] = {kind.__name__: kind for kind in (Parameter, Process, SequenceStage, Task)}


def encoded(value: object) -> Json:
    """Return a value as JSON.

    Raises:
        TypeError: Its type is none of those that recorded calls take.
    """
    name = type(value).__name__
    if isinstance(value, Enum):
        return {TYPE: name, _VALUE: value.value}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime):
        return {TYPE: "time", _VALUE: value.isoformat()}
    if isinstance(value, date):
        return {TYPE: "date", _VALUE: value.isoformat()}
    if isinstance(value, timedelta):
        return {TYPE: "span", _VALUE: value // timedelta(microseconds=1)}
    if isinstance(value, type) and _TABLES.get(value.__name__) is value:
        return {TYPE: "table", _VALUE: value.__name__}
    if is_dataclass(value) and name in _DATA:
        return {TYPE: name, **{field.name: encoded(getattr(value, field.name)) for field in fields(value)}}
    if isinstance(value, Mapping):
        return {TYPE: "map", _VALUE: {str(key): encoded(one) for key, one in value.items()}}
    if isinstance(value, list | tuple):
        return [encoded(one) for one in value]
    raise TypeError(f"{name} is no value of a recorded call.")


def decoded(value: Json) -> Any:
    """Return the value that JSON stands for.

    Raises:
        JournalError: It has a type, or a type has a field, that this version does not know.
    """
    if isinstance(value, list):
        return [decoded(one) for one in value]
    if not isinstance(value, dict):
        return value
    try:
        return _object(value)
    except (KeyError, TypeError, ValueError) as error:
        kind = quoted(value.get(TYPE))
        raise JournalError(
            f"A value of type {kind} cannot be read: another version wrote it. Send the journal with that version."
        ) from error


def _object(value: dict[str, Json]) -> Any:
    name, plain = str(value[TYPE]), value.get(_VALUE)
    if name in _WORDS:
        return _WORDS[name](plain)
    if name in _DATA:
        return _DATA[name](**{field: decoded(one) for field, one in value.items() if field != TYPE})
    match name, plain:
        case "time", str():
            return datetime.fromisoformat(plain)
        case "date", str():
            return date.fromisoformat(plain)
        case "span", int():
            return timedelta(microseconds=plain)
        case "table", str():
            return _TABLES[plain]
        case "map", dict():
            return {key: decoded(one) for key, one in plain.items()}
    raise KeyError(name)
