"""What a registration says of one row of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from etl_monitor_orm.deadlines.calendars import read_calendar
from etl_monitor_orm.keys import ProcessKey, TaskKey
from etl_monitor_orm.models import Holiday, Organisation, Parameter, Process, Project, SequenceStage, Task

Kind: TypeAlias = (
    type[Organisation]
    | type[Project]
    | type[Process]
    | type[SequenceStage]
    | type[Task]
    | type[Parameter]
    | type[Holiday]
)
Columns: TypeAlias = Mapping[str, object]
"""Column names and values."""


@dataclass(frozen=True)
class Entry:
    """One row of the catalogue, as somebody describes it.

    Attributes:
        kind: The mapped class.
        key: What identifies the row.
        given: What was said of it; the row follows.
        defaults: What a new row has where nothing was said; a row that exists keeps its own.
        fixed: What a row never changes; one that differs is refused.
        first: The first value of a parameter; a row that exists keeps its own.
        label: How an error names the entry, if it is one of several.
        line: Line of the file that describes it.
        lines: The line of each column that the file gives.
    """

    kind: Kind
    key: Columns
    given: Columns
    defaults: Columns
    fixed: Columns
    first: Columns
    label: str | None = field(default=None, compare=False)
    line: int | None = field(default=None, compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def process(self) -> ProcessKey | None:
        """The process that the row is or belongs to; None if it is of no process."""
        if "ProcessLoad" not in self.key:
            return None
        return ProcessKey(str(self.key["ProjectCode"]), str(self.key["ProcessLoad"]))

    @property
    def task(self) -> TaskKey | None:
        """The task that the row describes, if it describes one."""
        if self.kind is not Task or self.process is None:
            return None
        return TaskKey(self.process, _whole(self.key["TaskID"]), _whole(self.key["WorkFlowID"]))

    @property
    def stage(self) -> int | None:
        """The stage that a task is in."""
        return _whole(self.given["SequenceID"]) if self.kind is Task else None

    @property
    def holidays(self) -> str | None:
        """The list of holidays that the row's calendar names, if it has one that does."""
        if self.kind not in (Process, Task):
            return None
        calendar = read_calendar("calendar", self.given.get("Calendar"))
        return None if calendar is None else calendar.holidays

    @property
    def identity(self) -> tuple[Kind, tuple[object, ...]]:
        """What two entries for one row have in common."""
        return self.kind, tuple(self.key.values())


def _whole(value: object) -> int:
    assert isinstance(value, int)  # it was read as one
    return value
