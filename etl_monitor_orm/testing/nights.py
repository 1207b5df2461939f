"""Replays the nights of a history: each step takes its time, and fails when it is to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from etl_monitor_orm import ETLMonitor, LogLevel, ManualClock, ParameterType, PendingTask, Run
from etl_monitor_orm.vocabulary import INITIATION_ID

LATER: Final = timedelta(minutes=20)
"""How long it takes until somebody tries again."""
_USUAL: Final = 60
"""Seconds that a task takes when nothing is said."""

TaskNumbers = tuple[int, int]
"""A task's pass and number."""
INITIATION: Final[TaskNumbers] = (INITIATION_ID, INITIATION_ID)
"""It marks the run and does no work: it takes a second, and says nothing."""
Failures = Counter[tuple[date, TaskNumbers]]
"""How often a task is to fail on a date."""


class SourceHungUp(Exception):
    """The failure on purpose: nothing else is suppressed."""


@dataclass
class Nights:
    """Replays the runs of a process.

    Attributes:
        monitor: Its calls write everything.
        clock: The monitor's clock.
        failures: What is still to fail.
        seconds: The usual time of tasks.
        retries: How often a run with failures is reset and continued.
    """

    monitor: ETLMonitor
    clock: ManualClock
    failures: Failures
    seconds: Mapping[TaskNumbers, int]
    retries: int

    def replay(self, run: Run, number: int) -> None:
        """Work through a run, the one of the night with this number, and try again when a step fails."""
        failed = self._work_through(run, number)
        for _ in range(self.retries):
            if not failed:
                return
            self.clock.advance(LATER)
            run.reset(remark="Tried again")
            failed = self._work_through(run, number)

    def _work_through(self, run: Run, number: int) -> bool:
        """Work on what is ready until nothing is; return whether a step failed."""
        failed = False
        while ready := run.ready():
            for step in ready:
                try:
                    self._work(run, step, number)
                except SourceHungUp:
                    failed = True  # leaving the `with` has recorded it
        return failed

    def _work(self, run: Run, step: PendingTask, number: int) -> None:
        numbers = step.workflow_id, step.task_id
        # Each step has dice of its own, so that no other step, date or attempt changes what they show.
        dice = Random(repr((step.project_code, step.process_load, number, numbers, step.attempts)))
        with run.task(step.task_id, step.workflow_id) as task:
            self.clock.advance(
                round(self.seconds.get(numbers, 1 if numbers == INITIATION else _USUAL) * dice.uniform(0.8, 1.3))
            )
            if self.failures[step.processing_date, numbers]:
                self.failures[step.processing_date, numbers] -= 1
                self._leave_receipt(step)
                raise SourceHungUp("the source closed the connection")
            if numbers == INITIATION:
                return
            rows = dice.randint(200, 900)
            if step.watermark_type is ParameterType.DELTA_ID:
                task.advance((task.watermark_id or 0) + rows)
            task.log_message = f"{rows} rows"

    def _leave_receipt(self, step: PendingTask) -> None:
        self.monitor.log(
            "gave up after 3 tries: the source closed the connection",
            project_code=step.project_code,
            process_load=step.process_load,
            processing_date=step.processing_date,
            execution_id=step.execution_id,
            activity_name=step.task_name,
            level=LogLevel.ERROR,
        )
