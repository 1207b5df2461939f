"""Calls that say what a load measured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from etl_monitor_orm import inputs
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.calls.steps import of_claim
from etl_monitor_orm.claims import Claim, read_claim
from etl_monitor_orm.services import metrics


class MeasuringCalls(Calls):
    """Notes what attempts measured."""

    def measure_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        measures: Mapping[str, int],
        sequence_id: int | None = None,
        workflow_id: int | None = None,
        processing_date: date | str | None = None,
        attempts: int | None = None,
        *,
        claim: Claim | str | None = None,
    ) -> None:
        """Note what an attempt measured, for jobs that hold no handle (`ETLmetrics`).

        A measure that the attempt has already gets the new value.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            measures: Whole numbers by name, such as `{"rows": 41_000, "bytes": 1_204_224}`.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            workflow_id: The pass; else 0 for task 0 and 1 for any other.
            processing_date: The run's date; else the one that it works on, at the cost of a read.
            attempts: The attempt; else the step's current one in the run.
            claim: What `start_task` returned, or its text: of the attempt that it started.

        Raises:
            StepNotFound: The task is not registered, or the run has no such attempt.
            InvalidInput: An argument cannot be read.
        """
        held, read = read_claim(claim), inputs.measures("measures", measures)
        at_once = self._runtime.one_reading()
        run = self._run_key(at_once, execution_id, project_code, process_load, processing_date)
        step = inputs.step(run, task_id, workflow_id=workflow_id, sequence_id=sequence_id, attempts=attempts)
        at_once.run(metrics.measure, of_claim(step, held), read)
