"""Which steps of a process a call means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import ColumnElement

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Parameter, Process, ProcessingStep, SysLog, Task
from etl_monitor_orm.printable import quoted

if TYPE_CHECKING:
    from etl_monitor_orm.views import (
        CurrentFailure,
        MandatoryBlocker,
        Overdue,
        ProcessStatus,
        RunSummary,
        TaskDetail,
        Watermark,
    )

    OfProcess = (
        Parameter
        | Process
        | ProcessingStep
        | Task
        | ProcessStatus
        | RunSummary
        | CurrentFailure
        | MandatoryBlocker
        | TaskDetail
        | Watermark
        | Overdue
        | SysLog
    )

Attempts = int | Literal["all"] | None
"""A number, all attempts, or None for each step's current attempt."""


def read_attempts(value: object) -> Attempts:
    """Read the caller's choice of attempts.

    Raises:
        InvalidInput: It is neither a number, `"all"` nor None.
    """
    if isinstance(value, str) and value == "all":
        return "all"
    try:
        return inputs.optional_integer("attempts", value)
    except InvalidInput:
        if not isinstance(value, str):
            raise
        raise InvalidInput(
            f"attempts is {quoted(value)}; it must be a number, 'all', or None for the current ones."
        ) from None


@dataclass(frozen=True)
class Processes:
    """Which processes a call means: one, a project's, or all.

    Attributes:
        project_code: The project; None means all.
        process_load: The process within it; None means all.
    """

    project_code: str | None = None
    process_load: str | None = None

    @classmethod
    def read(cls, project_code: object, process_load: object) -> Processes:
        """Read a caller's arguments.

        Raises:
            InvalidInput: One of them cannot be read, or a process is named without its project.
        """
        if project_code is None and process_load is not None:
            raise InvalidInput("process_load needs project_code: a process is named by both together.")
        return cls(
            None if project_code is None else inputs.text("project_code", project_code),
            None if process_load is None else inputs.text("process_load", process_load),
        )

    def narrow(self, kind: type[OfProcess]) -> tuple[ColumnElement[bool], ...]:
        """Conditions on project and process."""
        wanted = ((kind.project_code, self.project_code), (kind.process_load, self.process_load))
        return tuple(column == value for column, value in wanted if value is not None)

    def has(self, process: ProcessKey) -> bool:
        """Whether a process is one of them."""
        wanted = ((process.project_code, self.project_code), (process.process_load, self.process_load))
        return all(only is None or name == only for name, only in wanted)


@dataclass(frozen=True)
class Narrowing:
    """Which passes, stages and tasks a call means; None does not restrict.

    Attributes:
        workflow_id: The pass.
        sequence_id: The stage.
        task_id: The task.
    """

    workflow_id: int | None = None
    sequence_id: int | None = None
    task_id: int | None = None

    @classmethod
    def read(cls, *, workflow_id: object, sequence_id: object, task_id: object) -> Narrowing:
        """Read a caller's arguments.

        Raises:
            InvalidInput: One of them cannot be read.
        """
        return cls(
            workflow_id=inputs.optional_integer("workflow_id", workflow_id),
            sequence_id=inputs.optional_integer("sequence_id", sequence_id),
            task_id=inputs.optional_integer("task_id", task_id),
        )

    @property
    def given(self) -> dict[str, int]:
        """What restricts, by its name."""
        wanted = (("workflow_id", self.workflow_id), ("sequence_id", self.sequence_id), ("task_id", self.task_id))
        return {name: value for name, value in wanted if value is not None}

    def conditions(self, kind: type[ProcessingStep | TaskDetail]) -> tuple[ColumnElement[bool], ...]:
        """Conditions on pass, stage and task."""
        return tuple(getattr(kind, name) == value for name, value in self.given.items())


EVERY_STEP: Final = Narrowing()


@dataclass(frozen=True)
class Scope:
    """A choice of steps of a process; None does not restrict.

    Attributes:
        process: The process.
        processing_date: The date; `services/dates.py` finds it if it is missing.
        execution_id: The run.
        only: Passes, stages and tasks.
    """

    process: ProcessKey
    processing_date: date | None = None
    execution_id: str | None = None
    only: Narrowing = EVERY_STEP

    @classmethod
    def read(
        cls, process: ProcessKey, *, processing_date: date | str | None, execution_id: str | None, only: Narrowing
    ) -> Scope:
        """Read a caller's arguments.

        Raises:
            InvalidInput: One of them cannot be read.
        """
        return cls(
            process,
            processing_date=inputs.optional_day("processing_date", processing_date),
            execution_id=None if execution_id is None else inputs.text("execution_id", execution_id),
            only=only,
        )
