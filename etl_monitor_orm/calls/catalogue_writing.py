"""How the catalogue is written as a file: what `read_catalogue` reads is what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

from etl_monitor_orm.calls.catalogue_reading import HEAD, OF_PROCESS, VERSION
from etl_monitor_orm.calls.described import SHAPES, entry
from etl_monitor_orm.columns import written
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Organisation, Parameter, Process, Project, SequenceStage, Task
from etl_monitor_orm.services.catalogue_export import Catalogue
from etl_monitor_orm.services.entries import Kind

Row = Organisation | Project | SequenceStage | Process | Parameter | Task

_WIDEST: Final = 1 << 30
"""No line is folded: a folded one is hard to compare."""


def write_catalogue(catalogue: Catalogue) -> str:
    """Return the text of a catalogue file.

    Rows and values that `register` would refuse, and what belongs to no registered process, are left out; a comment
    says so.
    """
    rows = _Rows()
    processes = {}
    for process in catalogue.processes:
        if said := rows.said(process):
            processes[ProcessKey(process.project_code, process.process_load)] = said
    for key, within in (("parameters", catalogue.parameters), ("tasks", catalogue.tasks)):
        for one in within:
            owner = processes.get(ProcessKey(one.project_code, one.process_load))
            if owner is None:
                rows.left_out += 1
            elif said := rows.said(one):
                place = owner.setdefault(key, [])
                place.append({name: value for name, value in said.items() if name not in OF_PROCESS})
    sections = {
        "organisations": rows.all_of(catalogue.organisations),
        "projects": rows.all_of(catalogue.projects),
        "stages": rows.all_of(catalogue.stages),
        "processes": [*processes.values()],
    }
    text = _yaml({HEAD: VERSION, **{name: listed for name, listed in sections.items() if listed}})
    return f"{_left_out(rows)}{text}"


def _left_out(rows: _Rows) -> str:
    found = ((rows.left_out, "rows"), (rows.values, "values"))
    return "".join(
        f"# Left out: {number} {what} that the monitor would not register like this. See `etl-monitor doctor`.\n"
        for number, what in found
        if number
    )


class _Rows:
    """Reads rows as a file says them, and counts those that it cannot."""

    def __init__(self) -> None:
        self.left_out = 0
        self.values = 0

    def all_of(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        return [said for one in rows if (said := self.said(one))]

    def said(self, row: Row) -> dict[str, Any]:
        """Return what a file says of a row: what, read again, is what is stored; nothing if it would be refused."""
        kind: Kind = type(row)
        shape = SHAPES[kind]
        needed = (*shape.key, *shape.fixed, *shape.required)
        said = {name: getattr(row, name) for name in needed}
        described = {one.attribute: one.read for one in shape.described}
        unreadable = [name for name, read in described.items() if not _can_be_read(name, read, row)]
        self.values += len(unreadable)
        said |= {
            name: getattr(row, name)
            for name, read in described.items()
            if name not in unreadable and read(name, getattr(row, name)) == getattr(row, name)
        }
        try:
            given = entry(kind, said).given
        except InvalidInput:
            self.left_out += 1
            return {}
        columns = kind.__mapper__.columns
        # A stage without an order has its position's: what reading changes is left to what is stored.
        same = [name for name in said if name not in described or given[columns[name].name] == said[name]]
        return {name: _plain(said[name]) for name in same}


def _can_be_read(name: str, read: Any, row: Row) -> bool:
    try:
        read(name, getattr(row, name))
    except InvalidInput:
        return False
    return True


def _plain(value: object) -> object:
    return written(value.value if isinstance(value, Enum) else value)


def _yaml(found: Mapping[str, object]) -> str:
    import yaml  # only catalogue files need it

    class Dumper(yaml.SafeDumper):
        """Indents lists, and writes what a terminal would obey as escapes."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

    def represent(dumper: Any, text: str) -> Any:
        style = None if _is_printable(text) else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, represent)
    text = yaml.dump(found, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=_WIDEST)
    return "".join(one if _is_printable(one) else _escaped(one) for one in text)


def _is_printable(text: str) -> bool:
    return all(one.isprintable() or one == "\n" for one in text)


def _escaped(character: str) -> str:
    """The escape of YAML's double quotes; only within them is such a character left."""
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
