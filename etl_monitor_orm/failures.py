"""What is said of a task that failed in a run."""

from __future__ import annotations

from dataclasses import dataclass

from etl_monitor_orm.printable import named


@dataclass(frozen=True)
class FailedTask:
    """One task that failed in a run.

    Attributes:
        task_id: The task within the pass.
        workflow_id: The pass.
        task_name: The task's name when it was queued.
        attempts: Number of the attempt that failed.
        task_mandatory: Whether its failure blocks what follows.
        log_message: The step's whole message.
    """

    task_id: int
    workflow_id: int
    task_name: str | None
    attempts: int
    task_mandatory: bool
    log_message: str | None

    def __str__(self) -> str:
        name = "" if self.task_name is None else f" {named(self.task_name)}"
        lines = (self.log_message or "").strip().splitlines()
        return f"task {self.task_id} (workflow {self.workflow_id}){name}: {named(lines[0]) if lines else 'no message'}"
