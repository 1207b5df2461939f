"""What calls about baselines return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from etl_monitor_orm.vocabulary import Status


@dataclass(frozen=True)
class Baseline:
    """What is usual for one number of a task: its duration, or something that it measures.

    Attributes:
        project_code: The project.
        process_load: The process.
        workflow_id: The pass.
        task_id: The task within the pass.
        task_name: The task's name in its latest run.
        metric_name: What is measured, such as rows; None means the duration in seconds.
        weekday: Day of the week of the processing date, 1 for Monday; None means any day.
        runs: How many runs it is made of.
        median: What is usual.
        lower_quartile: A quarter of the runs had less.
        upper_quartile: A quarter of the runs had more.
        unusual_below: Less is unusual; None of durations, which may be short.
        unusual_above: More is unusual.
    """

    project_code: str
    process_load: str
    workflow_id: int
    task_id: int
    task_name: str | None
    metric_name: str | None
    weekday: int | None
    runs: int
    median: int
    lower_quartile: int
    upper_quartile: int
    unusual_below: int | None
    unusual_above: int


@dataclass(frozen=True)
class ComparedStep:
    """A step beside what is usual for it.

    Attributes:
        project_code: The project.
        process_load: The process.
        processing_date: The date.
        execution_id: The run.
        workflow_id: The pass.
        sequence_id: The stage.
        task_id: The task within the pass.
        task_name: The task's name when it was queued.
        attempts: Number of the attempt.
        status: NQUE, RQUE, DONE or FAIL, or a word of another tool.
        is_running: Whether it was started and has not ended.
        start_time: When it was started (UTC).
        duration_seconds: How long it took; of a running step, how long it has been running.
        usual_seconds: How long it usually takes; None where too few runs are known.
        expected_end: When a running step ends if it takes as long as usual (UTC).
        unusual: What is unusual of it, in words; None where nothing is.
    """

    project_code: str
    process_load: str
    processing_date: date
    execution_id: str
    workflow_id: int
    sequence_id: int
    task_id: int
    task_name: str | None
    attempts: int
    status: Status | str
    is_running: bool
    start_time: datetime | None
    duration_seconds: int | None
    usual_seconds: int | None
    expected_end: datetime | None
    unusual: str | None
