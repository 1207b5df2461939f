"""A finding: one sentence, and the row that it is about."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.printable import named, one_line

Kind: TypeAlias = Literal["state", "cause", "also", "blocks", "good", "changed", "before", "ended", "next"]

LONGEST_REASON = 300
"""Characters of a message that a sentence shows."""


@dataclass(frozen=True)
class Explanation:
    """One sentence of the answer to why a process stands as it does, and the row that it is about.

    Attributes:
        kind: `state`, how the process stands; `cause`, what failed, runs or waits first; `also`, what else failed;
            `blocks`, what waits for the cause; `good`, the last good run; `changed`, what changed since;
            `before`, the same error earlier; `ended`, what ended that; `next`, the command to run next.
        sentence: The sentence; of `next`, the command.
        table: The table or view of the row.
        key: The row's key, by column; dates are ISO text.
    """

    kind: Kind
    sentence: str
    table: str
    key: dict[str, str | int]

    def __str__(self) -> str:
        return f"{self.sentence} [{self.place}]"

    @property
    def place(self) -> str:
        """The row, in one line: its table, and each column of its key."""
        return f"{self.table} {' '.join(f'{name}={named(value, 255)}' for name, value in self.key.items())}"


def about(kind: Kind, sentence: str, row: object) -> Explanation:
    """Return a finding about a mapped row."""
    mapper: Mapper[object] = inspect(type(row))
    key: dict[str, str | int] = {}
    for column in mapper.primary_key:
        value = getattr(row, mapper.get_property_by_column(column).key)
        key[column.name] = value.isoformat() if isinstance(value, date) else value
    return Explanation(kind, one_line(sentence), str(mapper.local_table.name), key)  # type: ignore[attr-defined]


def at(moment: datetime | None) -> str:
    """Return a time for a sentence."""
    return "an unknown time" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def reason(message: str | None) -> str:
    """Return the first line of a message that says something."""
    lines = [line for line in (message or "").splitlines() if line.strip()]
    return named(lines[0].strip(), LONGEST_REASON) if lines else "no message"


def task(workflow_id: int, task_id: int, name: str | None) -> str:
    """Return a task for a sentence: pass, number and name."""
    return f"task {workflow_id}.{task_id}{'' if name is None else f' {named(name)}'}"


def started(sentence: str) -> str:
    """Return a sentence with a capital at its start; a name within keeps its letters."""
    return sentence[:1].upper() + sentence[1:]


def command(*words: str) -> str:
    """Return a command that a shell can run."""
    return shlex.join(["etl-monitor", *words])


def words_of(process: ProcessKey) -> tuple[str, str]:
    """Return a process as a command writes it."""
    return process.project_code, process.process_load
