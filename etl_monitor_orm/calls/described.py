"""How the arguments of a registration, or the attributes of a mapped instance, are read: one table for both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final

from etl_monitor_orm import inputs
from etl_monitor_orm.deadlines.calendars import read_calendar
from etl_monitor_orm.deadlines.due_times import read_due_time
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models import Holiday, Organisation, Parameter, Process, Project, SequenceStage, Task
from etl_monitor_orm.printable import named
from etl_monitor_orm.services.entries import Entry, Kind
from etl_monitor_orm.services.registration import VALUE_COLUMN
from etl_monitor_orm.vocabulary import (
    FIRST_CUSTOM_STAGE,
    INITIATION_ID,
    SYSTEM_DATE,
    AdvanceMode,
    LoadFrequency,
    ParameterType,
    SourceType,
)


class NotGiven(Enum):
    """The default of an argument that leaves what is stored, where None clears it."""

    NOT_GIVEN = "not given"

    def __repr__(self) -> str:
        return self.name


NOT_GIVEN: Final = NotGiven.NOT_GIVEN

Read = Callable[[str, object], object]


@dataclass(frozen=True)
class Described:
    """One column that a registration describes.

    Attributes:
        attribute: The mapped attribute.
        argument: The calls' name for it.
        read: Reads a caller's value.
        default: What a new row has if nothing is said.
    """

    attribute: str
    argument: str
    read: Read
    default: object = None


@dataclass(frozen=True)
class Shape:
    """What is said of the rows of one table.

    Attributes:
        key: Attributes that identify a row.
        required: Attributes that each registration describes.
        described: The other attributes that rows follow.
        fixed: Attributes that a row never changes.
        first: Attributes that only a new row takes over.
    """

    key: Mapping[str, Read]
    required: Mapping[str, Read]
    described: tuple[Described, ...]
    fixed: Mapping[str, Read]
    first: Mapping[str, Read]


def _code(name: str, value: object) -> str | None:
    return inputs.optional_text(name, value) or None


_value_int: Read = partial(inputs.optional_integer, least=-inputs.BIGINT_MAX, most=inputs.BIGINT_MAX)


def _value_bit(name: str, value: object) -> bool | None:
    return None if value is None else inputs.boolean(name, value)


def _word(kind: type[Enum]) -> Read:
    return lambda name, value: inputs.optional_choice(name, kind, value)


def _words(name: str, value: object) -> str:
    """Read text for a column that takes no NULL."""
    return inputs.optional_text(name, value) or ""


def _due_by(name: str, value: object) -> str | None:
    due = read_due_time(name, value)
    return None if due is None else str(due)


def _list_name(name: str, value: object) -> str:
    """Read the name of a list of holidays as calendars write it: without white space around it."""
    return inputs.text(name, value).strip()


def _late_after(name: str, value: object) -> int | None:
    return inputs.optional_integer(name, value, least=1, most=_LONGEST_WAIT)


def _calendar(name: str, value: object) -> str | None:
    calendar = read_calendar(name, value)
    return None if calendar is None else str(calendar)


_LONGEST_WAIT: Final = 366 * 86_400
"""Seconds without a success that can be acceptable."""

_PROCESS: Final[Mapping[str, Read]] = {"project_code": inputs.text, "process_load": inputs.text}
_FREQUENCY: Final = Described("load_frequency", "load_frequency", _word(LoadFrequency), LoadFrequency.DAILY)
_ACTIVE: Final = Described("is_active", "is_active", inputs.boolean, True)
_DEADLINE: Final = (
    Described("due_by", "due_by", _due_by),
    Described("late_after_seconds", "late_after", _late_after),
    Described("calendar", "calendar", _calendar),
)

SHAPES: Final[Mapping[Kind, Shape]] = {
    Holiday: Shape(
        key={"calendar_name": _list_name, "day": inputs.day},
        required={},
        described=(Described("holiday_name", "holiday_name", inputs.optional_text), _ACTIVE),
        fixed={},
        first={},
    ),
    Organisation: Shape(
        key={"organisation_code": inputs.text},
        required={"organisation_name": inputs.text},
        described=(Described("organisation_description", "organisation_description", _words, ""), _ACTIVE),
        fixed={},
        first={},
    ),
    Project: Shape(
        key={"project_code": inputs.text},
        required={"project_name": inputs.text},
        described=(
            Described("project_description", "project_description", _words, ""),
            Described("organisation_code", "organisation_code", inputs.optional_code),
            _ACTIVE,
        ),
        fixed={},
        first={},
    ),
    Process: Shape(
        key=_PROCESS,
        required={},
        described=(
            Described("process_name", "name", inputs.optional_text),
            Described("process_description", "description", inputs.optional_text),
            Described("process_owner", "owner", inputs.optional_text),
            _FREQUENCY,
            _ACTIVE,
            *_DEADLINE,
        ),
        fixed={},
        first={},
    ),
    SequenceStage: Shape(
        key={"sequence_id": inputs.integer},
        required={"sequence_code": inputs.text},
        described=(
            Described("sequence_name", "name", inputs.optional_text),
            Described("sequence_description", "description", inputs.optional_text),
            Described("sort_order", "sort_order", inputs.optional_integer),
            _ACTIVE,
        ),
        fixed={},
        first={},
    ),
    Task: Shape(
        key={**_PROCESS, "task_id": inputs.integer, "workflow_id": inputs.integer},
        required={"sequence_id": inputs.integer, "task_name": inputs.text},
        described=(
            Described("task_description", "task_description", inputs.optional_text),
            Described("source_type", "source_type", _word(SourceType)),
            Described("source_identifier", "source_identifier", _code),
            Described("source_system_code", "source_system_code", inputs.optional_code),
            _FREQUENCY,
            Described("task_mandatory", "task_mandatory", inputs.boolean, True),
            Described("expected_duration_seconds", "expected_duration_seconds", inputs.optional_integer),
            Described("file_name_mask", "file_name_mask", inputs.optional_code),
            Described("file_extension", "file_extension", inputs.optional_code),
            Described("in_file_path", "in_file_path", inputs.optional_code),
            Described("out_file_path", "out_file_path", inputs.optional_code),
            _ACTIVE,
            *_DEADLINE,
        ),
        fixed={},
        first={},
    ),
    Parameter: Shape(
        key={**_PROCESS, "parameter_name": inputs.text},
        required={},
        described=(
            Described("parameter_description", "description", inputs.optional_text),
            Described("advance_mode", "advance_mode", _word(AdvanceMode)),
            Described("lag_seconds", "lag_seconds", inputs.optional_integer),
        ),
        fixed={"parameter_type": lambda name, value: inputs.choice(name, ParameterType, value)},
        first={
            "value_int": _value_int,
            "value_datetime": inputs.optional_moment,
            "value_bit": _value_bit,
        },
    ),
}


def entry(kind: Kind, said: Mapping[str, object], *, arguments: bool = False) -> Entry:
    """Read what is said of one row.

    Args:
        kind: The mapped class.
        said: Attributes and values; what is missing, or `NOT_GIVEN`, is not given.
        arguments: Whether messages name the calls' arguments instead of the attributes.

    Raises:
        InvalidInput: A value is missing, cannot be read, or breaks a rule.
    """
    said = {name: value for name, value in said.items() if value is not NOT_GIVEN}
    shape = SHAPES[kind]

    def read(readers: Mapping[str, Read]) -> dict[str, object]:
        for name in readers:
            if name not in said:
                raise InvalidInput(f"{name} is missing. Give it.")
        return {name: reader(name, said[name]) for name, reader in readers.items()}

    key, fixed, given = read(shape.key), read(shape.fixed), read(shape.required)
    defaults: dict[str, object] = {}
    for one in shape.described:
        if one.attribute in said:
            given[one.attribute] = one.read(one.argument if arguments else one.attribute, said[one.attribute])
        else:
            defaults[one.attribute] = one.default
    first = {name: reader(name, said.get(name)) for name, reader in shape.first.items()}
    _check(kind, key, fixed, given, first)
    if kind is SequenceStage and given.get("sort_order") is None:
        place = given if "sort_order" in given else defaults
        place["sort_order"] = key["sequence_id"]
    stored = kind.__mapper__.columns

    def columns(part: Mapping[str, object]) -> dict[str, object]:
        return {stored[name].name: value for name, value in part.items()}

    return Entry(kind, columns(key), columns(given), columns(defaults), columns(fixed), columns(first))


def _check(
    kind: Kind,
    key: Mapping[str, object],
    fixed: Mapping[str, object],
    given: Mapping[str, object],
    first: Mapping[str, object],
) -> None:
    if kind is SequenceStage:
        _check_stage(key["sequence_id"])
    if kind is Task:
        _check_initiation(key["task_id"], key["workflow_id"], given["sequence_id"])
    if kind is Parameter:
        _check_parameter(str(key["parameter_name"]), ParameterType(str(fixed["parameter_type"])), given, first)


def _check_stage(position: object) -> None:
    if isinstance(position, int) and position < FIRST_CUSTOM_STAGE:
        raise InvalidInput(
            f"sequence_id is {position}; stages below {FIRST_CUSTOM_STAGE} belong to the framework. "
            f"Use {FIRST_CUSTOM_STAGE} or above."
        )


def _check_initiation(task: object, workflow: object, sequence: object) -> None:
    ids = (task, workflow, sequence)
    if INITIATION_ID in ids and any(part != INITIATION_ID for part in ids):
        raise InvalidInput(
            f"task_id={task}, workflow_id={workflow}, sequence_id={sequence}: 0 marks the initiation. "
            "Make all three 0, or none."
        )


def _check_parameter(name: str, kind: ParameterType, given: Mapping[str, object], first: Mapping[str, object]) -> None:
    if (kind is ParameterType.SYSTEM) != (name == SYSTEM_DATE):
        raise InvalidInput(
            f"Parameter {named(name)} cannot be a {kind}: SYSTEM is the type of {SYSTEM_DATE} and of no other "
            "parameter."
        )
    advancing = [given.get(column) for column in ("advance_mode", "lag_seconds")]
    if kind is not ParameterType.DELTA_DATE and any(value is not None for value in advancing):
        raise InvalidInput(
            f"Parameter {named(name)} is a {kind}; only a {ParameterType.DELTA_DATE} moves by itself. "
            "Leave out advance_mode and lag_seconds."
        )
    for column, value in first.items():
        if value is not None and column != VALUE_COLUMN[kind]:
            raise InvalidInput(f"{column} does not fit a {kind} parameter; its value is {VALUE_COLUMN[kind]}.")
