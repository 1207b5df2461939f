"""The six views, worked out from the tables with loops and dictionaries.

Each function returns one dict per row, keyed by the names that the mapped classes use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from .state import INITIATION, Parameter, Slot, Step, World, current

Row = dict[str, object]
K = TypeVar("K")


def grouped(steps: Iterable[Step], key: Callable[[Step], K]) -> dict[K, list[Step]]:
    groups: dict[K, list[Step]] = defaultdict(list)
    for step in steps:
        groups[key(step)].append(step)
    return groups


def by_date(world: World) -> list[tuple[Step, dict[Slot, Step]]]:
    """The current attempts of each process and date, with one step that names the group."""
    groups = grouped(world.steps, lambda s: (s.processing_date, s.process))
    return [(group[0], current(group)) for group in groups.values()]


def seconds(start: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds between two times, never negative, None when one is missing."""
    if start is None or end is None:
        return None
    return max(0, (end - start) // timedelta(seconds=1))


def earliest(times: Iterable[datetime | None]) -> datetime | None:
    return min((t for t in times if t is not None), default=None)


def latest(times: Iterable[datetime | None]) -> datetime | None:
    return max((t for t in times if t is not None), default=None)


def unfinished(world: World, step: Step) -> bool:
    """Running, or queued, not skipped, and its task is active: otherwise nothing can start it."""
    return step.running or (step.unfinished and is_active(world, step) and not step.force_skip)


def blocks(step: Step) -> bool:
    return step.status == "FAIL" and step.task_mandatory and not step.force_skip


def is_active(world: World, step: Step) -> bool:
    task = world.tasks.get((step.process, step.slot))
    return task is not None and task.is_active


def rollup(world: World, steps: Sequence[Step]) -> Row:
    """The columns that both rollups share."""
    start, end = earliest(s.start_time for s in steps), latest(s.end_time for s in steps)
    return {
        "done": sum(s.status == "DONE" for s in steps),
        "failed": sum(s.status == "FAIL" for s in steps),
        "pending": sum(unfinished(world, s) for s in steps),
        "running": sum(s.running for s in steps),
        "run_start": start,
        "run_end": end,
        "wall_clock_seconds": seconds(start, end),
    }


def process_status(world: World) -> list[Row]:
    rows = []
    for sample, steps in by_date(world):
        process = world.processes[sample.process]
        every_attempt = world.on_date(sample.process, sample.processing_date)
        marker = steps.get(INITIATION)
        rows.append(
            {
                **named(sample, "processing_date", "project_code", "process_load"),
                "process_name": process.process_name,
                "process_owner": process.process_owner,
                "latest_attempt": max(s.attempts for s in every_attempt),
                "total_runs": len({s.execution_id for s in every_attempt}),
                "overall_status": marker.status if marker is not None else None,
                "run_state": run_state(world, steps.values()),
                **rollup(world, list(steps.values())),
            }
        )
    return rows


def run_state(world: World, steps: Iterable[Step]) -> str:
    steps = list(steps)
    if any(blocks(s) and is_active(world, s) for s in steps):
        return "FAILED"
    if any(s.running for s in steps):
        return "RUNNING"
    return "WAITING" if any(unfinished(world, s) for s in steps) else "COMPLETE"


def run_summary(world: World) -> list[Row]:
    groups = grouped(world.steps, lambda s: (s.processing_date, s.process, s.execution_id, s.attempts))
    rows = []
    for steps in groups.values():
        durations = [s.duration_seconds for s in steps if s.duration_seconds is not None]
        if any(blocks(s) for s in steps):
            overall = "FAILED"
        elif any(unfinished(world, s) for s in steps):
            overall = "RUNNING"
        else:
            overall = "COMPLETE"
        rows.append(
            {
                **named(steps[0], "processing_date", "project_code", "process_load", "execution_id", "attempts"),
                "total_tasks": len(steps),
                "total_duration_seconds": sum(durations) if durations else None,
                "overall_status": overall,
                "last_activity": latest(s.last_updated_on for s in steps),
                **rollup(world, steps),
            }
        )
    return rows


def task_detail(world: World, now: datetime) -> list[Row]:
    rows = []
    for step in world.steps:
        expected = step.expected_duration_seconds
        taken = seconds(step.start_time, now) if step.running else step.duration_seconds
        rows.append(
            {
                **named(
                    step,
                    "processing_date",
                    "project_code",
                    "process_load",
                    "execution_id",
                    "attempts",
                    "workflow_id",
                    "sequence_code",
                    "sequence_id",
                    "task_name",
                    "task_id",
                    "task_mandatory",
                    "source_system_code",
                    "status",
                    "start_time",
                    "end_time",
                    "duration_seconds",
                    "source_type",
                    "source_run_id",
                    "log_type",
                    "log_message",
                    "last_updated_by",
                    "full_file_name",
                    "in_file_path",
                    "out_file_path",
                    "force_skip",
                ),
                "expected_duration_seconds": expected,
                "sla_breached": expected is not None and taken is not None and taken > expected,
                "is_running": step.running,
            }
        )
    return rows


FAILURE_COLUMNS = (
    "processing_date",
    "project_code",
    "process_load",
    "execution_id",
    "workflow_id",
    "sequence_code",
    "task_name",
    "task_id",
    "attempts",
    "status",
    "start_time",
    "log_type",
    "log_message",
    "source_type",
    "sequence_id",
)


def current_failures(world: World) -> list[Row]:
    columns = (*FAILURE_COLUMNS, "task_mandatory", "source_run_id")
    return [named(step, *columns) for step in failed(world)]


def mandatory_blockers(world: World) -> list[Row]:
    columns = (*FAILURE_COLUMNS, "source_system_code")
    return [named(step, *columns) for step in failed(world) if blocks(step) and is_active(world, step)]


def failed(world: World) -> list[Step]:
    return [step for _, steps in by_date(world) for step in steps.values() if step.status == "FAIL"]


def watermarks(world: World) -> list[Row]:
    return [
        {
            **named(
                parameter,
                "project_code",
                "process_load",
                "parameter_name",
                "parameter_type",
                "parameter_description",
                "value_int",
                "value_datetime",
                "value_bit",
            ),
            "active_value": active_text(parameter),
            "watermark_state": state_text(parameter),
            "linked_task_name": AnyOf(
                task.task_name
                for task in world.tasks_of((parameter.project_code, parameter.process_load))
                if task.source_system_code == parameter.parameter_name
            ),
            "last_updated_on": parameter.audit.last_updated_on,
            "last_updated_by": parameter.audit.last_updated_by,
        }
        for parameter in world.parameters.values()
    ]


def active_text(parameter: Parameter) -> str | None:
    """The active value as one string: UTC without trailing zeros of the fraction, plain integers, true/false."""
    match parameter.active:
        case None:
            return None
        case bool(value):
            return "true" if value else "false"
        case int(value):
            return str(value)
        case datetime() as value:
            text = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
            return text.rstrip("0").rstrip(".")


def state_text(parameter: Parameter) -> str | None:
    """The words of the Spark edition's view around the active value."""
    text = active_text(parameter)
    match parameter.parameter_type:
        case "FLAG":
            return text
        case "SYSTEM":
            return "LIVE DATE" if text is None else f"HISTORIC: {text}"
        case _:
            return f"DELTA: {text}" if parameter.active else "BULK MODE"


class AnyOf:
    """Equal to each of some names, or to None when there are none."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)

    def __eq__(self, other: object) -> bool:
        return other in self.names if self.names else other is None

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return f"<one of {self.names}>"


def named(row: Step | Parameter, *columns: str) -> Row:
    return {column: getattr(row, column) for column in columns}
