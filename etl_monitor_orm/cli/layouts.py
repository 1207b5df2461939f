"""What each table shows of its rows. Times are UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

import typer

from etl_monitor_orm import (
    CurrentFailure,
    MandatoryBlocker,
    ModeChange,
    ProcessingStep,
    ProcessStatus,
    RunSummary,
    TaskDetail,
    Watermark,
)
from etl_monitor_orm.cli.output import Column, cell, print_json, print_table

Step = TaskDetail | ProcessingStep
Failure = CurrentFailure | MandatoryBlocker


def process(row: Step | Failure | ProcessStatus | RunSummary | Watermark) -> str:
    """Return how a command names the row's process."""
    return f"{row.project_code} {row.process_load}"


def task(row: Step | Failure) -> str:
    """Return pass, task and name."""
    return f"{row.workflow_id}/{row.task_id} {row.task_name or ''}".rstrip()


def clock_time(moment: datetime | None) -> str | None:
    """Return the time of day, for rows whose date is shown."""
    return None if moment is None else f"{moment:%H:%M:%S}"


def duration(seconds: int | None) -> str | None:
    """Return a duration as people say it: 45s, 3m20s, 2h05m."""
    if seconds is None:
        return None
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


def place(row: Step | Failure) -> str:
    """Return process and date."""
    return f"{process(row)} {row.processing_date}"


def _state(row: Step) -> str:
    return "RUNNING" if row.is_running else str(row.status)


def _took(row: Step) -> str | None:
    took = duration(row.duration_seconds)
    return f"{took or ''} late".lstrip() if isinstance(row, TaskDetail) and row.sla_breached else took


PROCESSES: Final = (
    Column[ProcessStatus]("Process", process),
    Column[ProcessStatus]("Date", lambda row: row.processing_date),
    Column[ProcessStatus]("Overall", lambda row: row.overall_status),
    Column[ProcessStatus]("Done", lambda row: row.done),
    Column[ProcessStatus]("Failed", lambda row: row.failed),
    Column[ProcessStatus]("Pending", lambda row: row.pending),
    Column[ProcessStatus]("Running", lambda row: row.running),
    Column[ProcessStatus]("Took", lambda row: duration(row.wall_clock_seconds)),
)

ATTEMPTS: Final = (
    Column[RunSummary]("Process", process),
    Column[RunSummary]("Date", lambda row: row.processing_date),
    Column[RunSummary]("Attempt", lambda row: row.attempts),
    Column[RunSummary]("Overall", lambda row: row.overall_status),
    Column[RunSummary]("Done", lambda row: row.done),
    Column[RunSummary]("Failed", lambda row: row.failed),
    Column[RunSummary]("Pending", lambda row: row.pending),
    Column[RunSummary]("Took", lambda row: duration(row.wall_clock_seconds)),
)

FAILURES: Final = (
    Column[Failure]("Process", process),
    Column[Failure]("Date", lambda row: row.processing_date),
    Column[Failure]("Task", task),
    Column[Failure]("Blocks", lambda row: isinstance(row, MandatoryBlocker) or row.task_mandatory),
    Column[Failure]("Attempt", lambda row: row.attempts),
)

WATERMARKS: Final = (
    Column[Watermark]("Process", process),
    Column[Watermark]("Parameter", lambda row: row.parameter_name),
    Column[Watermark]("Type", lambda row: row.parameter_type),
    Column[Watermark]("State", lambda row: row.watermark_state),
    Column[Watermark]("Task", lambda row: row.linked_task_name),
)

CHANGES: Final = (
    Column[ModeChange]("Parameter", lambda row: row.parameter_name),
    Column[ModeChange]("Type", lambda row: row.parameter_type),
    Column[ModeChange]("Before", lambda row: row.before),
    Column[ModeChange]("After", lambda row: row.after),
)

STEPS: Final = (
    Column[Step]("Task", task),
    Column[Step]("Stage", lambda row: f"{row.sequence_id} {row.sequence_code or ''}".rstrip()),
    Column[Step]("Attempt", lambda row: row.attempts),
    Column[Step]("Status", _state),
    Column[Step]("Started", lambda row: clock_time(row.start_time)),
    Column[Step]("Took", _took),
)

QUIET: Final = (
    Column[ProcessingStep]("Process", process),
    Column[ProcessingStep]("Date", lambda row: row.processing_date),
    Column[ProcessingStep]("Task", task),
    Column[ProcessingStep]("Status", _state),
    Column[ProcessingStep]("Last change", lambda row: row.last_updated_on),
)


def print_steps(rows: Sequence[Step], *, as_json: bool, nothing: str) -> None:
    """Print steps: as one JSON list, or as one table for each process and date."""
    if as_json:
        print_json(rows)
    elif not rows:
        typer.echo(nothing)
    else:
        for title, steps in groupby(rows, place):
            print_table([*steps], STEPS, title)


def print_messages(rows: Sequence[Step | Failure]) -> None:
    """Print what steps have to say, a line each: a table would fold it into a narrow column."""
    for row in rows:
        if row.log_message:
            typer.echo(f"{place(row)}, {task(row)}, attempt {row.attempts}: {cell(row.log_message)}")
