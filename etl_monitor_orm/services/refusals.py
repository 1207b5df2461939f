"""Why a call is refused: the errors about what is not registered, not active, or not in a state to change.

Each names its object and what to do next, in its text and its attributes. All such sentences are here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final, NoReturn

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from etl_monitor_orm.claims import Claim
from etl_monitor_orm.errors import (
    InvalidInput,
    InvalidTransition,
    NotFoundError,
    ParameterNotFound,
    ProcessInactive,
    ProcessNotFound,
    RunInProgress,
    StageNotFound,
    StepNotFound,
    StepNotQueued,
    StepSkipped,
    TaskNotFound,
)
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey, TaskKey, named_run
from etl_monitor_orm.models import ProcessingStep, Task
from etl_monitor_orm.models.attempts import recency
from etl_monitor_orm.models.selecting import of_process, of_run, of_step, of_task
from etl_monitor_orm.printable import listed, named
from etl_monitor_orm.services.context import Context, recent
from etl_monitor_orm.services.empty_runs import receipt_of
from etl_monitor_orm.vocabulary import QUEUED, Status

_WAY_ON: Final = {
    Status.DONE: "Queue a new attempt with status_reset(..., replay=True), or start a new run.",
    Status.FAIL: "Queue a new attempt with status_reset(), or start a new run with resume=True.",
}

_LEFT_OUT: Final = ("start", "end", "fail")
"""What cannot be done with a step that is skipped."""


def unknown_process(process: ProcessKey) -> ProcessNotFound:
    """The process is not registered."""
    return ProcessNotFound(
        f"Process {process} is not registered. Register it first with register_process().", process=process
    )


def unknown_name(project_code: str, process_load: str | None, known: Sequence[str]) -> ProcessNotFound:
    """No process has these codes, or the project has no process; the error lists the known ones, or the nearest."""
    if process_load is None:
        what, process = f"A process of project {named(project_code)}", None
    else:
        process = ProcessKey(project_code, process_load)
        what = f"Process {process}"
    others = listed(known, str(process or project_code)) or "none yet"
    return ProcessNotFound(f"{what} is not registered. Registered processes: {others}.", process=process)


def unknown_task(task: TaskKey) -> TaskNotFound:
    """The task is not registered."""
    return TaskNotFound(f"{task} is not registered. Register it with register_task().", task=task)


def unknown_task_id(process: ProcessKey, task_id: int) -> TaskNotFound:
    """No pass of the process has a task of this number."""
    return TaskNotFound(
        f"{process} has no task {task_id}. Register it with register_task(), or name another task.", process=process
    )


def unknown_stage(stage: int, task: TaskKey) -> StageNotFound:
    """A task's stage is not registered."""
    return StageNotFound(
        f"Stage {stage} is not registered, so {task} cannot be in it. "
        "Use 0 to 6, or register your own stage first with register_sequence().",
        stage=stage,
        task=task,
    )


def unknown_parameter(process: ProcessKey, name: str) -> ParameterNotFound:
    """The parameter is not registered."""
    return ParameterNotFound(
        f"Parameter {named(name)} of {process} is not registered. Register it with register_parameter().",
        process=process,
        parameter=name,
    )


def without_watermark(task: TaskKey, do: str) -> InvalidInput:
    """The task names no parameter."""
    return InvalidInput(f"{task} has no watermark to {do}. Name a parameter in its source_system_code.", task=task)


def unknown_run_of(session: Session, process: ProcessKey, execution_id: str, on: date | None) -> NotFoundError:
    """The process has no such run, on the named date if there is one; the error names the latest run."""
    where = "" if on is None else f" on {on}"
    return NotFoundError(
        f"There is no run {named_run(execution_id)} of {process}{where}. {_latest_run(session, process)}",
        process=process,
    )


def unknown_run(execution_id: str) -> NotFoundError:
    """No step has this run id."""
    return NotFoundError(
        f"No run has the ExecutionID {named_run(execution_id)}. See `etl-monitor status --steps --json`."
    )


def deactivated(process: ProcessKey) -> ProcessInactive:
    """The process may not run."""
    return ProcessInactive(f"Process {process} is deactivated. Call activate_process() first.", process=process)


def without_tasks(process: ProcessKey) -> ProcessInactive:
    """The process has nothing to run."""
    return ProcessInactive(
        f"Process {process} has no active task, so there is nothing to run. "
        "Register one with register_task(), or use activate_task().",
        process=process,
    )


