"""How a catalogue file is read as entries of the catalogue, each with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy import Boolean

from etl_monitor_orm import inputs
from etl_monitor_orm.calls.catalogue_nodes import Node, Source
from etl_monitor_orm.calls.described import SHAPES, entry
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models import Organisation, Parameter, Process, Project, SequenceStage, Task
from etl_monitor_orm.printable import listed, named
from etl_monitor_orm.services.catalogue_changes import KINDS, name_of
from etl_monitor_orm.services.entries import Entry, Kind

VERSION: Final = 1
"""Of the file's form; `catalogue: 1` says so."""
HEAD: Final = "catalogue"
SECTIONS: Final[Mapping[str, Kind]] = {
    "organisations": Organisation,
    "projects": Project,
    "stages": SequenceStage,
    "processes": Process,
}
"""The lists of a file, and what an entry of each is."""
WITHIN: Final[Mapping[str, Kind]] = {"parameters": Parameter, "tasks": Task}
"""The lists of a process."""
OF_PROCESS: Final = ("project_code", "process_load")
"""What an entry of a process's list has from its process."""


def read_catalogue(text: object, name: object) -> list[Entry]:
    """Read a catalogue file.

    Args:
        text: What is in it.
        name: How errors call it.

    Raises:
        InvalidInput: It is no catalogue file, or describes a row twice; the error names the line.
    """
    if not isinstance(text, str):
        raise InvalidInput(f"text must be the text of a catalogue file, not {type(text).__name__}.")
    source = Source(inputs.text("name", name))
    root = source.root(text)
    if root is None or root.is_nothing:
        raise source.refusal(f"It is empty. A catalogue file begins with `{HEAD}: {VERSION}`.")
    sections = dict(root.items("A catalogue file"))
    _check_version(root, sections.pop(HEAD, None))
    read: dict[object, Entry] = {}
    for key, node in sections.items():
        if key not in SECTIONS:
            raise node.refusal(f"A catalogue file has no {named(key)}. Write one of: {', '.join(SECTIONS)}.")
        for one in (found for each in node.entries(key) for found in _rows(SECTIONS[key], each)):
            if (before := read.setdefault(one.identity, one)) is not one:
                what = f"{KINDS[one.kind].capitalize()} {named(name_of(one.kind, one.key))}"
                raise source.refusal(f"{what} is on line {before.line} already. List each row once.", one.line)
    return [*read.values()]


def _check_version(root: Node, node: Node | None) -> None:
    if node is None:
        raise root.refusal(f"A catalogue file begins with `{HEAD}: {VERSION}`. Add that line.")
    written = node.text(HEAD)
    if written == str(VERSION):
        return
    if written is not None and written.isdecimal() and int(written) > VERSION:
        raise node.refusal(
            f"The file is of form {named(written)}; this version knows {VERSION}. "
            "Upgrade the package: pip install --upgrade etl-monitor-orm."
        )
    raise node.refusal(f"{HEAD} is {named(written)}; it must be {VERSION}, the form of the file.")


def _rows(kind: Kind, node: Node) -> Iterator[Entry]:
    """Yield the row that an entry of a section describes, and those within it."""
    found = dict(node.items(f"{_a(kind)}"))
    within = {key: found.pop(key) for key in WITHIN if kind is Process and key in found}
    yield _row(kind, node, found, {})
    process = {name: found[name].text(name) for name in OF_PROCESS if kind is Process}
    for key, below in within.items():
        for one in below.entries(key):
            yield _row(WITHIN[key], one, dict(one.items(_a(WITHIN[key]))), process)


def _row(kind: Kind, node: Node, found: Mapping[str, Node], process: Mapping[str, object]) -> Entry:
    shape = SHAPES[kind]
    readers = {**shape.key, **shape.required, **shape.fixed, **shape.first}
    readers |= {one.attribute: one.read for one in shape.described}
    own = [name for name in readers if name not in process]
    said = dict(process)
    for name, value in found.items():
        if name not in own:
            raise value.refusal(f"{_a(kind)} has no {named(name)}. Write one of: {listed(own, name)}.")
        is_switch = isinstance(kind.__mapper__.columns[name].type, Boolean)
        said[name] = value.switch(name) if is_switch else value.text(name)
        try:
            readers[name](name, said[name])
        except InvalidInput as error:
            raise value.refusal(str(error)) from error
    try:
        read = entry(kind, said)
    except InvalidInput as error:
        raise node.refusal(f"{_a(kind)}: {error}") from error
    columns = kind.__mapper__.columns
    lines = {columns[name].name: value.line for name, value in found.items()}
    return replace(read, line=node.line, lines=lines, label=f"{named(node.source.name)}, line {node.line}")


def _a(kind: Kind) -> str:
    word = KINDS[kind]
    return f"{'An' if word[0] in 'aeiou' else 'A'} {word}"
