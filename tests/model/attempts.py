"""Attempts as the monitor hands them out and as the model keeps them, made comparable."""

from __future__ import annotations

from collections.abc import Iterable

from etl_monitor_orm import PendingTask, ProcessingStep, TaskDetail

from .reference.state import Step

Attempt = PendingTask | ProcessingStep | TaskDetail | Step
"""An attempt as the monitor hands it out, or as the model keeps it."""


def seen(step: Attempt) -> tuple[object, ...]:
    """What tells one attempt from another, and how it stands."""
    return (
        step.project_code,
        step.process_load,
        step.processing_date,
        step.execution_id,
        step.workflow_id,
        step.sequence_id,
        step.task_id,
        step.attempts,
        str(step.status),
    )


def same(actual: Iterable[Attempt], expected: Iterable[Attempt], *, in_order: bool = False) -> None:
    """Both lists name the same attempts in the same states."""
    arranged = list if in_order else sorted
    real, wanted = arranged(map(seen, actual)), arranged(map(seen, expected))
    assert real == wanted, f"should be {wanted}, is {real}"
