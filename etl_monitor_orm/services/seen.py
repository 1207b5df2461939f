"""What this process has seen of steps: facts that never change once a step is queued.

For a database that hands nothing back from a write: what a call has read of a step saves the next one a round trip.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.services.keys import ProcessKey, RunKey, StepKey

_MOST: Final = 10_000


@dataclass(frozen=True)
class SeenStep:
    """The snapshot that a step took of its task; its later attempts carry it along.

    Attributes:
        source_system_code: Name of the watermark parameter.
        task_mandatory: Whether its failure blocks what follows.
    """

    source_system_code: str | None
    task_mandatory: bool | None


class SeenSteps:
    """The latest steps that were read, up to a number that bounds memory; safe between threads."""

    def __init__(self) -> None:
        self._steps: dict[tuple[RunKey, int, int], SeenStep] = {}
        self._lock = threading.Lock()

    def note(self, steps: Iterable[ProcessingStep]) -> None:
        """Remember steps that were read."""
        with self._lock:
            for step in steps:
                process = ProcessKey(step.project_code, step.process_load)
                run = RunKey(process, step.execution_id, step.processing_date)
                self._steps[run, step.workflow_id, step.task_id] = SeenStep(
                    step.source_system_code, step.task_mandatory
                )
            while len(self._steps) > _MOST:
                del self._steps[next(iter(self._steps))]

    def of(self, step: StepKey) -> SeenStep | None:
        """Return what is known of a step; None when it was not seen, or long ago."""
        return self._steps.get((step.run, step.workflow_id, step.task_id))
