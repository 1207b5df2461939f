"""Resets: failed (or, for a replay, finished) steps queued again as new attempts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from .runs import dates_of, default_date
from .state import INITIATION, ProcessKey, Refused, Remark, RunKey, Step, World, current


@dataclass(frozen=True)
class Scope:
    """Which current attempts of one process and date a reset looks at; None does not narrow."""

    execution_id: str | None = None
    workflow_id: int | None = None
    sequence_id: int | None = None
    task_id: int | None = None
    attempts: int | None = None

    def holds(self, step: Step) -> bool:
        narrowed = (
            (self.execution_id, step.execution_id),
            (self.workflow_id, step.workflow_id),
            (self.sequence_id, step.sequence_id),
            (self.task_id, step.task_id),
            (self.attempts, step.attempts),
        )
        return all(wanted is None or wanted == actual for wanted, actual in narrowed)


def status_reset(
    world: World, now: datetime, process: ProcessKey, day: date | None, scope: Scope, *, replay: bool = False
) -> list[Step]:
    """The new RQUE rows; none when nothing in scope is failed.

    Without a date it is about the run's latest, else about the process's own date, which must have steps.
    """
    if day is None and scope.execution_id is None and not world.on_date(process, default_date(world, now, process)):
        raise Refused("NotFoundError", "the date has no steps")
    queued = [
        step
        for on in dates_meant(world, now, process, day, scope.execution_id)
        for step in reset_date(world, now, process, on, scope, replay)
    ]
    if not queued and scope.task_id is not None and not knows_task(world, now, process, day, scope):
        raise Refused("TaskNotFound", "the process has no such task")
    return queued


def knows_task(world: World, now: datetime, process: ProcessKey, day: date | None, scope: Scope) -> bool:
    """The task is registered, in whatever pass, or the run or date has a step of it."""
    only = Scope(scope.execution_id, task_id=scope.task_id)
    days = dates_meant(world, now, process, day, scope.execution_id)
    return any(owner == process and slot[1] == scope.task_id for owner, slot in world.tasks) or any(
        only.holds(step) for on in days for step in world.on_date(process, on)
    )


def dates_meant(
    world: World, now: datetime, process: ProcessKey, day: date | None, execution_id: str | None
) -> list[date]:
    if day is not None:
        return [day]
    return [default_date(world, now, process)] if execution_id is None else dates_of(world, execution_id, process)[-1:]


def reset_date(world: World, now: datetime, process: ProcessKey, day: date, scope: Scope, replay: bool) -> list[Step]:
    """Of a run, what is current in it counts, as in its pending steps; of a date, what is current over all runs."""
    statuses = ("FAIL", "DONE") if replay else ("FAIL",)
    rows = world.on_date(process, day)
    if scope.execution_id is not None:
        rows = [step for step in rows if step.execution_id == scope.execution_id]
    chosen = [
        step
        for step in current(rows).values()
        if (step.status in statuses or (step.waiting and step.force_skip))
        and scope.holds(step)
        and world.task_is_active(step)  # else nothing could start it
    ]
    for execution_id in sorted({step.execution_id for step in chosen}):
        marker = current(world.of_run(RunKey(execution_id, process, day))).get(INITIATION)
        if marker is not None and marker not in chosen:
            chosen.append(marker)
    attempt = world.next_attempt(process, day)
    queued = [requeued(step, attempt, now) for step in chosen]
    world.steps.extend(queued)
    return queued


def requeued(step: Step, attempt: int, now: datetime) -> Step:
    """A fresh attempt with the snapshot columns of ``step`` and none of its history."""
    return replace(
        step,
        attempts=attempt,
        status="RQUE",
        start_time=None,
        end_time=None,
        duration_seconds=None,
        log_message=Remark(),
        log_type="INFO",
        log_code=None,
        source_run_id=None,
        cluster_id=None,
        force_skip=None,
        last_updated_on=now,
        last_updated_by="tester",
    )