def without_steps(process: ProcessKey, on: object, latest: date | None) -> NotFoundError:
    """A whole date was meant, but not named, and it has no steps."""
    if latest is None:
        words = f"Process {process} has no steps on {on}, nor on any other date. Start a run with start_run()."
    else:
        words = f"Process {process} has no steps on {on}, but on {latest}. Name the date that is meant, or the run."
    return NotFoundError(words, process=process)


def in_progress(context: Context, step: ProcessingStep) -> RunInProgress:
    """A step that a resumed run would queue is running in another run."""
    process = ProcessKey(step.project_code, step.process_load)
    run = RunKey(process, step.execution_id, step.processing_date)
    key = StepKey(run, step.task_id, step.workflow_id, step.sequence_id, step.attempts)
    life = step.last_updated_on or step.start_time
    return RunInProgress(
        f"R{str(run)[1:]} is at work: {key.task} has been running since {_time(step.start_time)}, "
        f"with its last sign of life at {_time(life)}; nothing was queued. "
        'Wait until it ends, or pass if_running="skip" to leave out what is running, or if_running="queue" to queue it '
        f"too; if its worker is gone, fail the step with {_sweep(context, run.processing_date)}, "
        "or pass a shorter stale_after=.",
        step=key,
        state=step.status,
        asked="resume",
    )


def refuse(
    session: Session,
    context: Context,
    step: StepKey,
    asked: str,
    *,
    claim: Claim | None = None,
    at: datetime | None = None,
) -> NoReturn:
    """Raise the error for a transition that changed nothing.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        step: The step.
        asked: The requested change, as a verb.
        claim: The worker's claim.
        at: The time of the change, as its caller reports it.

    Raises:
        InvalidInput: The reported end is before the step's start.
        StepNotFound: The task is not registered, and the run has no step for it.
        StepNotQueued: The task is registered, but the run has no step for it.
        StepSkipped: The step is left out of its run.
        InvalidTransition: The step's state does not allow it.
    """
    found = session.scalars(select(ProcessingStep).where(*of_step(step)).order_by(*recency()).limit(1)).one_or_none()
    active = session.execute(select(Task.is_active).where(*of_task(step.task))).one_or_none()
    if active is None and (found is None or asked == "start"):
        raise StepNotFound(
            f"{step.task} is not registered. Register it with register_task(), then start a new run.",
            step=step,
            asked=asked,
        )
    if found is None:
        _refuse_done_before(session, step, asked)
        _refuse_other_run(session, step, asked)
        if active is not None and not active[0]:
            raise StepNotQueued(
                f"{step.run} has no step for {step.task}, because the task is deactivated. "
                "Call activate_task(), then start a new run.",
                step=step,
                asked=asked,
            )
        what = "" if step.attempts is None else f" attempt {step.attempts} of"
        where = "" if step.sequence_id is None else f" in stage {step.sequence_id}"
        raise StepNotQueued(
            f"{step.run} has no{what} step for {step.task}{where}: "
            "a run has the tasks that were active and due when it started, and a resumed run those that were not DONE. "
            "Start a new run to include this one; without only_due=True, it has tasks that are not due too.",
            step=step,
            asked=asked,
        )
    step = replace(step, sequence_id=found.sequence_id, attempts=found.attempts)
    if asked == "start" and active is not None and not active[0]:
        words = f"{step} cannot start: the task is deactivated. Use activate_task() first."
    elif claim is None and asked in _LEFT_OUT and found.force_skip and _is_left_out(found, asked):
        words = f"Cannot {asked} {step} (attempt {found.attempts}): it is skipped. Use unskip_task() first."
        raise StepSkipped(words, step=step, state=found.status, asked=asked)
    elif asked in ("skip", "unskip"):
        words = (
            f"Cannot {asked} {step} (attempt {found.attempts}): it is {_state(found)}. "
            "Only a step that waits or has failed can be left out of its run."
        )
    elif found.is_running and claim is not None and claim.started != found.start_time:
        words = (
            f"Cannot {asked} {step} (attempt {found.attempts}): it is {_state(found)}, when it was started again; "
            f"this claim is of {_time(claim.started)}. Leave it to the worker that started it last."
        )
    elif found.is_running and found.start_time is not None and at is not None and at < found.start_time:
        raise InvalidInput(
            f"Cannot {asked} {step} at {_time(at)}: it started at {_time(found.start_time)}. "
            "Pass a local time with its offset, such as 2026-04-09T08:00:00+02:00.",
            step=step,
            state=found.status,
            asked=asked,
        )
    else:
        words = f"Cannot {asked} {step} (attempt {found.attempts}): it is {_state(found)}. {_way_on(context, found)}"
    raise InvalidTransition(words, step=step, state=found.status, asked=asked)


