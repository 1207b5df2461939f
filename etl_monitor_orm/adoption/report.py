"""What an adoption found and changed, as a value, and as a text that a person can hand to the team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from etl_monitor_orm.printable import named


class StepNumber(NamedTuple):
    """The natural key of a row of `ETLProcessingSteps`."""

    processing_date: date
    project_code: str
    process_load: str
    execution_id: str
    workflow_id: int
    task_id: int
    sequence_id: int
    attempts: int

    def __str__(self) -> str:
        return (
            f"{self.processing_date} {named(self.project_code)}/{named(self.process_load)} "
            f"run {named(self.execution_id, 255)} step {self.workflow_id}.{self.task_id} "
            f"stage {self.sequence_id} attempt {self.attempts}"
        )


@dataclass(frozen=True)
class Finding:
    """Something that a person should know before the tables are adopted.

    Attributes:
        about: A word for programs: `duplicate`, `running`, `unknown_process`, `unknown_stage`, `code` or `word`.
        words: What it is, in one sentence.
        rows: How many rows it concerns.
        stops: Whether the adoption stops for it, unless it is told to go on.
    """

    about: str
    words: str
    rows: int
    stops: bool = False


@dataclass(frozen=True)
class Change:
    """One kind of change.

    Attributes:
        about: A word for programs: `columns`, `numbered`, `split`, `reopened`, `unstarted`, `emptied`, `duplicates`,
            `stages`, `comments`, `keys`, `views` or `revision`.
        words: What it is, in one sentence.
        rows: How many rows it concerns; None where it concerns no rows.
        statements: How many statements it takes.
    """

    about: str
    words: str
    rows: int | None
    statements: int


@dataclass(frozen=True)
class WatermarkText:
    """The text of one watermark, as pipelines read it from `v_watermarks.ActiveValue`.

    Attributes:
        project_code: The project.
        process_load: The process.
        parameter_name: The parameter.
        before: The text of the Spark edition's view, in the time zone of the session that reads it: here UTC.
        after: The text of the monitor's view, always in UTC.
    """

    project_code: str
    process_load: str
    parameter_name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class AdoptionReport:
    """What an adoption found and changed, or would change. `str()` is a text for the team.

    Attributes:
        schema: The schema of the tables.
        kind: `A`, `B` or `C`: which releases of the Spark edition made them; None if they were adopted before.
        done: Whether the changes are made; False after `dry_run=True`.
        changes: What changed, in order.
        findings: What was odd before.
        moved: For each row of `ETLProcessingSteps` whose natural key changed, or that became two rows, the keys of the
            rows that it became, the older attempt first.
        watermarks: The text of every watermark before and after.
        notes: What else a person should know, one sentence each.
    """

    schema: str
    kind: str | None
    done: bool
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    moved: Mapping[StepNumber, tuple[StepNumber, ...]] = field(default_factory=lambda: MappingProxyType({}))
    watermarks: tuple[WatermarkText, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([self._title(), *self._parts()])

    def _title(self) -> str:
        if self.kind is None:
            return f"The tables in schema {self.schema} are the monitor's already: nothing to adopt."
        state = "adopted" if self.done else "ready to be adopted; nothing was changed"
        return f"The Spark edition's tables in schema {self.schema} (kind {self.kind}) are {state}."

    def _parts(self) -> list[str]:
        lines: list[str] = []
        lines += _section("Found", [_counted(one.words, one.rows) for one in self.findings])
        lines += _section("Changed" if self.done else "Would change", [_counted(c.words, c.rows) for c in self.changes])
        moved = [f"{old} -> {', '.join(f'attempt {new.attempts}' for new in became)}" for old, became in self._moves()]
        lines += _section("Attempts with another number, from old to new", moved)
        marks = [
            f"{named(one.project_code)}/{named(one.process_load)} {named(one.parameter_name)}: "
            f"{one.before} -> {one.after}"
            for one in self.watermarks
        ]
        lines += _section("Watermarks, as read in UTC before and after", marks)
        return lines + _section("Note", self.notes)

    def _moves(self) -> list[tuple[StepNumber, tuple[StepNumber, ...]]]:
        return sorted(self.moved.items())


def _section(title: str, lines: list[str] | tuple[str, ...]) -> list[str]:
    return ["", f"{title}:", *(f"  {line}" for line in lines)] if lines else []


def _counted(words: str, rows: int | None) -> str:
    if rows is None:
        return words
    return f"{words} ({rows} {'row' if rows == 1 else 'rows'})"
