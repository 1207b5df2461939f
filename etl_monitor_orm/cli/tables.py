"""The columns of each printed table. Times are UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

import typer

from etl_monitor_orm import ModeChange, PendingTask, ProcessingStep, views
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.output import Column, cell, print_json, print_table
from etl_monitor_orm.printable import one_line
from etl_monitor_orm.vocabulary import state_of

if TYPE_CHECKING:
    from etl_monitor_orm import CurrentFailure, MandatoryBlocker, ProcessStatus, RunSummary, TaskDetail, Watermark

    Step = TaskDetail | ProcessingStep
    Failure = CurrentFailure | MandatoryBlocker


def process(row: Step | Failure | ProcessStatus | RunSummary | Watermark) -> str:
    """Return the row's process as a command writes it."""
    return f"{row.project_code} {row.process_load}"


def task(row: Step | Failure) -> str:
    """Return pass, task and name."""
    return f"{row.workflow_id}/{row.task_id} {row.task_name or ''}".rstrip()


def clock_time(moment: datetime | None) -> str | None:
    """Return the time of day, for rows whose date is shown."""
    return None if moment is None else f"{moment:%H:%M:%S}"


def duration(seconds: int | None) -> str | None:
    """Return a duration in short form: 45s, 3m20s, 2h05m."""
    if seconds is None:
        return None
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


def heading(row: Step | Failure) -> str:
    """Return process and date."""
    return f"{process(row)} {row.processing_date}"


def _state(row: Step) -> str:
    skipped = isinstance(row, views.TaskDetail) and bool(row.force_skip)
    return state_of(row.status, is_running=row.is_running, is_skipped=skipped)


def _took(row: Step) -> str | None:
    took = duration(row.duration_seconds)
    return f"{took or ''} late".lstrip() if isinstance(row, views.TaskDetail) and row.sla_breached else took


PROCESSES: Sequence[Column[ProcessStatus]] = (
    Column("Process", process),
    Column("Date", lambda row: row.processing_date),
    Column("State", lambda row: row.run_state),
    Column("Done", lambda row: row.done),
    Column("Failed", lambda row: row.failed),
    Column("Pending", lambda row: row.pending),
    Column("Running", lambda row: row.running),
    Column("Took", lambda row: duration(row.wall_clock_seconds)),
)

ATTEMPTS: Sequence[Column[RunSummary]] = (
    Column("Process", process),
    Column("Date", lambda row: row.processing_date),
    Column("Attempt", lambda row: row.attempts),
    Column("Overall", lambda row: row.overall_status),
    Column("Done", lambda row: row.done),
    Column("Failed", lambda row: row.failed),
    Column("Pending", lambda row: row.pending),
    Column("Took", lambda row: duration(row.wall_clock_seconds)),
)

RUNS: Sequence[Column[RunSummary]] = (Column("Run", lambda row: row.execution_id), *ATTEMPTS)

PENDING: Sequence[Column[PendingTask]] = (
    Column("Task", lambda row: f"{row.workflow_id}.{row.task_id}"),
    Column("Name", lambda row: row.task_name),
    Column("Stage", lambda row: f"{row.sequence_id} {row.sequence_code or ''}".rstrip()),
    Column("Attempt", lambda row: row.attempts),
    Column("Status", lambda row: state_of(row.status, is_running=row.is_running)),
    Column("Source", lambda row: row.source_identifier),
    Column("Watermark", lambda row: row.active_value),
)

FAILURES: Sequence[Column[Failure]] = (
    Column("Process", process),
    Column("Date", lambda row: row.processing_date),
    Column("Task", task),
    Column("Blocks", lambda row: isinstance(row, views.MandatoryBlocker) or row.task_mandatory),
    Column("Attempt", lambda row: row.attempts),
)

WATERMARKS: Sequence[Column[Watermark]] = (
    Column("Process", process),
    Column("Parameter", lambda row: row.parameter_name),
    Column("Type", lambda row: row.parameter_type),
    Column("State", lambda row: row.watermark_state),
    Column("Task", lambda row: row.linked_task_name),
)

CHANGES: Sequence[Column[ModeChange]] = (
    Column("Parameter", lambda row: row.parameter_name),
    Column("Type", lambda row: row.parameter_type),
    Column("Before", lambda row: row.before),
    Column("After", lambda row: row.after),
)

STEPS: Sequence[Column[Step]] = (
    Column("Task", task),
    Column("Stage", lambda row: f"{row.sequence_id} {row.sequence_code or ''}".rstrip()),
    Column("Attempt", lambda row: row.attempts),
    Column("Status", _state),
    Column("Started", lambda row: clock_time(row.start_time)),
    Column("Took", _took),
)

QUIET: Sequence[Column[ProcessingStep]] = (
    Column("Process", process),
    Column("Date", lambda row: row.processing_date),
    Column("Task", task),
    Column("Status", _state),
    Column("Last change", lambda row: row.last_updated_on),
)


def print_steps(rows: Sequence[Step], *, as_json: bool, nothing: str) -> None:
    """Print steps: as one JSON list, or as one table for each process and date."""
    if as_json:
        print_json(rows)
    elif not rows:
        tell(nothing)
    else:
        for title, steps in groupby(rows, heading):
            print_table([*steps], STEPS, title)


def print_messages(rows: Sequence[Step | Failure]) -> None:
    """Print the steps' messages, one line each: a table would fold them into a narrow column."""
    for row in rows:
        if row.log_message:
            words = f"{heading(row)}, {task(row)}, attempt {row.attempts}"
            typer.echo(f"{one_line(words)}: {cell(row.log_message)}")