def _is_left_out(step: ProcessingStep, asked: str) -> bool:
    """Whether a skip is the reason: what has failed cannot be ended anyway."""
    return not step.is_running and step.status is not Status.DONE and (asked == "start" or step.status in QUEUED)


def _refuse_done_before(session: Session, step: StepKey, asked: str) -> None:
    """Refuse a step that is not in its run because another run of the date has done it."""
    query = select(ProcessingStep).where(
        *of_process(step.run.process, ProcessingStep),
        ProcessingStep.processing_date == step.run.processing_date,
        ProcessingStep.workflow_id == step.workflow_id,
        ProcessingStep.task_id == step.task_id,
    )
    last = session.scalars(query.order_by(*recency()).limit(1)).one_or_none()
    if last is None or last.status is not Status.DONE or last.execution_id == step.run.execution_id:
        return
    raise StepNotQueued(
        f"{step.run} has no step for {step.task}: it is DONE on {last.processing_date} in run "
        f"{named_run(last.execution_id)}, "
        f"and a resumed run has only what was not. To do it again, use "
        f"status_reset(execution_id={last.execution_id!r}, task_id={step.task_id}, replay=True), "
        "or start a new run without resume=True.",
        step=step,
        state=Status.DONE,
        asked=asked,
    )


def _refuse_other_run(session: Session, step: StepKey, asked: str) -> None:
    """Refuse a step of a run that does not exist, or not on the date; the error names the run that does."""
    run, steps = step.run, ProcessingStep
    on_other_dates: Select[date | None] = select(func.max(steps.processing_date)).where(
        *of_process(run.process, steps), steps.execution_id == run.execution_id
    )
    is_there = exists().where(*of_run(run)) | exists().where(*receipt_of(run))
    known, latest = session.execute(select(is_there, on_other_dates.scalar_subquery())).one()
    if known:
        return
    if latest is not None:
        words = (
            f"{step} does not exist: that run has steps on {latest}, not on {run.processing_date}. "
            f"Pass processing_date={str(latest)!r}. Start a new run to work on {run.processing_date}."
        )
    else:
        words = (
            f"There is no run {named_run(run.execution_id)} of {run.process}, so {step.task} has no step in it. "
            f"{_latest_run(session, run.process)}"
        )
    raise StepNotQueued(words, step=step, asked=asked)


def _latest_run(session: Session, process: ProcessKey) -> str:
    """Which run there is instead of the one that was asked for, and the way on."""
    steps = ProcessingStep
    latest = select(func.max(steps.processing_date)).where(*of_process(process, steps)).scalar_subquery()
    query = select(steps).where(*of_process(process, steps), steps.processing_date == latest)
    found = session.scalars(query.order_by(*recency()).limit(1)).one_or_none()
    if found is None:
        return "The process has no run yet. Start one with start_run()."
    run = f"{named_run(found.execution_id)} on {found.processing_date}"
    return f"Its latest run is {run}. Name that one, or call start_run()."


def _time(moment: datetime | None) -> str:
    return "an unknown time" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _state(step: ProcessingStep) -> str:
    if step.status in _WAY_ON:
        return f"{step.status} since {step.end_time:%Y-%m-%d %H:%M:%S} UTC" if step.end_time else str(step.status)
    if step.is_running:
        return f"{step.status}, running since {_time(step.start_time)}"
    return f"{step.status}, not started"


def _way_on(context: Context, step: ProcessingStep) -> str:
    if step.status in _WAY_ON:
        return _WAY_ON[step.status]
    if step.is_running:
        sweep = _sweep(context, step.processing_date)
        return f"If its worker is gone, start it again with takeover=True, or fail it with {sweep}."
    return "Start it first."


def _sweep(context: Context, on: date) -> str:
    """The call that fails stale steps of a date; without `since=` it looks at the latest dates only."""
    return "fail_stale()" if on >= recent(context.today) else f'fail_stale(..., since="{on}")'
