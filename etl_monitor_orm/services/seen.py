"""What this process has read of steps: facts that never change once a step is queued; and which runs it knows.

For a database whose writes return nothing: what one call has read of a step saves the next call a round trip.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, func, select

from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.models.selecting import of_step
from etl_monitor_orm.vocabulary import Status

if TYPE_CHECKING:
    from etl_monitor_orm.services.dispatch import PendingTask

_MOST: Final = 10_000


@dataclass(frozen=True)
class SeenStep:
    """A step's snapshot of its task, which later attempts keep, and how far its attempts went.

    Attributes:
        source_system_code: Name of the watermark parameter.
        task_mandatory: Whether its failure blocks what follows.
        attempts: The highest attempt that was read; others may have queued a higher one since.
    """

    source_system_code: str | None
    task_mandatory: bool | None
    attempts: int | None = None


class SeenSteps:
    """The latest steps that were read, and writes that were made, up to a limit that bounds memory; thread-safe."""

    def __init__(self) -> None:
        self._steps: dict[tuple[RunKey, int, int], SeenStep] = {}
        self._runs: dict[RunKey, bool] = {}
        self._writes: dict[Hashable, tuple[Hashable, object]] = {}
        self._lock = threading.Lock()

    def note(self, steps: Iterable[ProcessingStep | PendingTask]) -> None:
        """Remember steps that were read."""
        with self._lock:
            for step in steps:
                process = ProcessKey(step.project_code, step.process_load)
                run = RunKey(process, step.execution_id, step.processing_date)
                key = (run, step.workflow_id, step.task_id)
                before = self._steps.get(key)
                highest = max(step.attempts, -1 if before is None or before.attempts is None else before.attempts)
                self._steps[key] = SeenStep(step.source_system_code, step.task_mandatory, highest)
                self._runs[run] = self._runs.get(run, False) or step.status is Status.FAIL
            _shorten(self._steps)
            _shorten(self._runs)

    def note_run(self, run: RunKey, *, failed: bool = False) -> None:
        """Remember a run that was queued, or that a step of it failed."""
        with self._lock:
            self._runs[run] = self._runs.get(run, False) or failed
            _shorten(self._runs)

    def has_no_failure(self, process: ProcessKey, *, on: date | None, execution_id: str | None) -> bool:
        """Whether runs of a process are known here, on a date or by their id, and none of them with a failed step."""
        with self._lock:
            runs = dict(self._runs)
        found = [
            failed
            for run, failed in runs.items()
            if run.process == process and on in (None, run.processing_date) and execution_id in (None, run.execution_id)
        ]
        return bool(found) and not any(found)

    def note_write(self, about: Hashable, write: Hashable, call: object) -> None:
        """Remember the latest write about a step, for a server that does not report how many rows changed."""
        with self._lock:
            self._writes.pop(about, None)
            self._writes[about] = (write, call)
            _shorten(self._writes)

    def was_written_by_another(self, about: Hashable, write: Hashable, call: object) -> bool:
        """Whether an earlier call made the same write, and none since was about the same step."""
        latest, caller = self._writes.get(about, (None, None))
        return latest == write and caller is not call

    def of(self, step: StepKey) -> SeenStep | None:
        """Return what is known of a step; None when it was not read, or too long ago."""
        return self._steps.get((step.run, step.workflow_id, step.task_id))


def _shorten(remembered: dict[Any, Any]) -> None:
    while len(remembered) > _MOST:
        del remembered[next(iter(remembered))]


def watermark_name(step: StepKey) -> Select[str | None]:
    """Select which parameter a step names; all of its attempts in a run name the same."""
    return select(func.max(ProcessingStep.source_system_code)).where(*of_step(step))
