"""What identifies things: processes, tasks, runs and steps, and how messages name them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from etl_monitor_orm.printable import named
from etl_monitor_orm.vocabulary import INITIATION_ID

__all__ = ["ProcessKey", "RunKey", "StepKey", "TaskKey"]

EXECUTION_ID_MAX: Final = 255
"""Characters of the longest id of a run."""


def named_run(execution_id: str) -> str:
    """Return a run's id as messages show it: on one line, and whole, because people search for it."""
    return named(execution_id, EXECUTION_ID_MAX)


@dataclass(frozen=True)
class ProcessKey:
    """A process.

    Attributes:
        project_code: The project.
        process_load: The process within the project.
    """

    project_code: str
    process_load: str

    @property
    def columns(self) -> dict[str, object]:
        """The key as column names and values."""
        return {"ProjectCode": self.project_code, "ProcessLoad": self.process_load}

    def __str__(self) -> str:
        return f"{named(self.project_code)}/{named(self.process_load)}"


@dataclass(frozen=True)
class TaskKey:
    """A task of a process.

    Attributes:
        process: The process.
        task_id: The task within process and pass.
        workflow_id: The pass.
    """

    process: ProcessKey
    task_id: int
    workflow_id: int

    @property
    def is_initiation(self) -> bool:
        """Whether this is the process's initiation task."""
        return self.workflow_id == INITIATION_ID and self.task_id == INITIATION_ID

    def __str__(self) -> str:
        return f"task {self.task_id} (workflow {self.workflow_id}) of {self.process}"


@dataclass(frozen=True)
class RunKey:
    """A run: one execution of a process on one date.

    Attributes:
        process: The process.
        execution_id: The run's id.
        processing_date: The date that it works on.
    """

    process: ProcessKey
    execution_id: str
    processing_date: date

    def __str__(self) -> str:
        return f"run {named_run(self.execution_id)} of {self.process} on {self.processing_date}"


@dataclass(frozen=True)
class StepKey:
    """A step of a run.

    Attributes:
        run: The run.
        task_id: The task within process and pass.
        workflow_id: The pass.
        sequence_id: The stage; None means the one in which the run queued it.
        attempts: The attempt; None means the step's current one in the run.
    """

    run: RunKey
    task_id: int
    workflow_id: int
    sequence_id: int | None = None
    attempts: int | None = None

    @property
    def task(self) -> TaskKey:
        """The task that the step works on."""
        return TaskKey(self.run.process, self.task_id, self.workflow_id)

    @property
    def initiation(self) -> StepKey:
        """The initiation step of the same run."""
        return StepKey(self.run, INITIATION_ID, INITIATION_ID)

    def __str__(self) -> str:
        return f"{self.task} in run {named_run(self.run.execution_id)} on {self.run.processing_date}"
