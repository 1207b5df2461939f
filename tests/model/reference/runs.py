"""Runs: what a start queues, and what a run says is next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from .state import INITIATION, ProcessKey, Refused, Remark, RunKey, Step, SysLog, Task, World, current


def default_date(world: World, now: datetime, process: ProcessKey) -> date:
    """SYSDT's date, else today by the clock."""
    return (world.sysdt(process) or now).date()


def start_run(
    world: World,
    now: datetime,
    run: RunKey,
    *,
    resume: bool = False,
    only_due: bool = False,
    if_running: str = "raise",
    stale_after: timedelta = timedelta(hours=1),
) -> list[Step]:
    """Queue the run's steps; returns the new ones, none when the run was generated before."""
    process = world.processes.get(run.process)
    if process is None:
        raise Refused("ProcessNotFound")
    if world.of_run(run) or run in world.empty_runs:
        return []  # work in flight goes on, whatever the catalogue says since
    if not process.is_active:
        raise Refused("ProcessInactive")
    active = [task for task in world.tasks_of(run.process) if task.is_active]
    if not active:
        raise Refused("ProcessInactive", "no active task")
    wanted = active
    so_far = current(world.on_date(run.process, run.processing_date))
    alive = {slot for slot, step in so_far.items() if step.running and now - step.last_updated_on < stale_after}
    if resume:
        wanted = [task for task in wanted if task.slot not in so_far or so_far[task.slot].status != "DONE"]
    if only_due:
        wanted = [task for task in wanted if is_due(world, task, run)]
    if resume and if_running == "raise" and any(task.slot in alive for task in wanted):
        raise Refused("RunInProgress")
    if resume and if_running == "skip":
        wanted = [task for task in wanted if task.slot not in alive]
    if not wanted:
        leave_trace(world, now, run, INITIATION in alive)
        return []
    attempt = world.next_attempt(run.process, run.processing_date)
    queued = [snapshot(world, now, task, run, attempt) for task in wanted]
    world.steps.extend(queued)
    return queued


def snapshot(world: World, now: datetime, task: Task, run: RunKey, attempt: int) -> Step:
    """A queued step of the task, as the catalogue has it now."""
    return Step(
        processing_date=run.processing_date,
        project_code=task.project_code,
        process_load=task.process_load,
        execution_id=run.execution_id,
        workflow_id=task.workflow_id,
        task_id=task.task_id,
        sequence_id=task.sequence_id,
        attempts=attempt,
        status="NQUE",
        task_name=task.task_name,
        sequence_code=world.stages[task.sequence_id].sequence_code,
        task_mandatory=task.task_mandatory,
        source_system_code=task.source_system_code,
        source_type=task.source_type,
        expected_duration_seconds=task.expected_duration_seconds,
        full_file_name=task.file_of(run.processing_date),
        in_file_path=task.in_file_path,
        out_file_path=task.out_file_path,
        last_updated_on=now,
    )


def leave_trace(world: World, now: datetime, run: RunKey, initiation_runs: bool) -> None:
    """What a run that finds nothing to do leaves: its initiation, DONE, or a receipt where it has none."""
    initiation = world.tasks.get((run.process, INITIATION))
    if initiation is None or not initiation.is_active or initiation_runs:
        world.empty_runs.append(run)
        world.logs.append(SysLog(*run.process, now, "Nothing to do", None, of_empty_run=True))
        return
    attempt = world.next_attempt(run.process, run.processing_date)
    step = snapshot(world, now, initiation, run, attempt)
    step.status, step.end_time, step.log_message, step.log_type = "DONE", now, Remark(), "INFO"
    world.steps.append(step)


def is_due(world: World, task: Task, run: RunKey) -> bool:
    """False for a weekly, monthly or yearly task that is DONE already in the period of the run's date."""
    process = run.process
    period = PERIODS.get(task.load_frequency or "")
    if period is None:
        return True
    this_period = period(run.processing_date)
    dates = {s.processing_date for s in world.steps if s.process == process}
    for day in dates:
        step = current(world.on_date(process, day)).get(task.slot)
        if step is not None and step.status == "DONE" and period(day) == this_period:
            return False
    return True


PERIODS: dict[str, Callable[[date], object]] = {
    "W": lambda day: day.isocalendar()[:2],
    "M": lambda day: (day.year, day.month),
    "Y": lambda day: day.year,
}


def pending(world: World, run: RunKey) -> list[Step]:
    """The run's current attempts that are not DONE, whose task is active and that are not skipped, in order."""
    steps = current(world.of_run(run)).values()
    left = [step for step in steps if step.status != "DONE" and world.task_is_active(step) and not step.force_skip]
    return sorted(left, key=lambda s: (s.workflow_id, s.sequence_id, s.task_id))


def ready(world: World, run: RunKey) -> list[Step]:
    """The queued steps of the earliest stage with work left; nothing while a mandatory failure blocks."""
    left = pending(world, run)
    if any(step.status == "FAIL" and step.task_mandatory for step in left):
        return []
    stage = min((step.stage for step in left if step.unfinished), default=None)
    return [step for step in left if step.stage == stage and step.unfinished and not step.running]


def dates_of(world: World, execution_id: str, process: ProcessKey) -> list[date]:
    """The dates on which an execution has steps of a process."""
    return sorted({s.processing_date for s in world.steps if s.execution_id == execution_id and s.process == process})


def latest_run(world: World, now: datetime, run: RunKey) -> RunKey:
    """The same execution on the latest date that it works on, else on the process's own date."""
    empty = [
        r.processing_date for r in world.empty_runs if (r.execution_id, r.process) == (run.execution_id, run.process)
    ]
    dates = dates_of(world, run.execution_id, run.process) or sorted(empty) or [default_date(world, now, run.process)]
    return replace(run, processing_date=dates[-1])
