"""The arguments of recorded calls as JSON, and back: known types only, each under its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, Final, cast

from etl_monitor_orm.claims import Claim
from etl_monitor_orm.errors import JournalError
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey, TaskKey
from etl_monitor_orm.models import Holiday, Organisation, Parameter, Process, Project, SequenceStage, Task
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
    kind.__name__: kind for kind in (AdvanceMode, LoadFrequency, LogLevel, LogType, ParameterType, SourceType, Status)
}
_TABLES: Final[Mapping[str, type]] = {
    kind.__name__: kind for kind in (Holiday, Organisation, Parameter, Process, Project, SequenceStage, Task)
}


_MICROSECOND: Final = timedelta(microseconds=1)
_WRITTEN: Final[Mapping[type, tuple[str, Callable[[Any], Json]]]] = {
    datetime: ("time", datetime.isoformat),
    date: ("date", date.isoformat),
    timedelta: ("span", lambda value: value // _MICROSECOND),
    tuple: ("tuple", lambda value: [encoded(one) for one in value]),
}
_READ: Final[Mapping[str, Callable[[Any], object]]] = {
    "time": datetime.fromisoformat,
    "date": date.fromisoformat,
    "span": lambda value: value * _MICROSECOND,
    "tuple": lambda value: tuple(decoded(one) for one in value),
    "table": _TABLES.__getitem__,
    "map": lambda value: {key: decoded(one) for key, one in value.items()},
    **_WORDS,
}


def encoded(value: object) -> Json:
    """Return a value as JSON.

    Raises:
        TypeError: Its type is none of those that recorded calls take.
    """
    if value is None or type(value) in (bool, int, str):
        return cast(Json, value)
    if isinstance(value, list):
        return [encoded(one) for one in value]
    kind = type(value)
    if is_dataclass(value) and _DATA.get(kind.__name__) is kind:
        return {TYPE: kind.__name__, **{field.name: encoded(getattr(value, field.name)) for field in fields(value)}}
    name, plain = _named(value)
    return {TYPE: name, _VALUE: plain}


def _named(value: object) -> tuple[str, Json]:
    """The name of a value's type, and the value as JSON."""
    if type(value) in _WRITTEN:
        name, write = _WRITTEN[type(value)]
        return name, write(value)
    if isinstance(value, Enum):
        return type(value).__name__, value.value
    if isinstance(value, type) and _TABLES.get(value.__name__) is value:
        return "table", value.__name__
    if isinstance(value, Mapping):
        return "map", {str(key): encoded(one) for key, one in value.items()}
    raise TypeError(f"{type(value).__name__} is no type of a recorded call's values.")


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
    name = str(value[TYPE])
    if name in _DATA:
        return _DATA[name](**{field: decoded(one) for field, one in value.items() if field != TYPE})
    return _READ[name](value[_VALUE])
