"""The columns of each printed table. Times are UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

import typer

from etl_monitor_orm import ModeChange, PendingTask, ProcessingStep, clocks, views
from etl_monitor_orm.cli import levels
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.output import Column, cell, print_json, print_table
from etl_monitor_orm.printable import duration, one_line
from etl_monitor_orm.vocabulary import state_of

if TYPE_CHECKING:
    from etl_monitor_orm import (
        Baseline,
        ComparedStep,
        CurrentFailure,
        Duration,
        MandatoryBlocker,
        Overdue,
        PastFailure,
        ProcessStatus,
        RunSummary,
        SysLog,
        TaskDetail,
        Watermark,
    )

    Step = TaskDetail | ProcessingStep
    Failure = CurrentFailure | MandatoryBlocker | PastFailure


def process(row: Step | ComparedStep | Failure | Duration | ProcessStatus | RunSummary | Watermark | Overdue) -> str:
    """Return the row's process as a command writes it."""
    return f"{row.project_code} {row.process_load}"


def task(row: Step | ComparedStep | Baseline | Failure | Duration) -> str:
    """Return pass, task and name."""
    return f"{row.workflow_id}/{row.task_id} {row.task_name or ''}".rstrip()


def clock_time(moment: datetime | None) -> str | None:
    """Return the time of day, for rows whose date is shown."""
    return None if moment is None else f"{moment:%H:%M:%S}"


def heading(row: Step | ComparedStep | Failure) -> str:
    """Return process and date."""
    return f"{process(row)} {row.processing_date}"


def state(row: Step) -> str:
    """Return how a step stands."""
    skipped = isinstance(row, views.TaskDetail) and bool(row.force_skip)
    return state_of(row.status, is_running=row.is_running, is_skipped=skipped)


def took(row: Step) -> str | None:
    """Return how long a step took, or has been running, and whether that is too long."""
    if not isinstance(row, views.TaskDetail):
        return duration(row.duration_seconds)
    words = (duration(row.elapsed_seconds), "so far" if row.is_running else None, "late" if row.sla_breached else None)
    return " ".join(word for word in words if word) or None


def _took_all(row: ProcessStatus | RunSummary) -> str | None:
    """How long the steps took together; while one of them runs, how long ago the first one started."""
    if not row.running or row.run_start is None:
        return duration(row.wall_clock_seconds)
    return f"{duration(max(0, int((clocks.system_clock() - row.run_start).total_seconds())))} so far"


def _blocks(row: Failure) -> bool | None:
    return True if isinstance(row, views.MandatoryBlocker) else row.task_mandatory


PROCESSES: Sequence[Column[ProcessStatus]] = (
    Column("Process", process),
    Column("Date", lambda row: row.processing_date),
    Column("State", lambda row: row.run_state),
    Column("Done", lambda row: row.done),
    Column("Failed", lambda row: row.failed),
    Column("Pending", lambda row: row.pending),
    Column("Running", lambda row: row.running),
    Column("Took", _took_all),
)

ATTEMPTS: Sequence[Column[RunSummary]] = (
    Column("Process", process),
    Column("Date", lambda row: row.processing_date),
    Column("Attempt", lambda row: row.attempts),
    Column("Overall", lambda row: row.overall_status),
    Column("Done", lambda row: row.done),
    Column("Failed", lambda row: row.failed),
    Column("Pending", lambda row: row.pending),
    Column("Took", _took_all),
)

RUNS: Sequence[Column[RunSummary]] = (
    Column("Date", lambda row: row.processing_date),
    Column("Process", process),
    Column("Run", lambda row: row.execution_id),
    Column("Attempt", lambda row: row.attempts),
    Column("Overall", lambda row: row.overall_status),
    Column("Done", lambda row: f"{row.done}/{row.total_tasks}"),
    Column("Took", _took_all),
)

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
    Column("Blocks", _blocks),
    Column("Attempt", lambda row: row.attempts),
)

WATERMARKS: Sequence[Column[Watermark]] = (
    Column("Process", process),
    Column("Parameter", lambda row: row.parameter_name),
    Column("Type", lambda row: row.parameter_type),
    Column("State", lambda row: row.watermark_state),
    Column("Task", lambda row: row.linked_task_name),
)

OVERDUE: Sequence[Column[Overdue]] = (
    Column("Process", process),
    Column("Date", lambda row: row.processing_date),
    Column("Task", lambda row: "" if row.task_id is None else f"{row.workflow_id}/{row.task_id} {row.task_name or ''}"),
    Column("Late", lambda row: row.kind),
    Column("Since", lambda row: row.since),
    Column("Owner", lambda row: row.process_owner),
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
    Column("Status", state),
    Column("Started", lambda row: clock_time(row.start_time)),
    Column("Took", took),
)

QUIET: Sequence[Column[ProcessingStep]] = (
    Column("Process", process),
    Column("Date", lambda row: row.processing_date),
    Column("Task", task),
    Column("Status", state),
    Column("Last change", lambda row: row.last_updated_on),
)


LOGS: Sequence[Column[SysLog]] = (
    Column("Time", lambda row: row.log_time_utc),
    Column("Level", lambda row: levels.shown(row.level)),
    Column("Process", lambda row: " ".join(filter(None, (row.project_code, row.process_load)))),
    Column("Operation", lambda row: row.operation_name or row.pipeline_name),
    Column("Message", lambda row: row.message),
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


def print_late(rows: Sequence[Overdue]) -> None:
    """Print what is late as sentences, one line each, with what waits for it."""
    for row in rows:
        verb = "wait" if (row.blocks or "").endswith(" more") else "waits"
        waits = f" {one_line(row.blocks)} {verb} for it." if row.blocks else ""
        typer.echo(f"{cell(row.message)}{waits}")
