"""How a list of mapped objects is read as entries of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from etl_monitor_orm.calls.described import SHAPES, entry
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models import Holiday, Organisation, Parameter, Process, Project, SequenceStage, Task
from etl_monitor_orm.services.entries import Entry, Kind

_KINDS: Final = (Organisation, Project, Process, SequenceStage, Task, Parameter, Holiday)
_WANTED: Final = "Process, SequenceStage, Task, Parameter, Project, Organisation and Holiday objects"


def read_list(objects: object) -> list[Entry]:
    """Read mapped objects; one that is listed twice in the same words is read once.

    Raises:
        InvalidInput: It is no list of such objects, or one of them cannot be read; the error says which.
    """
    if isinstance(objects, str | bytes | Mapping) or not isinstance(objects, Iterable):
        raise InvalidInput(f"objects must be a list of {_WANTED}, not {_named(objects)}.")
    read: dict[object, Entry] = {}
    for position, one in enumerate(objects):
        if not isinstance(one, _KINDS):
            raise InvalidInput(f"objects[{position}] is {_named(one)}; register takes {_WANTED}.")
        kind = next(kind for kind in _KINDS if isinstance(one, kind))
        said = vars(one)  # what was set or loaded; asking an attribute could send a statement
        label = f"objects[{position}], {one!r}"
        try:
            new = entry(kind, {name: value for name, value in said.items() if name in _attributes(kind)})
        except InvalidInput as error:
            raise InvalidInput(f"{label}: {error}") from error
        new = replace(new, label=label)
        if read.setdefault(new.identity, new) != new:
            raise InvalidInput(
                f"{label}, describes a row that an earlier object describes differently. List each row once."
            )
    return [*read.values()]


def _attributes(kind: Kind) -> set[str]:
    shape = SHAPES[kind]
    described = (one.attribute for one in shape.described)
    return {*shape.key, *shape.required, *described, *shape.fixed, *shape.first}


def _named(thing: object) -> str:
    return f"a {type(thing).__name__}"
