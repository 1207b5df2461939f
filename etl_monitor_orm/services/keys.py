"""What identifies things: how services select them, and how messages name them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement

from etl_monitor_orm import inputs
from etl_monitor_orm.models import Parameter, Process, ProcessingStep, Task
from etl_monitor_orm.vocabulary import FIRST_PASS, INITIATION_ID

Conditions = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True)
class ProcessKey:
    """A process."""

    project_code: str
    process_load: str

    def matches(self, kind: type[Process | Task | Parameter | ProcessingStep]) -> Conditions:
        """Select this process's rows of a table."""
        return (kind.project_code == self.project_code, kind.process_load == self.process_load)

    @property
    def columns(self) -> dict[str, object]:
        """The key as column names and values."""
        return {"ProjectCode": self.project_code, "ProcessLoad": self.process_load}

    def __str__(self) -> str:
        return f"{self.project_code}/{self.process_load}"


@dataclass(frozen=True)
class TaskKey:
    """A task of a process."""

    process: ProcessKey
    task_id: int
    workflow_id: int

    def matches(self, kind: type[Task | ProcessingStep] = Task) -> Conditions:
        """Select this task's rows of a table."""
        return (
            *self.process.matches(kind),
            kind.workflow_id == self.workflow_id,
            kind.task_id == self.task_id,
        )

    @property
    def is_initiation(self) -> bool:
        """Whether this is the process's initiation task."""
        return self.workflow_id == INITIATION_ID and self.task_id == INITIATION_ID

    def __str__(self) -> str:
        return f"task {self.task_id} (workflow {self.workflow_id}) of {self.process}"


@dataclass(frozen=True)
class RunKey:
    """A run: one execution of a process on one date."""

    process: ProcessKey
    execution_id: str
    processing_date: date

    def matches(self) -> Conditions:
        """Select this run's steps."""
        return (
            ProcessingStep.processing_date == self.processing_date,
            *self.process.matches(ProcessingStep),
            ProcessingStep.execution_id == self.execution_id,
        )

    def __str__(self) -> str:
        return f"run {self.execution_id} of {self.process} on {self.processing_date}"


@dataclass(frozen=True)
class StepKey:
    """A step of a run.

    Attributes:
        run: The run.
        task_id: The task within process and pass.
        workflow_id: The pass.
        sequence_id: The stage; None takes the one that the run queued it in.
        attempts: The attempt; None takes the step's current one in the run.
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

    def matches(self) -> Conditions:
        """Select this step's attempts; all of them unless one is named."""
        conditions = (
            *self.run.matches(),
            ProcessingStep.workflow_id == self.workflow_id,
            ProcessingStep.task_id == self.task_id,
        )
        if self.sequence_id is not None:
            conditions += (ProcessingStep.sequence_id == self.sequence_id,)
        if self.attempts is not None:
            conditions += (ProcessingStep.attempts == self.attempts,)
        return conditions

    def __str__(self) -> str:
        return f"{self.task} in run {self.run.execution_id} on {self.run.processing_date}"


def process_key(project_code: str, process_load: str) -> ProcessKey:
    """Read the two codes of a process."""
    return ProcessKey(inputs.text("project_code", project_code), inputs.text("process_load", process_load))


def step_key(
    run: RunKey, task_id: int, workflow_id: int | None, sequence_id: int | None, attempts: int | None = None
) -> StepKey:
    """Read which step of a run is meant; without a pass, the initiation's or the main load's."""
    task = inputs.integer("task_id", task_id)
    if workflow_id is None:
        workflow_id = INITIATION_ID if task == INITIATION_ID else FIRST_PASS
    return StepKey(
        run,
        task,
        inputs.integer("workflow_id", workflow_id),
        inputs.optional_integer("sequence_id", sequence_id),
        inputs.optional_integer("attempts", attempts),
    )
